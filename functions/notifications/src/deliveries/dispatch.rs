//! The worker `dispatch_events`: from the outbox records of the streams to one delivery for each webhook.

use super::{DeliveryItem, QUEUE, enqueue, written};
use crate::{
    event_types,
    webhooks::{MOST, PARTITION, WebhookItem, health},
};
use futures::{StreamExt, stream};
use serde_json::Value;
use shared::{
    endpoint::Uses,
    ids::TenantId,
    issued::{self, Issued},
    road::{Context, OutboxItem},
    store::{Item, Table},
    triggers::{self, Inserted},
    worker::{Place, Trigger, Work, Worker},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Deliveries that are made at the same time.
const SIDE_BY_SIDE: usize = 16;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "dispatch_events",
    service: "notifications",
    trigger: Trigger::Stream(&[
        Table::Billing,
        Table::Vault,
        Table::Payments,
        Table::Identity,
        Table::Alerts,
    ]),
    place: Place::Home,
    summary: "Make a delivery of every event for every webhook that asks for it",
    uses: &[
        Uses::Write(Table::Notifications),
        Uses::Send(QUEUE),
        Uses::Send(issued::QUEUE),
        Uses::Below(Table::Notifications),
        Uses::Read(Table::Identity),
        Uses::Read(Table::Tenancy),
    ],
    batch: 100,
    timeout: 60,
    run: |work, event| Box::pin(run(work, event)),
};

async fn run(work: Arc<Work>, event: Value) -> Result<Value, String> {
    let mut tenants: BTreeMap<TenantId, Vec<(String, OutboxItem)>> = BTreeMap::new();
    for record in triggers::inserts(event)? {
        let sequence = record.sequence.clone();
        if let Some(event) = outbox(record) {
            tenants
                .entry(event.tenant.clone())
                .or_default()
                .push((sequence, event));
        }
    }
    let mut failed = BTreeSet::new();
    for (tenant, events) in tenants {
        failed.extend(fan_out(&work.context(&tenant), events).await);
    }
    Ok(triggers::failures(failed))
}

/// The event of a stream record; `None` for any other item.
fn outbox(record: Inserted) -> Option<OutboxItem> {
    let pk = record.image.get("pk").and_then(|pk| match pk {
        serde_dynamo::AttributeValue::S(pk) => Some(pk.clone()),
        _ => None,
    })?;
    if !pk.contains(&format!("#{}#", OutboxItem::KIND)) {
        return None;
    }
    match serde_dynamo::from_item::<_, OutboxItem>(record.image) {
        Ok(event) if pk == shared::store::Key::of::<OutboxItem>(&event.tenant, event.id()).pk => Some(event),
        // It would never parse: to ask for it again would hold up the whole shard.
        _ => {
            tracing::error!(sequence = record.sequence, "an outbox record is not an event");
            None
        }
    }
}

/// Makes the deliveries of a tenant's events. Gives the sequence numbers of those that must come again.
async fn fan_out(cx: &Context, events: Vec<(String, OutboxItem)>) -> Vec<String> {
    // Both regions' streams bring a record, and the tenant's home acts on it, whichever region made it.
    match cx.at_home().await {
        Ok(true) => {}
        Ok(false) => return Vec::new(),
        Err(problem) => {
            tracing::warn!(?problem, "events wait until the home is known");
            return events.into_iter().map(|(sequence, _)| sequence).collect();
        }
    }
    for (_, event) in &events {
        if let Err(why) = pass_on(cx, event).await {
            tracing::warn!(
                event = event.id.as_str(),
                why,
                "the sweep will have a document rendered"
            );
        }
    }
    // Read once for the batch, strongly consistent.
    let every = ("wh_".to_owned(), "wh_~".to_owned());
    let most = i32::try_from(MOST.saturating_mul(2)).unwrap_or(100);
    let webhooks = match cx.below::<WebhookItem>(PARTITION, every, false, most).await {
        Ok(webhooks) => webhooks,
        Err(problem) => {
            tracing::warn!(?problem, "webhooks cannot be read");
            return events.into_iter().map(|(sequence, _)| sequence).collect();
        }
    };
    let mut wanted = Vec::new();
    for webhook in &webhooks {
        let asked: Vec<_> = events.iter().filter(|(_, e)| is_told(webhook, e)).collect();
        if asked.is_empty() {
            continue;
        }
        // Who owns it is looked at once for the batch, and again with each attempt.
        let owner = match webhook.standing(cx).await {
            Ok(owner) => owner,
            Err(problem) => {
                tracing::warn!(?problem, "the owner of a webhook cannot be read");
                return events.into_iter().map(|(sequence, _)| sequence).collect();
            }
        };
        let Some(owner) = owner else {
            if let Some(ended) = health::without_owner(webhook) {
                // Whoever writes it at the same time is told by the next event.
                let done = written(cx, cx.replace(webhook, &ended)).await;
                tracing::warn!(
                    webhook = webhook.id.as_str(),
                    ?done,
                    "a webhook has lost its owner"
                );
            }
            continue;
        };
        for (sequence, event) in asked {
            if event_types::may_be_told(&owner, &event.kind, event.attributes.as_deref()) {
                wanted.push((sequence.clone(), DeliveryItem::new(event, webhook, cx.now())));
            }
        }
    }
    let made = stream::iter(wanted).map(|(sequence, item)| {
        let cx = cx.clone();
        async move { deliver_once(&cx, &item).await.err().map(|why| (sequence, why)) }
    });
    let failed: Vec<(String, String)> = made
        .buffer_unordered(SIDE_BY_SIDE)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    for (sequence, why) in &failed {
        tracing::warn!(sequence, why, "an event comes again");
    }
    failed.into_iter().map(|(sequence, _)| sequence).collect()
}

