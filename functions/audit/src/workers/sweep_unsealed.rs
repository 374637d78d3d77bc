//! `sweep_unsealed`: once a minute the entries that the stream did not bring to the sealer.
//!
//! It goes through the list of entries in the order of time and remembers how far it got. It stays a minute
//! behind, so that it does not race the sealer, and looks at the latest minutes again, because an index
//! and a slow commit may show an entry late.

use super::{tenants, told};
use crate::{
    alerting::evaluate::time_of,
    bounds::entries_at,
    log::{
        Log, every_entry,
        items::{LeafItem, SweepItem},
    },
    sealing::{intake::admit, plan::NewEntry, seal},
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    audit::EntryItem,
    crypto::{KeyUse, Purpose},
    endpoint::Uses,
    metrics::Gauge,
    problem::Problem,
    road::Context,
    store::{Changes, Key, Stored, Table},
    time::after,
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// Seconds that the sealer has for an entry.
const LATE: i64 = 60;
/// Seconds after which an entry is no longer looked for.
const SETTLED: i64 = 300;
/// Most pages of one list in one run.
const PAGES: usize = 50;
/// Entries of a page.
const PAGE: i32 = 100;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "sweep_unsealed",
    service: "audit",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::EachRegion,
    summary: "Seal audit entries that the stream lost",
    uses: &[
        Uses::Read(Table::Audit),
        Uses::Write(Table::Seals),
        Uses::Read(Table::Tenancy),
        Uses::Key(Purpose::Secret),
        Uses::Sign(KeyUse::Checkpoint),
        Uses::List(Table::Audit, 1),
        Uses::List(Table::Audit, 2),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 300,
    run,
};

fn run(work: Arc<Work>, _: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let (mut sealed, mut failed) = (0usize, 0usize);
        // That nothing is late is told too: an alarm watches for runs that say nothing.
        work.meter.note(Gauge::OldestUnsealed, 0.0);
        for tenant in tenants(&work).await? {
            match sweep(&work.context(&tenant)).await {
                Ok(n) => sealed += n,
                Err(problem) => {
                    failed += 1;
                    tracing::warn!(tenant = tenant.as_str(), why = told(&problem), "no sweep");
                }
            }
        }
        if failed > 0 {
            return Err(format!("{failed} tenants were not swept"));
        }
        Ok(json!({"sealed": sealed}))
    })
}

/// Sweeps this region's log of one tenant. Gives how many entries were not sealed.
async fn sweep(cx: &Context) -> Result<usize, Problem> {
    let log = Log::here(cx);
    let mark = cx.find::<SweepItem>(&log.region).await?;
    let before = |seconds: i64| entries_at(after(cx.now(), -seconds).as_millisecond()).0;
    let until = before(LATE);
    let mut from = mark.as_ref().map_or_else(|| entries_at(0).0, |m| m.below.clone());
    let mut found = 0;
    for _ in 0..PAGES {
        if from >= until {
            break;
        }
        let between = (from.clone(), until.clone());
        let page = every_entry(cx, &between, PAGE).await?;
        let Some(last) = page.last() else { break };
        from = above(&last.id);
        let lost = unsealed(cx, &log, page).await?;
        found += lost.len();
        if let Some(made) = lost.first().and_then(|entry| time_of(&entry.id)) {
            let age = cx.now().as_millisecond().saturating_sub(made) / 1000;
            cx.meter()
                .note(Gauge::OldestUnsealed, f64::from(u32::try_from(age).unwrap_or(0)));
        }
        seal::seal(cx, &log, lost).await?;
    }
    remember(cx, &log, mark, from.min(before(SETTLED))).await?;
    Ok(found)
}

/// Sorts above an id and below every later one: `!` comes before all that ids are made of.
fn above(id: &str) -> String {
    format!("{id}!")
}

async fn unsealed(cx: &Context, log: &Log, page: Vec<Stored<EntryItem>>) -> Result<Vec<NewEntry>, Problem> {
    let keys: Vec<Key> = page.iter().map(|e| cx.key::<LeafItem>(&e.id)).collect();
    let mut batch = cx.batch(&keys).await?;
    let mut lost = Vec::new();
    for (Stored { item, .. }, key) in page.into_iter().zip(&keys) {
        if batch.take::<LeafItem>(key)?.is_some() {
            continue;
        }
        match admit(cx.tenant(), &log.region, &item.id, item.body) {
            Ok(entry) => lost.extend(entry),
            Err(why) => tracing::error!(
                entry = item.id,
                why,
                "what stands in the audit table is not an entry"
            ),
        }
    }
    Ok(lost)
}

async fn remember(
    cx: &Context,
    log: &Log,
    mark: Option<Stored<SweepItem>>,
    below: String,
) -> Result<(), Problem> {
    let item = SweepItem {
        id: log.region.clone(),
        below,
    };
    let write = match &mark {
        Some(old) if old.below >= item.below => return Ok(()),
        Some(old) => cx.replace(old, &item)?,
        None => cx.create(&item)?,
    };
    match cx.apply(Changes::new().write(write)).await {
        // A lost race: another run is as far.
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{ids::EntryId, time::Timestamp};

    #[test]
    fn nothing_fits_between_an_id_and_what_is_above_it() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let mut ids: Vec<String> = (0..200).map(|_| EntryId::new(now).to_string()).collect();
        ids.sort();
        assert!(
            ids.windows(2)
                .all(|pair| pair[0] < above(&pair[0]) && above(&pair[0]) < pair[1])
        );
    }
}
