//! The request of an attempt: body and headers after Standard Webhooks, or an envelope; and what its answer means.

use super::{Attempt, AttemptError, DeliveryItem};
use crate::{
    callback,
    webhooks::{WebhookItem, WebhookKind, health::Outcome},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use serde_json::Value;
use shared::{
    crypto::SubjectCipher,
    egress::{EgressAnswer, EgressError},
    ids::EventId,
    problem::Problem,
    road::Context,
    time::{Timestamp, rfc3339},
    trace,
};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer,
};
use url::Url;

const AGENT: HeaderValue = HeaderValue::from_static("Ledgerkeep-Webhooks/1");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

#[derive(Serialize)]
struct Body<'a> {
    id: &'a EventId,
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: Value,
}

fn text(problem: Problem) -> String {
    format!("{problem:?}")
}

/// The headers and the body of an attempt.
///
/// # Errors
/// When the event's data is not JSON, or nothing signs.
pub(super) fn of(
    webhook: &WebhookItem,
    delivery: &DeliveryItem,
    cipher: &SubjectCipher,
    now: Timestamp,
) -> Result<(HeaderMap, Vec<u8>), String> {
    let seconds = now.as_second();
    let (mut headers, body) = match webhook.kind {
        WebhookKind::Rest => {
            let signers = webhook.signers(cipher, seconds).map_err(text)?;
            let body = body(delivery)?;
            (headers(delivery, &signers, &body, seconds)?, body)
        }
        WebhookKind::Soap => {
            let password = webhook.password(cipher, seconds).map_err(text)?;
            let attempt = callback::Attempt::new(&password, now);
            let told = callback::Told {
                event: &delivery.event,
                kind: &delivery.event_type,
                at: delivery.occurred_at,
                data: &delivery.data,
            };
            let body = callback::envelope(webhook, &told, &attempt)?;
            (callback::headers(), body)
        }
    };
    headers.insert(header::USER_AGENT, AGENT);
    if let Some(trace) = delivery
        .trace
        .as_deref()
        .filter(|t| trace::is_valid(t))
        .and_then(|t| HeaderValue::from_str(t).ok())
    {
        headers.insert(TRACEPARENT, trace);
    }
    Ok((headers, body))
}

/// The body: the same bytes at every attempt.
///
/// # Errors
/// When the event's data is not JSON.
fn body(item: &DeliveryItem) -> Result<Vec<u8>, String> {
    let data = serde_json::from_str(&item.data).map_err(|_| "event data is not JSON".to_owned())?;
    let timestamp = rfc3339(item.occurred_at);
    let body = Body {
        id: &item.event,
        kind: &item.event_type,
        timestamp,
        data,
    };
    serde_json::to_vec(&body).map_err(|_| "a body does not serialise".to_owned())
}

/// The headers of an attempt at `now` (unix seconds). Every secret signs, the current one first.
///
/// # Errors
/// When a value cannot stand in a header, or nothing signs.
fn headers(item: &DeliveryItem, signers: &[Signer], body: &[u8], now: i64) -> Result<HeaderMap, String> {
    let sign = |s: &Signer| {
        s.sign(item.event.as_str(), now, body)
            .map_err(|e| format!("signing: {e}"))
    };
    let signatures = signers.iter().map(sign).collect::<Result<Vec<_>, _>>()?;
    if signatures.is_empty() {
        return Err("a webhook has no secret".into());
    }
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| "not a header value".to_owned());
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(HEADER_WEBHOOK_ID, value(item.event.as_str())?);
    headers.insert(HEADER_WEBHOOK_TIMESTAMP, value(&now.to_string())?);
    headers.insert(HEADER_WEBHOOK_SIGNATURE, value(&signatures.join(" "))?);
    Ok(headers)
}

