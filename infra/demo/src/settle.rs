//! What happens after the last answer: outcomes that were not known yet, and webhooks that are still on their way.

use super::{
    access::page,
    api::{Api, Call, Client, Who},
    hooks::Hooks,
    out::Progress,
    tally::{Tally, Unsettled},
};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use std::{collections::HashSet, time::Duration};

/// How long outcomes may take: the platform asks the provider every minute.
const SETTLED: Duration = Duration::from_secs(150);
/// How long it may take until the next webhook arrives.
const ARRIVED: Duration = Duration::from_secs(120);

/// Waits until the platform knows the outcome of every payment; says how many stay unknown.
pub(super) async fn outcomes(
    api: &Api,
    client: &Client,
    tally: &mut Tally,
    concurrency: usize,
) -> Result<u64, String> {
    let mut open = std::mem::take(&mut tally.unsettled);
    let count = |open: &[Unsettled]| u64::try_from(open.len()).unwrap_or(u64::MAX);
    if open.is_empty() {
        return Ok(0);
    }
    let total = count(&open);
    let progress = Progress::new(&api.clock, "outcomes", total);
    let began = api.clock.monotonic();
    loop {
        let asked = stream::iter(open).map(|unsettled| async move {
            let path = format!("/payments/v1/payments/{}", unsettled.payment);
            let answer = api
                .send(&Call::get(Who::Client(client), path))
                .await?
                .success("reading a payment")?;
            Ok::<_, String>((unsettled, answer.text("status").to_owned()))
        });
        let answers: Vec<_> = asked.buffer_unordered(concurrency.max(1)).try_collect().await?;
        open = Vec::new();
        for (unsettled, status) in answers {
            if status == "unknown" {
                open.push(unsettled);
            } else {
                tally.settle(&unsettled, &status);
            }
        }
        progress.set(total - count(&open));
        if open.is_empty() || api.clock.monotonic().saturating_sub(began) > SETTLED {
            progress.end();
            return Ok(count(&open));
        }
        api.clock.sleep(Duration::from_secs(5)).await;
    }
}

/// What became of this run's webhooks.
#[derive(Debug, Default, Serialize)]
pub(super) struct Webhooks {
    /// Events that this run caused and that must arrive.
    pub(super) expected: u64,
    /// Deliveries that the platform made.
    pub(super) sent: u64,
    /// Deliveries that the platform still tries or gave up.
    pub(super) undelivered: u64,
    /// Requests that came in.
    pub(super) received: u64,
    /// Different events among them with a good signature.
    pub(super) verified: u64,
    /// Events that came more than once.
    pub(super) repeated: u64,
    /// Requests without a good signature.
    pub(super) unverifiable: u64,
    /// Events that did not arrive.
    pub(super) lost: u64,
}

/// Waits until every expected event has arrived and no delivery is pending.
pub(super) async fn webhooks(
    api: &Api,
    client: &Client,
    hooks: &Hooks,
    webhook: &str,
    expected: &HashSet<String>,
) -> Result<Webhooks, String> {
    let missing = || {
        let received = hooks.received();
        u64::try_from(expected.iter().filter(|e| !received.events.contains(*e)).count()).unwrap_or(u64::MAX)
    };
    let total = u64::try_from(expected.len()).unwrap_or(u64::MAX);
    let progress = Progress::new(&api.clock, "webhooks", total);
    let mut last = (missing(), api.clock.monotonic());
    while last.0 > 0 && api.clock.monotonic().saturating_sub(last.1) < ARRIVED {
        api.clock.sleep(Duration::from_millis(500)).await;
        let now = missing();
        if now < last.0 {
            last = (now, api.clock.monotonic());
        }
        progress.set(total - now);
    }
    progress.end();

    let began = api.clock.monotonic();
    let deliveries = loop {
        let deliveries = deliveries(api, client, webhook).await?;
        let pending = deliveries.iter().any(|d| d.status == "pending");
        // What did not come by now is in none of the pages either.
        if !pending || last.0 > 0 || api.clock.monotonic().saturating_sub(began) > ARRIVED {
            break deliveries;
        }
        api.clock.sleep(Duration::from_secs(2)).await;
    };
    let sent = deliveries.iter().filter(|d| d.status == "delivered").count();
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let missing = missing();
    let received = hooks.received();
    // A delivery that somebody answered must be one that was seen here.
    let unseen = deliveries
        .iter()
        .filter(|d| d.status == "delivered" && !received.ids.contains(&d.event))
        .count();
    Ok(Webhooks {
        expected: total,
        sent: count(sent),
        undelivered: count(deliveries.len() - sent),
        received: received.requests,
        verified: count(received.ids.len()),
        repeated: received.repeated,
        unverifiable: received.unverifiable,
        lost: missing.max(count(unseen)),
    })
}

struct Delivery {
    event: String,
    status: String,
}

/// The deliveries to a webhook that this run caused.
async fn deliveries(api: &Api, client: &Client, webhook: &str) -> Result<Vec<Delivery>, String> {
    let path = format!("/notifications/v1/deliveries?webhook={webhook}&limit=100");
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let call = Call::get(Who::Client(client), page(&path, cursor.as_deref()));
        let answer = api.send(&call).await?.success("reading deliveries")?;
        let all: &[Value] = answer
            .body
            .get("data")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice);
        let text = |d: &Value, name: &str| d.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let before = found.len();
        let ours = all.iter().filter(|d| api.since_start(d));
        found.extend(ours.map(|d| Delivery {
            event: text(d, "event"),
            status: text(d, "status"),
        }));
        // Where the newest come first, a page without any of this run's is followed by older ones only.
        let descending = all
            .first()
            .zip(all.last())
            .is_some_and(|(a, b)| text(a, "id") > text(b, "id"));
        let over = descending && found.len() == before;
        match answer.body.get("next_cursor").and_then(Value::as_str) {
            Some(next) if !over => cursor = Some(next.to_owned()),
            _ => return Ok(found),
        }
    }
}
