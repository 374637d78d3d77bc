//! What attempts tell about a webhook: one whose endpoint is gone or only fails is disabled, and one whose owner is gone.

use super::{DisabledReason, PARTITION, WebhookId, WebhookItem, WebhookStatus};
use shared::{road::Context, store::Changes};

/// Seconds of nothing but failures after which a webhook is disabled: five days.
pub const PATIENCE: i64 = 5 * 24 * 3600;
/// Rounds of reading again after lost races.
const ROUNDS: u32 = 5;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint took the event.
    Delivered,
    /// It did not, or nobody knows.
    Failed,
    /// It said that it wants no more (410).
    Gone,
}

/// The webhook after an attempt at `now` (unix seconds); `None` when nothing changes.
///
/// ```text
/// healthy --failed--> failing(since) --delivered--> healthy
/// failing(since) --failed, or the sweep, five days later--> disabled(failing)
/// healthy, failing --gone--> disabled(gone)
/// ```
#[must_use]
pub fn after(webhook: &WebhookItem, outcome: Outcome, now: i64) -> Option<WebhookItem> {
    if webhook.status == WebhookStatus::Disabled {
        return None;
    }
    match (outcome, webhook.failing_since) {
        (Outcome::Gone, _) => Some(disabled(webhook, DisabledReason::Gone)),
        (Outcome::Delivered, Some(_)) => Some(WebhookItem {
            failing_since: None,
            ..webhook.clone()
        }),
        (Outcome::Delivered, None) => None,
        (Outcome::Failed, None) => Some(WebhookItem {
            failing_since: Some(now),
            ..webhook.clone()
        }),
        (Outcome::Failed, Some(_)) => given_up(webhook, now),
    }
}

/// The webhook when its time is up at `now` (unix seconds); `None` when it is not.
#[must_use]
pub fn given_up(webhook: &WebhookItem, now: i64) -> Option<WebhookItem> {
    let since = webhook
        .failing_since
        .filter(|_| webhook.status == WebhookStatus::Enabled)?;
    (now.saturating_sub(since) >= PATIENCE).then(|| disabled(webhook, DisabledReason::Failing))
}

/// The webhook where its owner has gone; `None` when it has stopped before.
#[must_use]
pub fn without_owner(webhook: &WebhookItem) -> Option<WebhookItem> {
    (webhook.status == WebhookStatus::Enabled).then(|| disabled(webhook, DisabledReason::OwnerGone))
}

fn disabled(webhook: &WebhookItem, reason: DisabledReason) -> WebhookItem {
    let (status, disabled_reason) = (WebhookStatus::Disabled, Some(reason));
    WebhookItem {
        status,
        disabled_reason,
        ..webhook.clone()
    }
}

/// Moves a webhook on as `decide` says, if it changes anything.
///
/// # Errors
/// When the store does not answer. The next attempt tells the same again.
pub(crate) async fn note(
    cx: &Context,
    id: &WebhookId,
    decide: impl Fn(&WebhookItem) -> Option<WebhookItem> + Send,
) -> Result<(), String> {
    for _ in 0..ROUNDS {
        let found = cx.find_sub::<WebhookItem>(PARTITION, id.as_str()).await;
        let Some(webhook) = found.map_err(|p| format!("{p:?}"))? else {
            return Ok(());
        };
        let Some(next) = decide(&webhook) else {
            return Ok(());
        };
        let write = cx.replace(&webhook, &next).map_err(|p| format!("{p:?}"))?;
        match cx.apply(Changes::new().write(write)).await {
            Ok(()) => {
                if let Some(reason) = next.disabled_reason {
                    tracing::warn!(webhook = id.as_str(), ?reason, "a webhook was disabled");
                }
                return Ok(());
            }
            Err(None) => {}
            Err(Some(problem)) => return Err(format!("{problem:?}")),
        }
    }
    Err("lost too many races".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event_types::EventType, webhooks::tests::webhook};

    #[test]
    fn the_state_machine() {
        let healthy = webhook(&[EventType::All]);
        assert!(after(&healthy, Outcome::Delivered, 100).is_none());
        let failing = after(&healthy, Outcome::Failed, 100).unwrap();
        assert_eq!(
            (failing.failing_since, failing.status),
            (Some(100), WebhookStatus::Enabled)
        );
        assert!(after(&failing, Outcome::Failed, 100 + PATIENCE - 1).is_none());
        assert_eq!(
            after(&failing, Outcome::Delivered, 200).unwrap().failing_since,
            None
        );
        let closed = after(&failing, Outcome::Failed, 100 + PATIENCE).unwrap();
        assert_eq!(closed.status, WebhookStatus::Disabled);
        assert_eq!(closed.disabled_reason, Some(DisabledReason::Failing));
        assert!(given_up(&failing, 100 + PATIENCE - 1).is_none() && given_up(&healthy, PATIENCE).is_none());
        assert!(given_up(&failing, 100 + PATIENCE).is_some() && given_up(&closed, i64::MAX).is_none());
        let gone = after(&healthy, Outcome::Gone, 100).unwrap();
        assert_eq!(gone.disabled_reason, Some(DisabledReason::Gone));
        let left = without_owner(&failing).unwrap();
        assert_eq!(left.disabled_reason, Some(DisabledReason::OwnerGone));
        assert!(without_owner(&left).is_none() && without_owner(&gone).is_none());
        for outcome in [Outcome::Delivered, Outcome::Failed, Outcome::Gone] {
            assert!(after(&gone, outcome, 300).is_none());
        }
    }
}