/// Makes the attempt. What keeps it from being made is an attempt, too.
pub(super) async fn send(
    cx: &Context,
    webhook: &WebhookItem,
    headers: HeaderMap,
    body: Vec<u8>,
) -> (Attempt, Outcome) {
    let clock = &cx.app().clock;
    let (at, began) = (rfc3339(clock.now()), clock.monotonic());
    let answered = post(cx, webhook.url.as_str(), headers, body).await;
    let took = clock.monotonic().saturating_sub(began);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (status, error) = match answered {
        // Judged by its status first: a 2xx that holds a fault was not understood.
        Ok(answer) if webhook.kind == WebhookKind::Soap && callback::is_fault(&answer.body) => {
            (Some(answer.status), Some(AttemptError::Fault))
        }
        Ok(answer) => (Some(answer.status), None),
        Err(error) => (None, Some(error)),
    };
    let judged = match (outcome(status), error) {
        (Outcome::Delivered, Some(AttemptError::Fault)) => Outcome::Failed,
        (outcome, _) => outcome,
    };
    (
        Attempt {
            at,
            status,
            error,
            millis,
        },
        judged,
    )
}

async fn post(
    cx: &Context,
    url: &str,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Result<EgressAnswer, AttemptError> {
    let egress = cx.app().egress().await.map_err(|problem| {
        tracing::error!(?problem, "no client for outbound calls");
        AttemptError::NotAttempted
    })?;
    let url = Url::parse(url).map_err(|_| AttemptError::UrlRefused)?;
    egress.post(&url, headers, body).await.map_err(error)
}

/// What a status means. A redirect is not followed and so is a failure (Standard Webhooks).
fn outcome(status: Option<u16>) -> Outcome {
    match status {
        Some(200..=299) => Outcome::Delivered,
        Some(410) => Outcome::Gone,
        _ => Outcome::Failed,
    }
}

fn error(error: EgressError) -> AttemptError {
    match error {
        // One code for both, so that nobody learns which names exist inside.
        EgressError::Refused | EgressError::Unresolvable => AttemptError::AddressRefused,
        EgressError::Tls => AttemptError::TlsFailed,
        EgressError::Timeout => AttemptError::Timeout,
        EgressError::Connection => AttemptError::ConnectionFailed,
        EgressError::Malformed
        | EgressError::NotHttps
        | EgressError::Credentials
        | EgressError::Fragment
        | EgressError::NoHost => AttemptError::UrlRefused,
        EgressError::Roots | EgressError::Client => AttemptError::NotAttempted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliveries::tests::delivery;
    use serde_json::json;
    use shared::time::{Clock, SystemClock};

    #[test]
    fn the_body_says_what_happened() {
        let body: Value = serde_json::from_slice(&body(&delivery()).unwrap()).unwrap();
        let expected = json!({
            "id": "evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
            "type": "payment.captured",
            "timestamp": "2024-11-19T07:06:40.000Z",
            "data": {"id": "pay_1", "object": {"amount": 1200, "currency": "EUR"}},
        });
        assert_eq!(body, expected);
        assert!(
            super::body(&DeliveryItem {
                data: "{".into(),
                ..delivery()
            })
            .is_err()
        );
    }

    #[test]
    fn receivers_verify_with_either_secret_while_they_overlap() {
        let now = SystemClock::default().now().as_second();
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let signer = |key: &Vec<u8>| Signer::from_bytes(key.clone()).unwrap();
        let item = delivery();
        let body = body(&item).unwrap();
        let sent = headers(&item, &[signer(&new), signer(&old)], &body, now).unwrap();
        assert_eq!(sent[HEADER_WEBHOOK_ID], "evt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A");
        for key in [&old, &new] {
            signer(key).verify(&body, &sent).unwrap();
            assert!(signer(key).verify(b"{}", &sent).is_err());
        }
        assert!(signer(&vec![3; 32]).verify(&body, &sent).is_err());
        let late = headers(&item, &[signer(&new)], &body, now - 301).unwrap();
        assert!(signer(&new).verify(&body, &late).is_err());
        assert!(headers(&item, &[], &body, now).is_err());
    }

    #[test]
    fn what_answers_mean() {
        for (status, expected) in [
            (Some(200), Outcome::Delivered),
            (Some(204), Outcome::Delivered),
            (Some(302), Outcome::Failed),
            (Some(404), Outcome::Failed),
            (Some(410), Outcome::Gone),
            (Some(503), Outcome::Failed),
            (None, Outcome::Failed),
        ] {
            assert_eq!(outcome(status), expected, "{status:?}");
        }
        assert_eq!(error(EgressError::Refused), AttemptError::AddressRefused);
        assert_eq!(error(EgressError::Unresolvable), error(EgressError::Refused));
    }
}
