//! The worker `deliver_event`: one attempt of each delivery that the queue brings.

use super::{Attempt, AttemptError, DeliveryItem, Message, QUEUE, enqueue, request, schedule, written};
use crate::{
    event_types,
    webhooks::{WebhookItem, WebhookStatus, health},
};
use futures::{StreamExt, stream};
use serde_json::Value;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::Uses,
    metrics::Gauge,
    problem::Problem,
    random,
    road::Context,
    store::{Stored, Table},
    time::rfc3339,
    triggers,
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// Attempts that are made at the same time, so that one slow receiver holds up no other.
const SIDE_BY_SIDE: usize = 10;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "deliver_event",
    service: "notifications",
    trigger: Trigger::Queue(QUEUE),
    place: Place::Home,
    summary: "Attempt deliveries: sign, post, and schedule the next attempt of those that fail",
    uses: &[
        Uses::Write(Table::Notifications),
        Uses::Key(Purpose::Secret),
        Uses::Send(QUEUE),
        Uses::Egress,
        Uses::Read(Table::Identity),
        Uses::Read(Table::Tenancy),
    ],
    batch: 10,
    timeout: 30,
    run: |work, event| Box::pin(run(work, event)),
};

async fn run(work: Arc<Work>, event: Value) -> Result<Value, String> {
    let attempts = stream::iter(triggers::messages(event)?).map(|message| {
        let work = work.clone();
        async move {
            let Ok(body) = serde_json::from_str::<Message>(&message.body) else {
                // It would never parse.
                tracing::error!(message = message.message_id, "a message is not a delivery");
                return None;
            };
            let why = deliver(&work, &body).await.err()?;
            tracing::warn!(delivery = body.delivery.as_str(), why, "a message comes again");
            Some(message.message_id)
        }
    });
    let failed: Vec<String> = attempts
        .buffer_unordered(SIDE_BY_SIDE)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    Ok(triggers::failures(failed))
}

fn text(problem: Problem) -> String {
    format!("{problem:?}")
}

/// Everything that can fail on our side comes before the claim, so that it costs the delivery no attempt.
async fn deliver(work: &Work, message: &Message) -> Result<(), String> {
    let cx = work.context(&message.tenant);
    cx.may(Uses::Egress).map_err(text)?;
    let now = cx.now().as_second();
    let keys = [
        DeliveryItem::key(cx.tenant(), &message.webhook, &message.delivery),
        WebhookItem::key(cx.tenant(), &message.webhook),
        SubjectKeyItem::key(cx.tenant(), message.webhook.as_str(), Purpose::Secret),
    ];
    let mut found = cx.batch(&keys).await.map_err(text)?;
    let [delivery_key, webhook_key, subject_key] = &keys;
    let Some(delivery) = found.take::<DeliveryItem>(delivery_key).map_err(text)? else {
        tracing::error!(
            delivery = message.delivery.as_str(),
            "a message without its delivery"
        );
        return Ok(());
    };
    // The home sends what is due; the sweep there has it.
    if !cx.at_home().await.map_err(text)? {
        return Ok(());
    }
    // Over, leased or early: a message too many, or one that the sweep sends again.
    let Ok(claimed) = schedule::claim(&delivery, now) else {
        return Ok(());
    };
    let webhook = found.take::<WebhookItem>(webhook_key).map_err(text)?;
    let subject = found.take::<SubjectKeyItem>(subject_key).map_err(text)?;
    let webhook = webhook.filter(|w| w.status == WebhookStatus::Enabled);
    let (Some(webhook), Some(subject)) = (webhook, subject) else {
        return abandon(&cx, &delivery, AttemptError::WebhookDisabled).await;
    };
    // What its owner may see now, whatever they could when it happened.
    let Some(owner) = webhook.standing(&cx).await.map_err(text)? else {
        health::note(&cx, &webhook.id, health::without_owner).await?;
        return abandon(&cx, &delivery, AttemptError::WebhookDisabled).await;
    };
    if !event_types::may_be_told(&owner, &delivery.event_type, delivery.attributes.as_deref()) {
        return abandon(&cx, &delivery, AttemptError::NotPermitted).await;
    }
    let cipher = cx.subject(&subject).await.map_err(text)?;
    let (headers, body) = request::of(&webhook, &delivery, &cipher, cx.now())?;

    if !written(&cx, cx.replace(&delivery, &claimed)).await? {
        // Somebody wrote it meanwhile. Another message may have claimed it, and then this one finds it leased
        // or over when it comes again; or the sweep only noted that it sent one, and then nobody else has.
        return Err("the delivery was written meanwhile".to_owned());
    }
    cx.meter()
        .note(Gauge::DeliveryLag, lag(&delivery, cx.now().as_millisecond()));
    let claimed = Stored {
        item: claimed,
        revision: delivery.revision.saturating_add(1),
    };
    let (attempt, outcome) = request::send(&cx, &webhook, headers, body).await;
    conclude(&cx, &claimed, attempt, outcome).await?;
    let decide = |webhook: &WebhookItem| health::after(webhook, outcome, now);
    if decide(&webhook).is_some() {
        health::note(&cx, &webhook.id, decide).await?;
    }
    Ok(())
}