/// Tells what renders that something has been issued.
async fn pass_on(cx: &Context, event: &OutboxItem) -> Result<(), String> {
    let Some(issued) = issued(event) else {
        return Ok(());
    };
    cx.may(Uses::Send(issued::QUEUE)).map_err(|p| format!("{p:?}"))?;
    let body = serde_json::to_string(&issued).map_err(|_| "a message does not serialise".to_owned())?;
    cx.app().send(issued::QUEUE, body, 0).await
}

/// What an event says has been issued, if it says so.
fn issued(event: &OutboxItem) -> Option<Issued> {
    if !issued::EVENTS.contains(&event.kind.as_str()) {
        return None;
    }
    let data: Value = serde_json::from_str(&event.data).ok()?;
    Some(Issued {
        tenant: event.tenant.clone(),
        of: data.get("id")?.as_str()?.to_owned(),
    })
}

/// Whether a webhook is told of an event: it asks for its kind, and was there when it happened.
fn is_told(webhook: &WebhookItem, event: &OutboxItem) -> bool {
    webhook.wants(&event.kind) && webhook.created_at <= event.occurred_at
}

/// Makes the item, unless an earlier record has made it, and tells the queue.
async fn deliver_once(cx: &Context, item: &DeliveryItem) -> Result<(), String> {
    // Where it is there already, the message may be what got lost; a second one does no harm.
    written(cx, cx.create(item)).await?;
    if let Err(why) = enqueue(cx, item, 0).await {
        tracing::warn!(delivery = item.id.as_str(), why, "the sweep will send a delivery");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{deliveries::tests::event, event_types::EventType, webhooks::tests::webhook};
    use serde_json::json;

    fn image(pk: &str) -> Value {
        json!({
            "pk": {"S": pk}, "sk": {"S": "-"}, "rev": {"N": "1"}, "audit": {"S": "aud_1"}, "expires": {"N": "1"},
            "id": {"S": "evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"}, "tenant": {"S": TenantId::platform()},
            "kind": {"S": "payment.captured"}, "occurred_at": {"S": "2024-11-19T07:06:40Z"},
            "data": {"S": event().data}, "region": {"S": "eu-central-1"},
        })
    }

    fn parsed(pk: &str) -> Option<OutboxItem> {
        let change = json!({"SequenceNumber": "1", "NewImage": image(pk)});
        let event = json!({"Records": [{"eventName": "INSERT", "dynamodb": change}]});
        outbox(triggers::inserts(event).unwrap().remove(0))
    }

    #[test]
    fn a_webhook_is_told_nothing_from_before_it_was_made() {
        let event = event();
        let made = |at| WebhookItem {
            created_at: at,
            ..webhook(&[EventType::All])
        };
        assert!(is_told(&made(event.occurred_at), &event));
        let later = event.occurred_at.as_second() + 1;
        let later = shared::time::Timestamp::from_second(later).unwrap();
        assert!(!is_told(&made(later), &event));
        let other = WebhookItem {
            created_at: event.occurred_at,
            ..webhook(&[EventType::RefundFailed])
        };
        assert!(!is_told(&other, &event));
    }

    #[test]
    fn outbox_records_become_events() {
        let pk = format!("T#{}#outbox#evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", TenantId::platform());
        let found = parsed(&pk).unwrap();
        let want = event();
        assert_eq!(
            (found.id, found.kind, found.data),
            (want.id, want.kind, want.data)
        );
        assert_eq!((found.occurred_at, found.trace), (want.occurred_at, None));
    }

    #[test]
    fn other_items_and_another_tenants_key_do_not() {
        let id = "evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        let other = TenantId::parse("ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A").unwrap();
        for pk in [
            format!("T#{}#payment#{id}", TenantId::platform()),
            format!("T#{other}#outbox#{id}"),
        ] {
            assert!(parsed(&pk).is_none(), "{pk}");
        }
    }
}
