//! `POST /notifications/v1/webhooks/{id}/rotate`: a new secret, in this answer and in no other. For a day the one
//! before it signs, too, so that a receiver can change over without missing an event (Standard Webhooks, "Signature
//! scheme": a header may carry several signatures).

use super::{WebhookId, WebhookItem, WebhookSecret, ahead, issued};
use serde::Serialize;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    random, rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Sealed, Table},
    text::IssuedSecret,
    time::{Instant, Timestamp, after},
};
use zeroize::Zeroizing;

/// Seconds for which the secret before the new one goes on signing.
const OVERLAP: i64 = 24 * 3600;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The webhook.
    #[public]
    id: WebhookId,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "RotatedWebhookSecret")]
pub struct Answer {
    /// The webhook.
    #[public]
    id: WebhookId,
    /// What verifies signatures from now on, as Standard Webhooks libraries take it. It is not shown again.
    #[secret]
    secret: IssuedSecret,
    /// Until when the secret before it signs, too (RFC 3339 UTC).
    #[public]
    previous_secret_until: Instant,
}

/// The endpoint.
#[derive(Debug)]
pub struct Rotate;

impl Endpoint for Rotate {
    const DECLARATION: Declaration = Declaration::new(
        "rotate_webhook_secret",
        methods::post,
        "/notifications/v1/webhooks/{id}/rotate",
        Access::Right(&rbac::WEBHOOK_WRITE),
        Audit::Alert,
        "Give a webhook a new secret; the answer alone holds it, and both sign for 24 hours",
    )
    .uses(&[Uses::Write(Table::Notifications), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        ahead(at)
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let id = &input.id;
        let keys = [
            WebhookItem::key(cx.tenant(), id),
            SubjectKeyItem::key(cx.tenant(), id.as_str(), Purpose::Secret),
        ];
        let mut found = cx.batch(&keys).await?;
        let [webhook, subject] = &keys;
        let webhook = found
            .take::<WebhookItem>(webhook)?
            .ok_or_else(Problem::not_found)?;
        let subject = found
            .take::<SubjectKeyItem>(subject)?
            .ok_or_else(|| Problem::internal("a webhook without its key"))?;
        let cipher = cx.subject(&subject).await?;
        let key = Zeroizing::new(random::bytes::<32>());
        let until = after(cx.now(), OVERLAP);
        let secrets = rotated(&webhook.secrets, until, |number| {
            WebhookItem::seal(&cipher, id, number, key.as_slice())
        })?;
        let next = WebhookItem {
            secrets,
            ..webhook.item.clone()
        };
        let changes = Changes::new().write(cx.replace(&webhook, &next)?).object(
            id.as_str(),
            Some(&webhook.item),
            Some(&next),
        );
        let answer = Answer {
            id: id.clone(),
            secret: issued(key.as_slice()),
            previous_secret_until: Instant::from(until),
        };
        Ok(Outcome::changed(answer, changes))
    }
}

/// The secrets after a rotation, the new one first: it, and the one that was current until now. Whatever was
/// before that ends at once, so that there are never more than two.
fn rotated(
    old: &[WebhookSecret],
    until: Timestamp,
    seal: impl FnOnce(u32) -> Result<Sealed, Problem>,
) -> Result<Vec<WebhookSecret>, Problem> {
    let number = old.iter().map(|s| s.number).max().unwrap_or(0).saturating_add(1);
    let current = old.iter().find(|s| s.until.is_none());
    let new = WebhookSecret {
        number,
        secret: seal(number)?,
        until: None,
    };
    let previous = current.map(|s| WebhookSecret {
        until: Some(until.as_second()),
        ..s.clone()
    });
    Ok(std::iter::once(new).chain(previous).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::tests::webhook;

    #[test]
    fn there_are_never_more_than_the_two_newest_and_no_number_is_used_twice() {
        let mut secrets = webhook(&[]).secrets;
        for n in 2..=6 {
            let until = Timestamp::from_second(i64::from(n) * 100).unwrap();
            secrets = rotated(&secrets, until, |number| {
                Ok(Sealed(vec![u8::try_from(number).unwrap()]))
            })
            .unwrap();
            let seen: Vec<_> = secrets
                .iter()
                .map(|s| (s.number, s.secret.0[0], s.until))
                .collect();
            let (new, old) = (u8::try_from(n).unwrap(), u8::try_from(n - 1).unwrap());
            assert_eq!(
                seen,
                [(n, new, None), (n - 1, old, Some(i64::from(n) * 100))],
                "the current one signs until it is replaced, and then for a day"
            );
        }
        assert!(rotated(&secrets, Timestamp::UNIX_EPOCH, |_| Err(Problem::internal("x"))).is_err());
    }
}