/// Milliseconds that an attempt begins late: after its event, or where it is not the first, after it was due.
fn lag(delivery: &DeliveryItem, now: i64) -> f64 {
    let due = match delivery.tries {
        0 => delivery.occurred_at.as_millisecond(),
        _ => delivery.next_at.unwrap_or(0).saturating_mul(1000),
    };
    f64::from(u32::try_from(now.saturating_sub(due).max(0)).unwrap_or(u32::MAX))
}

async fn conclude(
    cx: &Context,
    claimed: &Stored<DeliveryItem>,
    attempt: Attempt,
    outcome: health::Outcome,
) -> Result<(), String> {
    let spread = u64::try_from(schedule::JITTER.saturating_mul(2).saturating_add(1)).unwrap_or(1);
    let jitter = i64::try_from(random::below(spread))
        .unwrap_or(0)
        .saturating_sub(schedule::JITTER);
    let now = cx.app().clock.now().as_second();
    let (next, delay) = schedule::conclude(claimed, attempt, outcome, now, jitter);
    if !written(cx, cx.replace(claimed, &next)).await? {
        // The lease ran out and somebody else attempts it now. The receiver knows the event by its id.
        tracing::warn!(delivery = next.id.as_str(), "an attempt outlived its lease");
        return Ok(());
    }
    tracing::info!(delivery = next.id.as_str(), status = ?next.status, tries = next.tries, "attempted");
    if let Some(delay) = delay
        && let Err(why) = enqueue(cx, &next, delay).await
    {
        tracing::warn!(delivery = next.id.as_str(), why, "the sweep will send a delivery");
    }
    Ok(())
}

async fn abandon(cx: &Context, delivery: &Stored<DeliveryItem>, error: AttemptError) -> Result<(), String> {
    let attempt = Attempt {
        at: rfc3339(cx.now()),
        status: None,
        error: Some(error),
        millis: 0,
    };
    let next = schedule::abandon(delivery, attempt);
    written(cx, cx.replace(delivery, &next)).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliveries::tests::delivery;

    #[test]
    fn the_first_attempt_is_late_after_its_event_and_others_after_they_were_due() {
        let first = delivery();
        let happened = first.occurred_at.as_millisecond();
        assert_eq!(lag(&first, happened + 250), 250.0);
        assert_eq!(lag(&first, happened - 5), 0.0, "clocks differ");
        let later = DeliveryItem {
            tries: 1,
            next_at: Some(happened / 1000 + 60),
            ..first
        };
        assert_eq!(lag(&later, (happened / 1000 + 62) * 1000), 2_000.0);
    }
}
