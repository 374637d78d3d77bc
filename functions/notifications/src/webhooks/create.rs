//! `POST /notifications/v1/webhooks`: a new webhook. Its secret is in this answer and in no other.

use super::{
    MOST, PARTITION, WebhookCount, WebhookId, WebhookItem, WebhookKind, WebhookSecret, WebhookStatus,
    WebhookUrl, callable, distinct, issued,
};
use crate::event_types::EventType;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    random, rbac,
    record::Record,
    road::Context,
    store::{Changes, Table, Update},
    text::{IssuedSecret, Line},
};
use zeroize::Zeroizing;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Where events are sent: HTTPS, to a public address.
    #[internal]
    url: WebhookUrl,
    /// How: as JSON unless it says otherwise. It cannot be changed afterwards.
    #[public]
    kind: Option<WebhookKind>,
    /// With `soap`: whether envelopes say when they end (`wsu:Timestamp`), as some servers demand. They do not unless it is asked for.
    #[public]
    timestamp: Option<bool>,
    /// Which events; `*` stands for all.
    #[public]
    #[record(length(min = 1, max = 20))]
    event_types: Vec<EventType>,
    /// What people call it.
    #[internal]
    description: Option<Line>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "NewWebhook")]
pub struct Answer {
    /// Its id.
    #[public]
    id: WebhookId,
    /// Where events are sent.
    #[internal]
    url: WebhookUrl,
    /// How.
    #[public]
    kind: WebhookKind,
    /// Whether envelopes say when they end (`wsu:Timestamp`).
    #[public]
    timestamp: bool,
    /// Which events; `*` stands for all.
    #[public]
    event_types: Vec<EventType>,
    /// What people call it.
    #[internal]
    description: Option<Line>,
    /// What verifies signatures, as Standard Webhooks libraries take it; the password of envelopes. It is not shown again.
    #[secret]
    secret: IssuedSecret,
    /// Whether events are sent.
    #[public]
    status: WebhookStatus,
    /// When it was created (RFC 3339 UTC).
    #[public]
    created_at: shared::time::Instant,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_webhook",
        methods::post,
        "/notifications/v1/webhooks",
        Access::Right(&rbac::WEBHOOK_WRITE),
        Audit::Alert,
        "Create a webhook, which gets what its owner may see; the answer alone holds its secret",
    )
    .refuses(&[codes::TOO_MANY_WEBHOOKS, codes::SUBJECT_KEY_TAKEN])
    .status(201)
    .uses(&[
        Uses::Write(Table::Notifications),
        Uses::Write(Table::Keys),
        Uses::Key(Purpose::Secret),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        callable(cx, &input.url)?;
        let event_types = distinct(input.event_types)?;
        let kind = input.kind.unwrap_or_default();
        if kind != WebhookKind::Soap && input.timestamp.is_some() {
            return Err(Problem::invalid("/timestamp", "is for webhooks of the kind soap"));
        }
        let id = WebhookId::new(cx.now());
        let (cipher, keep_key) = cx.new_subject(id.as_str(), Purpose::Secret).await?;
        let key = Zeroizing::new(random::bytes::<32>());
        let item = WebhookItem {
            id: id.clone(),
            url: input.url,
            kind,
            timestamp: input.timestamp.unwrap_or_default(),
            event_types,
            description: input.description,
            secrets: vec![WebhookSecret {
                number: 1,
                secret: WebhookItem::seal(&cipher, &id, 1, key.as_slice())?,
                until: None,
            }],
            status: WebhookStatus::Enabled,
            disabled_reason: None,
            failing_since: None,
            owner: Some(cx.principal().id()),
            owned_since: Some(cx.now().as_millisecond()),
            created_at: cx.now(),
        };
        let full = Problem::conflict(
            "too_many_webhooks",
            format!("A tenant has at most {MOST} webhooks."),
        );
        let changes = Changes::new()
            .write(
                cx.update::<WebhookCount>(PARTITION, "-", one_more())
                    .otherwise(full),
            )
            .write(cx.create(&item)?)
            .write(keep_key)
            .object(id.as_str(), None, Some(&item));
        let answer = Answer {
            id,
            url: item.url,
            kind: item.kind,
            timestamp: item.timestamp,
            event_types: item.event_types,
            description: item.description,
            secret: issued(key.as_slice()),
            status: item.status,
            created_at: shared::time::Instant::from(item.created_at),
        };
        Ok(Outcome::changed(answer, changes))
    }
}

/// Counts one more webhook, if there is room.
fn one_more() -> Update {
    let most = shared::store::Attribute::N(MOST.to_string());
    Update::new().add("count", 1).when(
        "attribute_not_exists(#count) OR #count < :most",
        &[(":most", most)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn inputs() {
        let parse = |v| shared::record::parse::<Input>(v);
        let good =
            parse(json!({"url": "https://example.com/h", "event_types": ["payment.captured", "*"]})).unwrap();
        assert_eq!(good.event_types, [EventType::PaymentCaptured, EventType::All]);
        let bad =
            parse(json!({"url": "ftp://example.com", "event_types": ["payment.sneezed"], "secret": "x"}));
        let pointers: Vec<String> = bad.err().unwrap().into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/url", "/event_types", "/secret"]);
    }

    #[test]
    fn event_types_are_distinct_and_not_empty() {
        assert!(distinct(vec![]).is_err());
        assert!(distinct(vec![EventType::All, EventType::All]).is_err());
        assert_eq!(
            distinct(vec![EventType::RefundFailed, EventType::All])
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn the_answer_is_one_that_is_never_stored() {
        let secret = <Answer as Record>::FIELDS
            .iter()
            .find(|f| f.name == "secret")
            .unwrap();
        assert_eq!(secret.class, shared::record::Class::Secret);
    }
}
