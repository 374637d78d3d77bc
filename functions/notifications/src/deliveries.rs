//! Deliveries: one event on its way to one webhook. The item is the truth, the queue only a clock.

mod answer;
pub mod deliver;
pub mod dispatch;
pub mod list;
mod request;
pub mod retry;
pub mod schedule;
pub mod sweep;

pub use answer::Delivery;

use crate::{
    fixed_width::fixed_width,
    webhooks::{WebhookId, WebhookItem},
};
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::{
    endpoint::Uses,
    ids::{EventId, TenantId},
    record::Record,
    road::{Context, OutboxItem},
    store::{Changes, Item, Key, Listing, Table, Write},
    time::Timestamp,
};
use ulid::Ulid;

/// The queue of due deliveries.
pub const QUEUE: &str = "deliveries";
/// The list of a tenant's deliveries.
pub const DELIVERIES: &str = "deliveries";
/// The list of pending deliveries, by the time from which the sweep looks after them.
pub const DUE: &str = "deliveries-due";
/// Seconds that a delivery is kept: thirty days.
const KEEP: i64 = 30 * 24 * 3600;

shared::id_type!(
    /// A delivery.
    DeliveryId, "del"
);

impl DeliveryId {
    /// The id of an event's delivery to a webhook: always the same, so that a repeated stream record makes no
    /// second delivery, and ordered by the time of the event.
    #[must_use]
    pub fn of(event: &EventId, webhook: &WebhookId) -> Self {
        let hash = digest(&SHA256, format!("{event}\n{webhook}").as_bytes());
        let random = hash
            .as_ref()
            .first_chunk::<16>()
            .map_or(0, |bytes| u128::from_be_bytes(*bytes));
        let made = event
            .as_str()
            .get("evt_".len()..)
            .and_then(|text| Ulid::from_string(text).ok());
        Self(format!(
            "del_{}",
            Ulid::from_parts(made.map_or(0, |u| u.timestamp_ms()), random)
        ))
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Attempts go on.
    Pending,
    /// The endpoint answered 2xx.
    Delivered,
    /// The last attempt failed, or the webhook is no more.
    Failed,
}

impl DeliveryStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// Why an attempt brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "DeliveryError")]
pub enum AttemptError {
    /// The URL is none that is called.
    UrlRefused,
    /// The host has no public address. Whether it has another or none is not told.
    AddressRefused,
    /// Its certificate was not accepted.
    TlsFailed,
    /// No whole answer in time.
    Timeout,
    /// The connection could not be made or broke.
    ConnectionFailed,
    /// The platform could not make the attempt.
    NotAttempted,
    /// The webhook was disabled or removed meanwhile; nothing was sent.
    WebhookDisabled,
    /// The webhook's owner may not see what the event is about, or not any more; nothing was sent.
    NotPermitted,
    /// The answer held a SOAP fault.
    Fault,
}

/// One attempt.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "DeliveryAttempt")]
pub struct Attempt {
    /// When it began (RFC 3339 UTC).
    #[public]
    #[record(shape = shared::time::Instant)]
    pub at: String,
    /// Status of the answer.
    #[public]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[public]
    pub error: Option<AttemptError>,
    /// Milliseconds it took.
    #[public]
    pub millis: u64,
}

/// A delivery as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct DeliveryItem {
    /// Its id.
    #[public]
    pub id: DeliveryId,
    /// Where it goes.
    #[public]
    pub webhook: WebhookId,
    /// The event.
    #[public]
    pub event: EventId,
    /// Its kind.
    #[public]
    pub event_type: String,
    /// When it happened.
    #[public]
    pub occurred_at: Timestamp,
    /// Masked data, as JSON text.
    #[internal]
    pub data: String,
    /// What filters look at when it is decided whether its owner may be told, as JSON text.
    #[internal]
    #[serde(default)]
    pub attributes: Option<String>,
    /// `traceparent` of the call that made the event.
    #[public]
    pub trace: Option<String>,
    /// Where it stands.
    #[public]
    pub status: DeliveryStatus,
    /// What was tried.
    #[nested]
    pub attempts: Vec<Attempt>,
    /// Attempts begun, also those whose end nobody wrote down.
    #[internal]
    pub tries: u32,
    /// Unix seconds of the next attempt, while pending.
    #[public]
    pub next_at: Option<i64>,
    /// Unix seconds until which one worker alone may attempt it.
    #[internal]
    pub leased_until: i64,
    /// Unix seconds from which the sweep looks after it.
    #[internal]
    pub sweep_at: i64,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
}

impl Item for DeliveryItem {
    const TABLE: Table = Table::Notifications;
    const KIND: &'static str = "delivery";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Tell the tenant systems what has happened; personal data is masked",
            shared::processing::Subjects::Customers,
            shared::processing::Basis::LegitimateInterest,
            "30 days",
            shared::processing::Reach::Mentioned { list: "deliveries" },
        )
        .recipients(&["receivers of webhooks"]),
    );
    // The deliveries of a webhook share a partition: they can be listed without an index of their own.
    fn id(&self) -> &str {
        self.webhook.as_str()
    }
    fn sort(&self) -> String {
        self.id.to_string()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: DELIVERIES.into(),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        let sort = || format!("{}#{}", fixed_width(self.sweep_at), self.id);
        (self.status == DeliveryStatus::Pending).then(|| Listing {
            list: DUE.into(),
            sort: sort(),
        })
    }
    fn expires(&self) -> Option<i64> {
        Some(self.created_at.as_second().saturating_add(KEEP))
    }
}

