//! `PATCH /notifications/v1/webhooks/{id}`: another URL, other events, disabled or enabled again. Whoever says where events go, which, or that
//! they go at all owns the webhook from then on: it gets what they may see.

use super::{PARTITION, Webhook, WebhookId, WebhookItem, WebhookStatus, WebhookUrl, callable, distinct};
use crate::event_types::EventType;
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::{Patch, Record},
    road::Context,
    store::{Changes, Key, Table},
    text::Line,
};

/// What comes in. What is left out stays as it is; null clears the description.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"description": "Orders and refunds"}"#)]
pub struct Input {
    /// The webhook.
    #[public]
    id: WebhookId,
    /// Where events are sent: HTTPS, to a public address.
    #[internal]
    url: Option<WebhookUrl>,
    /// Which events; `*` stands for all.
    #[public]
    #[record(length(min = 1, max = 20))]
    event_types: Option<Vec<EventType>>,
    /// What people call it.
    #[internal]
    description: Patch<Line>,
    /// `disabled`: nothing is sent, and what is pending fails. `enabled`: what happens from now on is sent, also
    /// where the platform had disabled it.
    #[public]
    status: Option<WebhookStatus>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    const DECLARATION: Declaration = Declaration::new(
        "update_webhook",
        methods::patch,
        "/notifications/v1/webhooks/{id}",
        Access::Right(&rbac::WEBHOOK_WRITE),
        Audit::Change,
        "Change a webhook, disable it or enable it again",
    )
    .uses(&[Uses::Write(Table::Notifications)]);
    type Input = Input;
    type Answer = Webhook;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::sub::<WebhookItem>(at.tenant, PARTITION, at.id)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Webhook>, Problem> {
        let id = input.id.clone();
        let old = WebhookItem::get(cx, &id).await?;
        if let Some(url) = &input.url {
            callable(cx, url)?;
        }
        // What goes where is said with one's own rights.
        let takes_over = input.url.is_some()
            || input.event_types.is_some()
            || input.status == Some(WebhookStatus::Enabled);
        let mut next = changed(&old, input)?;
        if takes_over {
            next.own(cx);
        }
        let changes =
            Changes::new()
                .write(cx.replace(&old, &next)?)
                .object(id.as_str(), Some(&old.item), Some(&next));
        Ok(Outcome::changed(Webhook::from(&next), changes))
    }
}

fn changed(old: &WebhookItem, input: Input) -> Result<WebhookItem, Problem> {
    let nothing = input.url.is_none()
        && input.event_types.is_none()
        && !input.description.is_some()
        && input.status.is_none();
    if nothing {
        return Err(Problem::invalid("", "holds nothing to change"));
    }
    let mut next = old.clone();
    if let Some(types) = input.event_types {
        next.event_types = distinct(types)?;
    }
    if let Some(url) = input.url {
        // How the old address did says nothing about the new one.
        next.failing_since = next.failing_since.filter(|_| url == next.url);
        next.url = url;
    }
    next.description = input.description.after(next.description);
    if let Some(status) = input.status {
        if status != next.status {
            next.disabled_reason = None;
            next.failing_since = None;
        }
        next.status = status;
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::{DisabledReason, tests::webhook};
    use serde_json::{Value, json};

    fn change(old: &WebhookItem, body: Value) -> Result<WebhookItem, Problem> {
        let mut body = body;
        body["id"] = json!(old.id);
        changed(
            old,
            shared::record::parse::<Input>(body).map_err(Problem::validation)?,
        )
    }

    #[test]
    fn what_is_left_out_stays() {
        let old = webhook(&[EventType::All]);
        let next = change(&old, json!({"event_types": ["refund.failed"]})).unwrap();
        assert_eq!((next.url.as_str(), next.status), (old.url.as_str(), old.status));
        assert_eq!(next.event_types, [EventType::RefundFailed]);
        assert_eq!(next.secrets.len(), old.secrets.len());
        let described = WebhookItem {
            description: Line::parse("Orders").ok(),
            ..webhook(&[EventType::All])
        };
        let kept = change(&described, json!({"status": "enabled"})).unwrap();
        assert!(kept.description.is_some());
        let cleared = change(&described, json!({"description": null})).unwrap();
        assert!(cleared.description.is_none());
        for bad in [
            json!({}),
            json!({"event_types": []}),
            json!({"event_types": ["*", "*"]}),
            json!({"status": "gone"}),
            json!({"secret": "x"}),
        ] {
            assert_eq!(
                change(&old, bad.clone()).err().map(|p| p.status),
                Some(422),
                "{bad}"
            );
        }
    }

    #[test]
    fn enabling_forgets_why_it_was_disabled_and_a_new_address_starts_afresh() {
        let off = WebhookItem {
            status: WebhookStatus::Disabled,
            disabled_reason: Some(DisabledReason::Failing),
            failing_since: Some(7),
            ..webhook(&[EventType::All])
        };
        let on = change(&off, json!({"status": "enabled"})).unwrap();
        assert_eq!(
            (on.status, on.disabled_reason, on.failing_since),
            (WebhookStatus::Enabled, None, None)
        );
        let same = change(&off, json!({"status": "disabled"})).unwrap();
        assert_eq!(
            (same.disabled_reason, same.failing_since),
            (Some(DisabledReason::Failing), Some(7))
        );
        let failing = WebhookItem {
            failing_since: Some(7),
            ..webhook(&[EventType::All])
        };
        let url = |url: &str| change(&failing, json!({"url": url})).unwrap().failing_since;
        assert_eq!(
            (url("https://example.org/"), url(failing.url.as_str())),
            (None, Some(7))
        );
    }
}
