//! Sample events, completed with what a file cannot hold, and what comes back.

use super::callers::Tokens;
use names::ULID;
use serde_json::{Value, json};
use shared::endpoint::{Declaration, Format};
use std::path::Path;

/// The function that takes a password instead of a token.
pub(crate) const SIGN_IN: &str = "create_session";

/// A function's sample event.
pub(crate) struct Sample(Value);

impl Sample {
    /// Reads `events/<function>.json`.
    pub(crate) fn read(root: &Path, function: &str) -> Result<Self, String> {
        let path = root.join("events").join(format!("{function}.json"));
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let event = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self(event))
    }

    /// The event as it stands in its file.
    pub(crate) fn plain(&self) -> String {
        self.0.to_string()
    }

    /// The event of a tenant that there is: one that is at home nowhere has its events come again.
    pub(crate) fn of(&self, tokens: &Tokens) -> String {
        let tenant = tokens.person.get("tenant").and_then(Value::as_str);
        self.plain()
            .replace(&format!("ten_{ULID}"), tenant.unwrap_or_default())
    }

    /// The event with real credentials in place of the placeholder: the bearer token, or for OAuth's own endpoints the
    /// client's secret. Whoever signs in with a password has somebody's.
    pub(crate) fn signed(&self, declaration: &Declaration, bearer: &str, tokens: &Tokens) -> String {
        let mut event = self.0.clone();
        if declaration.name == SIGN_IN
            && let Some(body) = event.get_mut("body")
        {
            *body = json!(tokens.person.to_string());
        }
        let value = match declaration.format {
            Format::Json | Format::Soap => format!("Bearer {bearer}"),
            Format::OAuth => format!("Basic {}", tokens.basic),
        };
        set(&mut event, "authorization", &value);
        // A key that was used before would only be answered from its record.
        let key = hex::encode(shared::random::bytes::<16>());
        set(&mut event, "idempotency-key", &key);
        event.to_string()
    }
}

/// Sets a header that the event has.
fn set(event: &mut Value, name: &str, value: &str) {
    if let Some(header) = event.pointer_mut(&format!("/headers/{name}")) {
        *header = json!(value);
    }
    if let Some(header) = event.pointer_mut(&format!("/multiValueHeaders/{name}")) {
        *header = json!([value]);
    }
}

/// An answer of a proxy integration.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// `X-Ledgerkeep-Calls`, where it is reported.
    pub(crate) calls: Option<String>,
}

/// Reads a proxy integration's answer, as API Gateway does: anything else is a 502 there.
pub(crate) fn answer(bytes: &[u8]) -> Result<Answer, String> {
    let answer: Value = serde_json::from_slice(bytes).map_err(|e| format!("the answer is not JSON: {e}"))?;
    let status = answer.get("statusCode").and_then(Value::as_u64);
    let status = status
        .and_then(|s| u16::try_from(s).ok())
        .filter(|s| (200..600).contains(s))
        .ok_or_else(|| format!("the answer has no status: {answer}"))?;
    if !answer.get("isBase64Encoded").is_some_and(Value::is_boolean) {
        return Err("the answer does not say whether its body is base64".into());
    }
    let header = |name: &str| {
        let found = answer.get("multiValueHeaders").and_then(Value::as_object)?;
        let found = found.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        found.1.get(0)?.as_str().map(str::to_owned)
    };
    header("x-request-id").ok_or("the answer has no x-request-id")?;
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let media = header("content-type").unwrap_or_default();
    if body.is_empty() != media.is_empty() {
        return Err(format!("a body of {} bytes is said to be {media:?}", body.len()));
    }
    if media.contains("json") {
        serde_json::from_str::<Value>(body).map_err(|e| format!("the answer's body is not JSON: {e}"))?;
    }
    Ok(Answer {
        status,
        calls: header("x-ledgerkeep-calls"),
    })
}

/// Reads a worker's result: JSON that asks for nothing again.
pub(crate) fn result(bytes: &[u8]) -> Result<(), String> {
    let result: Value = serde_json::from_slice(bytes).map_err(|e| format!("the result is not JSON: {e}"))?;
    match result.get("batchItemFailures").and_then(Value::as_array) {
        Some(failures) if !failures.is_empty() => {
            Err(format!("the sample event has to come again: {result}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_gateway_would_take_is_an_answer() {
        let good = json!({"statusCode": 201, "isBase64Encoded": false, "body": "{}",
            "multiValueHeaders": {"X-Request-Id": ["req_1"], "content-type": ["application/json"], "x-ledgerkeep-calls": ["kms=0"]}});
        let read = answer(good.to_string().as_bytes()).unwrap();
        assert_eq!((read.status, read.calls.as_deref()), (201, Some("kms=0")));
        for (pointer, wrong) in [
            ("/statusCode", json!(7)),
            ("/statusCode", json!("200")),
            ("/isBase64Encoded", json!(null)),
            (
                "/multiValueHeaders",
                json!({"content-type": ["application/json"]}),
            ),
            ("/multiValueHeaders/content-type", json!([])),
            ("/body", json!("{")),
            ("/body", json!(null)),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = wrong;
            assert!(answer(bad.to_string().as_bytes()).is_err(), "{bad}");
        }
        assert!(answer(b"").is_err());
    }

    #[test]
    fn a_result_that_asks_for_its_event_again_is_none() {
        assert!(result(br#"{"batchItemFailures":[]}"#).is_ok());
        assert!(result(b"null").is_ok());
        assert!(result(br#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#).is_err());
        assert!(result(b"").is_err());
    }

    #[test]
    fn an_event_without_a_caller_is_of_a_tenant_that_there_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let tokens = Tokens {
            person: json!({"tenant": "ten_of_the_platform"}),
            ..Tokens::default()
        };
        let event = Sample::read(&root, "dispatch_events").unwrap().of(&tokens);
        assert!(
            event.contains("T#ten_of_the_platform#outbox") && !event.contains("ten_0"),
            "{event}"
        );
    }

    #[test]
    fn credentials_replace_the_placeholder_and_keys_are_fresh() {
        let sample = Sample(json!({
            "body": "{}",
            "headers": {"authorization": "Bearer <access token>", "idempotency-key": "example", "host": "localhost"},
            "multiValueHeaders": {"authorization": ["Bearer <access token>"], "idempotency-key": ["example"]},
        }));
        let tokens = Tokens {
            bearers: Vec::new(),
            basic: "YTpi".into(),
            person: json!({"password": "p"}),
        };
        let signed = |name: &str| {
            let declaration = &services::function(name).unwrap().declaration;
            sample.signed(declaration, "t", &tokens)
        };
        let (a, b) = (signed("read_customer"), signed("read_customer"));
        assert_ne!(a, b);
        let event: Value = serde_json::from_str(&a).unwrap();
        assert_eq!(event["headers"]["authorization"], "Bearer t");
        assert_eq!(event["multiValueHeaders"]["authorization"], json!(["Bearer t"]));
        assert_ne!(event["headers"]["idempotency-key"], "example");
        assert_eq!(
            (&event["headers"]["host"], &event["body"]),
            (&json!("localhost"), &json!("{}"))
        );
        let event: Value = serde_json::from_str(&signed("issue_token")).unwrap();
        assert_eq!(event["headers"]["authorization"], "Basic YTpi");
        let event: Value = serde_json::from_str(&signed(SIGN_IN)).unwrap();
        assert_eq!(event["body"], "{\"password\":\"p\"}");
    }
}
