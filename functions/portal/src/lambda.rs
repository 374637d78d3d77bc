//! The same answers from Lambda: from the gateway's events to its files.

use super::answer;
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Map, Value, json};

/// Serves the files as a Lambda function, until the process ends. It asks its environment for nothing but where Lambda is.
///
/// # Errors
/// When the runtime ends.
pub fn serve() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(service_fn(|event: LambdaEvent<Value>| async move {
        Ok::<Value, Error>(answered(&event.payload))
    })))
}

/// The answer to a proxy event of a REST API (payload format 1.0), as the gateway takes it. Bodies go as base64: the API is told that
/// every media type is binary.
pub(crate) fn answered(event: &Value) -> Value {
    let text = |at: &str| event.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let headers = event.get("headers").and_then(Value::as_object);
    let accepts = headers
        .into_iter()
        .flatten()
        .find(|(name, _)| name.eq_ignore_ascii_case("accept-encoding"));
    let accepts = accepts.and_then(|(_, value)| value.as_str()).unwrap_or_default();
    let answer = answer(text("/path"), accepts);
    let mut sent: Map<String, Value> = answer
        .headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    sent.insert(
        "x-request-id".to_owned(),
        text("/requestContext/requestId").into(),
    );
    json!({
        "statusCode": answer.status,
        "headers": sent,
        "body": STANDARD.encode(answer.body),
        "isBase64Encoded": true,
    })
}
