//! `raise_alerts`: evaluates what the stream of the audit table brings, and tells when an entry was changed or removed.

use super::told;
use crate::{
    alert_rules::{Heard, shipped::TAMPERED},
    alerting::{evaluate::time_of, raise},
    purges::FloorItem,
    sealing::intake::{self, Tampered, owner, text},
};
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    store::Table,
    time::Timestamp,
    worker::{Place, Trigger, Work, Worker},
};
use std::{collections::BTreeMap, sync::Arc};

/// The worker.
pub const WORKER: Worker = Worker {
    name: "raise_alerts",
    service: "audit",
    trigger: Trigger::Stream(&[Table::Audit]),
    place: Place::EachRegion,
    summary: "Evaluate audit entries against the alert rules, and tell of changed and removed ones",
    uses: &[Uses::Write(Table::Alerts), Uses::Write(Table::Audit)],
    batch: 200,
    timeout: 60,
    run,
};

/// What alerting itself writes is not evaluated, or an alert could raise the next one.
pub const OWN: [&str; 2] = ["worker:raise_alerts", "worker:sweep_altered"];

/// What is read of a body.
#[derive(Deserialize)]
struct Said {
    id: String,
    tenant: String,
    region: String,
    activity: String,
    code: String,
    outcome: String,
    actor: String,
    problem: Option<String>,
    alert: Option<String>,
    address: Option<String>,
    object: Option<String>,
}

/// What a rule looks at of a new entry of this region; none for anything else.
fn heard(record: &Value, region: &str) -> Option<(TenantId, Heard)> {
    let change = record.get("dynamodb")?;
    let keys = change.get("Keys")?;
    let inserted = record.get("eventName")? == "INSERT" && text(keys, "sk") == Some("-");
    let (tenant, id) = owner(text(keys, "pk")?).filter(|_| inserted)?;
    let said: Said = serde_json::from_str(text(change.get("NewImage")?, "body")?).ok()?;
    let own = said.id == id && said.tenant == tenant.as_str() && said.region == region;
    if !own || OWN.contains(&said.actor.as_str()) {
        return None;
    }
    let heard = Heard {
        at: time_of(id)?,
        id: said.id,
        activity: said.activity,
        code: said.code,
        outcome: said.outcome,
        problem: said.problem,
        mark: said.alert,
        actor: said.actor,
        address: said.address,
        object: said.object,
    };
    Some((tenant, heard))
}

#[derive(Default)]
struct Brought {
    entries: Vec<Heard>,
    records: Vec<String>,
}

fn run(work: Arc<Work>, event: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let region = work.app.config.region.clone();
        // The critical ones first: if one cannot be told, all of the batch comes again.
        let intake = intake::read(&event, &region)?;
        let untold = |p: Problem| format!("a tampering is not told yet: {}", told(&p));
        for item in &intake.tampered {
            tampered(&work, &region, item).await.map_err(untold)?;
        }
        for (key, why) in &intake.malformed {
            malformed(&work, key, why).await.map_err(untold)?;
        }
        let mut tenants: BTreeMap<TenantId, Brought> = BTreeMap::new();
        for record in event
            .get("Records")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some((tenant, entry)) = heard(record, &region) {
                let brought = tenants.entry(tenant).or_default();
                let number = record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str);
                brought.records.push(number.unwrap_or_default().to_owned());
                brought.entries.push(entry);
            }
        }
        let mut failures = Vec::new();
        for (tenant, Brought { entries, records }) in tenants {
            if let Err(problem) = raise::evaluate(&work.context(&tenant), &entries).await {
                tracing::warn!(
                    tenant = tenant.as_str(),
                    why = told(&problem),
                    "entries come again"
                );
                failures.extend(records.iter().map(|n| json!({"itemIdentifier": n})));
            }
        }
        Ok(json!({"batchItemFailures": failures}))
    })
}

/// Raises the alert about a changed or removed item, unless an approved purge explains it.
async fn tampered(work: &Work, region: &str, item: &Tampered) -> Result<(), Problem> {
    let (tenant, entry) = item.entry.clone().unzip();
    // What stands under no tenant's key is told to whoever runs the platform.
    let cx = work.context(&tenant.unwrap_or_else(TenantId::platform));
    if let Some(entry) = entry.as_ref().filter(|_| item.event == "REMOVE") {
        // A part of an entry does not say whose it was: any region's approved purge explains it.
        let others = work.app.config.regions.keys().filter(|r| *r != region);
        for region in std::iter::once(region).chain(others.map(String::as_str)) {
            let floor = cx.find::<FloorItem>(region).await?;
            if floor.is_some_and(|f| *entry < f.below) {
                return Ok(());
            }
        }
    }
    let verb = if item.event == "REMOVE" {
        "removed"
    } else {
        "changed"
    };
    let at = entry.as_deref().and_then(time_of);
    let at = at
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let detail = format!("{} was {verb} in the audit table, which nobody may do.", item.key);
    let words = [item.event.as_str(), item.key.as_str(), item.images.as_str()];
    let alert = raise::critical(&cx, TAMPERED, detail, entry.into_iter().collect(), at, &words);
    tracing::error!(
        event = item.event,
        key = item.key,
        "an audit entry was changed or removed"
    );
    raise::once(&cx, alert).await.map(drop)
}

/// Raises the alert about an item that no function can have written.
async fn malformed(work: &Work, key: &str, why: &str) -> Result<(), Problem> {
    let (tenant, entry) = owner(key).map(|(tenant, id)| (tenant, id.to_owned())).unzip();
    let cx = work.context(&tenant.unwrap_or_else(TenantId::platform));
    let at = entry.as_deref().and_then(time_of);
    let at = at
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let detail = format!("{key} was put into the audit table by no function: {why}.");
    let alert = raise::critical(
        &cx,
        TAMPERED,
        detail,
        entry.into_iter().collect(),
        at,
        &["INSERT", key, why],
    );
    raise::once(&cx, alert).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event: &str, sk: &str, actor: &str, region: &str) -> Value {
        let (tenant, id) = ("ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "aud_01JD3X8M9V5T2Q4R6S8W0Y1Z2B");
        let body = json!({"id": id, "tenant": tenant, "region": region, "activity": "billing.read_customer", "code": "S",
            "outcome": "refused", "actor": actor, "problem": "forbidden", "address": "192.0.2.1"});
        json!({"eventName": event, "dynamodb": {"SequenceNumber": "1", "NewImage": {"body": {"S": body.to_string()}},
            "Keys": {"pk": {"S": format!("T#{tenant}#audit-entry#{id}")}, "sk": {"S": sk}}}})
    }

    #[test]
    fn new_entries_of_this_region_are_heard_and_own_ones_are_not() {
        let (_, entry) = heard(&record("INSERT", "-", "cli_1", "r"), "r").unwrap();
        assert_eq!(
            (entry.problem.as_deref(), entry.address.as_deref(), entry.object),
            (Some("forbidden"), Some("192.0.2.1"), None)
        );
        for (event, sk, actor, region) in [
            ("MODIFY", "-", "cli_1", "r"),
            ("INSERT", "chunk#0000", "cli_1", "r"),
            ("INSERT", "-", OWN[0], "r"),
            ("INSERT", "-", OWN[1], "r"),
            ("INSERT", "-", "cli_1", "s"),
        ] {
            assert!(
                heard(&record(event, sk, actor, region), "r").is_none(),
                "{event} {sk} {actor} {region}"
            );
        }
    }
}
