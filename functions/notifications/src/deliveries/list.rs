//! `GET /notifications/v1/deliveries`: a page of deliveries with their attempts, newest first.

use super::{Attempt, DELIVERIES, DeliveryId, DeliveryItem, DeliveryStatus};
use crate::webhooks::WebhookId;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::EventId,
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
    time::{Timestamp, rfc3339},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// Only those to this webhook.
    #[public]
    webhook: Option<WebhookId>,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// A delivery as answered.
#[derive(Record, Serialize, JsonSchema)]
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
    next_attempt_at: Option<String>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    created_at: String,
}

impl From<DeliveryItem> for Delivery {
    fn from(item: DeliveryItem) -> Self {
        let next = item.next_at.and_then(|at| Timestamp::from_second(at).ok());
        Self {
            id: item.id,
            webhook: item.webhook,
            event: item.event,
            event_type: item.event_type,
            status: item.status,
            attempts: item.attempts,
            next_attempt_at: next.map(rfc3339),
            created_at: rfc3339(item.created_at),
        }
    }
}

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The deliveries.
    #[nested]
    data: Vec<Delivery>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_deliveries",
        methods::get,
        "/notifications/v1/deliveries",
        Access::Right(&rbac::WEBHOOK_READ),
        Audit::Log,
        "List deliveries with their attempts, newest first",
    )
    .uses(&[Uses::Read(Table::Notifications), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = match &input.webhook {
            Some(webhook) => cx.list_below::<DeliveryItem>(webhook.as_str(), &page).await?,
            None => cx.list::<DeliveryItem>(1, DELIVERIES, &page).await?,
        };
        let data = items.into_iter().map(|i| Delivery::from(i.item)).collect();
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliveries::tests::delivery;
    use serde_json::json;

    #[test]
    fn an_answer_shows_state_and_no_data() {
        let answer = serde_json::to_value(Delivery::from(delivery())).unwrap();
        assert_eq!(answer["status"], "pending");
        assert_eq!(answer["next_attempt_at"], "2024-11-19T07:06:41.000Z");
        assert_eq!(answer["attempts"], json!([]));
        assert!(answer.get("data").is_none());
    }
}