/// Seconds after which the sweep takes care of what the queue should have brought.
pub const GRACE: i64 = 60;

impl DeliveryItem {
    /// A new delivery, due at once.
    #[must_use]
    pub fn new(event: &OutboxItem, webhook: &WebhookItem, now: Timestamp) -> Self {
        Self {
            id: DeliveryId::of(&event.id, &webhook.id),
            webhook: webhook.id.clone(),
            event: event.id.clone(),
            event_type: event.kind.clone(),
            occurred_at: event.occurred_at,
            data: event.data.clone(),
            attributes: event.attributes.clone(),
            trace: event.trace.clone(),
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            tries: 0,
            next_at: Some(now.as_second()),
            leased_until: 0,
            sweep_at: now.as_second().saturating_add(GRACE),
            created_at: now,
        }
    }

    /// The key of a delivery.
    #[must_use]
    pub fn key(tenant: &TenantId, webhook: &WebhookId, id: &DeliveryId) -> Key {
        Key::sub::<Self>(tenant, webhook.as_str(), id.as_str())
    }
}

/// What the queue carries: where the item is, and nothing of what it holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whose.
    pub tenant: TenantId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
}

/// Puts a delivery into the queue, to come out after `delay` seconds (at most 900).
///
/// # Errors
/// When the queue does not take it. The sweep finds the item then.
pub(crate) async fn enqueue(cx: &Context, item: &DeliveryItem, delay: i32) -> Result<(), String> {
    cx.may(Uses::Send(QUEUE)).map_err(|p| format!("{p:?}"))?;
    let message = Message {
        tenant: cx.tenant().clone(),
        webhook: item.webhook.clone(),
        delivery: item.id.clone(),
    };
    let body = serde_json::to_string(&message).map_err(|_| "a message does not serialise".to_owned())?;
    cx.app().send(QUEUE, body, delay).await
}

/// Makes one write; `false` when somebody else was first.
///
/// # Errors
/// When the store does not answer.
pub(crate) async fn written(
    cx: &Context,
    write: Result<Write, shared::problem::Problem>,
) -> Result<bool, String> {
    let write = write.map_err(|p| format!("{p:?}"))?;
    match cx.apply(Changes::new().write(write)).await {
        Ok(()) => Ok(true),
        Err(None) => Ok(false),
        Err(Some(problem)) => Err(format!("{problem:?}")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{event_types::EventType, webhooks::tests::webhook};

    pub(crate) fn event() -> OutboxItem {
        OutboxItem {
            id: EventId::parse("evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A").unwrap(),
            tenant: TenantId::platform(),
            kind: "payment.captured".into(),
            occurred_at: Timestamp::from_second(1_732_000_000).unwrap(),
            data: r#"{"id":"pay_1","object":{"amount":1200,"currency":"EUR"}}"#.into(),
            attributes: Some(r#"{"amount":1200,"currency":"EUR"}"#.into()),
            trace: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
            region: "eu-central-1".into(),
        }
    }

    pub(crate) fn delivery() -> DeliveryItem {
        DeliveryItem::new(
            &event(),
            &webhook(&[EventType::All]),
            Timestamp::from_second(1_732_000_001).unwrap(),
        )
    }

    #[test]
    fn ids_are_the_same_for_the_same_event_and_webhook_only() {
        let (event, webhook) = (event(), webhook(&[]));
        let id = DeliveryId::of(&event.id, &webhook.id);
        assert_eq!(
            DeliveryId::parse(id.as_str()),
            Ok(DeliveryId::of(&event.id, &webhook.id))
        );
        assert_eq!(
            id.as_str()[4..14],
            event.id.as_str()[4..14],
            "ordered by the time of the event"
        );
        let other = WebhookId::parse("wh_01JD3X8M9V5T2Q4R6S8W0Y1Z2B").unwrap();
        assert_ne!(DeliveryId::of(&event.id, &other), id);
        let other = EventId::parse("evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2B").unwrap();
        assert_ne!(DeliveryId::of(&other, &webhook.id), id);
        let beyond = EventId::parse("evt_ZZZZZZZZZZZZZZZZZZZZZZZZZZ").unwrap();
        assert!(DeliveryId::parse(DeliveryId::of(&beyond, &webhook.id).as_str()).is_ok());
    }

    #[test]
    fn only_pending_items_stand_in_the_due_list() {
        let tenant = TenantId::platform();
        let attempt = Attempt {
            at: "x".into(),
            status: None,
            error: Some(AttemptError::Timeout),
            millis: 10_000,
        };
        let pending = DeliveryItem {
            attempts: vec![attempt],
            ..delivery()
        };
        let attributes = shared::store::encode(&tenant, &pending, 1).unwrap();
        let sort = attributes["gsi2sk"].as_s().unwrap().clone();
        assert!(
            sort.starts_with("001732000061#del_") && sort.as_str() <= "001732000061~",
            "{sort}"
        );
        assert!(sort.as_str() > "001732000060~");
        let back = shared::store::decode::<DeliveryItem>(attributes).unwrap().item;
        assert_eq!(back.attempts[0].error, Some(AttemptError::Timeout));
        assert_eq!(
            (back.trace, back.occurred_at),
            (pending.trace.clone(), pending.occurred_at)
        );
        let done = DeliveryItem {
            status: DeliveryStatus::Delivered,
            ..pending
        };
        assert!(
            !shared::store::encode(&tenant, &done, 2)
                .unwrap()
                .contains_key("gsi2pk")
        );
    }
}
