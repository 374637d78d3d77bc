//! What an operation can answer: its success, and every refusal of the function or of the gateway before it.

use crate::{
    declaration::endpoint::{Access, Declaration, Format},
    kernel::problem,
};
use serde_json::{Map, Value, json};

/// Refusals: status, the code of the example, and what it means.
const REFUSALS: [(u16, &str, &str); 12] = [
    (400, "malformed_json", "The request is malformed"),
    (401, "unauthenticated", "Not signed in"),
    (403, "forbidden", "The right is missing"),
    (404, "not_found", "There is no such object"),
    (
        409,
        "wrong_state",
        "The object's state, or a call in flight, does not allow it",
    ),
    (413, "body_too_large", "The body is too large"),
    (415, "unsupported_media_type", "The media type is not supported"),
    (
        421,
        crate::ports::home::NOT_HOME,
        "Another region takes this tenant's writes; the answer names it",
    ),
    (422, "invalid_input", "Some fields are not acceptable"),
    (429, "too_many_calls", "Too many calls"),
    (500, "internal", "Something went wrong on our side"),
    (503, "unavailable", "Try again in a moment"),
];

/// The responses of an operation; `answer` is the schema of its success.
pub(super) fn responses(d: &Declaration, answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Value::Object(map) = &mut answer {
        map.remove("$schema");
        map.remove("title");
    }
    let mut success = json!({"description": "Done", "headers": headers(d.status)});
    if d.status != 204
        && let Value::Object(success) = &mut success
    {
        let mut content = json!({"application/json": {"schema": answer.clone()}});
        if let (true, Value::Object(content)) = (d.printable, &mut content) {
            content.insert("text/html".into(), json!({"schema": {"type": "string"}}));
        }
        success.insert("content".into(), content);
    }
    let mut responses = Map::from_iter([(d.status.to_string(), success)]);
    if d.four_eyes {
        let mut schema = schemars::schema_for!(crate::road::approve::Waiting).to_value();
        if d.status == 202 {
            schema = json!({"anyOf": [schema, answer]});
        }
        responses.insert(
            "202".into(),
            json!({
                "description": "A second person must approve this; repeat the call with `Approval-Id` then",
                "headers": headers(202),
                "content": {"application/json": {"schema": schema}},
            }),
        );
    }
    let public = matches!(d.access, Access::Public);
    for (status, code, text) in REFUSALS {
        // What changes nothing and is nobody's is answered by every region.
        if status == 421 && public && !d.writes() {
            continue;
        }
        if (status, public) == (403, true) && d.from_browser {
            let text = "The call does not come from the platform's own pages";
            responses.insert("403".into(), refusal(d.format, status, "origin_refused", text));
        } else if (status, public) != (403, true) {
            responses.insert(status.to_string(), refusal(d.format, status, code, text));
        }
    }
    Value::Object(responses)
}

fn refusal(format: Format, status: u16, code: &str, text: &str) -> Value {
    let example = json!({
        "type": format!("urn:ledgerkeep:problem:{code}"),
        "title": problem::title(status),
        "status": status,
        "code": code,
        "detail": format!("{text}."),
        "request_id": "req_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
    });
    let mut content = json!({
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example},
    });
    // The gateway answers problem details there, too.
    if let (Format::OAuth, Value::Object(content)) = (format, &mut content) {
        content.insert(
            "application/json".into(),
            json!({
                "schema": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}, "request_id": {"type": "string"}},
                },
                "example": {"error": "invalid_request", "error_description": format!("{text}.")},
            }),
        );
    }
    json!({"description": text, "headers": headers(status), "content": content})
}

/// The headers that clients act on; those that protect browsers stand on every answer and are not listed.
fn headers(status: u16) -> Value {
    let text = |about: &str, required: bool| json!({"description": about, "required": required, "schema": {"type": "string"}});
    let mut headers = Map::new();
    headers.insert(
        "X-Request-Id".into(),
        text("The call's id, as in its audit entry", true),
    );
    if status == 401 {
        headers.insert(
            "WWW-Authenticate".into(),
            text("How to authenticate (RFC 9110, section 11.6.1)", true),
        );
    }
    if status == 421 {
        headers.insert(
            "X-Ledgerkeep-Home".into(),
            text("Base address of the region that takes the call", false),
        );
    }
    if matches!(status, 409 | 429 | 503) {
        headers.insert(
            "Retry-After".into(),
            text("Seconds after which trying again makes sense", false),
        );
    }
    if !matches!(status, 401 | 413 | 415) {
        let text = |about: &str| text(about, false);
        headers.insert(
            "RateLimit-Policy".into(),
            text("The quotas of the caller and of the tenant, and their windows in seconds"),
        );
        headers.insert(
            "RateLimit".into(),
            text("What remains of them, and the seconds until all of it is there again"),
        );
    }
    Value::Object(headers)
}

/// The schema of problem details.
pub(super) fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457)",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "pattern": "^urn:ledgerkeep:problem:[a-z0-9_]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "home_region": {"type": "string", "description": "With 421: the region that takes the call"},
            "home_address": {"type": "string", "description": "With 421: its base address, where it is known"},
            "errors": {"type": "array", "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            }},
        },
    })
}
