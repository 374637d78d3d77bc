//! A delivery as the contract shows it.

use super::{Attempt, DeliveryId, DeliveryItem, DeliveryStatus};
use crate::webhooks::WebhookId;
use serde::Serialize;
use shared::{
    ids::EventId,
    record::Record,
    time::{Instant, Timestamp},
};

/// A delivery as answered.
#[derive(Record, Serialize)]
pub struct Delivery {
    /// Its id.
    #[public]
    id: DeliveryId,
    /// Where it goes.
    #[public]
    webhook: WebhookId,
    /// The event; also the `webhook-id` of the request.
    #[public]
    event: EventId,
    /// Its kind.
    #[public]
    event_type: String,
    /// Where it stands.
    #[public]
    status: DeliveryStatus,
    /// What was tried, oldest first.
    #[nested]
    attempts: Vec<Attempt>,
    /// When it is tried next, while pending (RFC 3339 UTC).
    #[public]
    next_attempt_at: Option<Instant>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    created_at: Instant,
}

impl From<&DeliveryItem> for Delivery {
    fn from(item: &DeliveryItem) -> Self {
        let next = item.next_at.and_then(|at| Timestamp::from_second(at).ok());
        Self {
            id: item.id.clone(),
            webhook: item.webhook.clone(),
            event: item.event.clone(),
            event_type: item.event_type.clone(),
            status: item.status,
            attempts: item.attempts.clone(),
            next_attempt_at: next.map(Instant::from),
            created_at: Instant::from(item.created_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliveries::tests::delivery;

    #[test]
    fn an_answer_shows_state_and_no_data() {
        let answer = serde_json::to_value(Delivery::from(&delivery())).unwrap();
        assert_eq!(answer["status"], "pending");
        assert_eq!(answer["next_attempt_at"], "2024-11-19T07:06:41.000Z");
        assert_eq!(answer["attempts"], serde_json::json!([]));
        assert!(answer.get("data").is_none());
    }
}
