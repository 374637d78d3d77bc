//! What an operation can answer: its success, and every refusal of the function or of the gateway before it.

use super::schema::{Components, Side, pascal};
use crate::{
    declaration::endpoint::{Access, Audit, Declaration, Format, Method},
    kernel::{
        problem::{
            self,
            codes::{self, ProblemCode, Refusal},
        },
        shape::Shaped,
    },
    road::function::Function,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What an operation can be refused with: what the road refuses such calls with, and what the handler declares.
pub(super) fn refusals(function: &Function) -> Vec<Refusal> {
    let d = &function.declaration;
    let body = matches!((d.method)(), Method::POST | Method::PUT | Method::PATCH);
    let (public, json) = (matches!(d.access, Access::Public), d.format == Format::Json);
    let takes = |name: &str| function.input.iter().any(|f| f.name == name);
    let groups: [(bool, &[Refusal]); 17] = [
        (
            true,
            &[
                codes::BODY_TOO_LARGE,
                codes::BAD_IDEMPOTENCY_KEY,
                codes::UNAUTHENTICATED,
                codes::NOT_FOUND,
            ],
        ),
        (
            true,
            &[
                codes::CONFLICT,
                codes::INVALID_INPUT,
                codes::TOO_MANY_CALLS,
                codes::INTERNAL,
                codes::UNAVAILABLE,
            ],
        ),
        (
            body,
            &[
                codes::UNEXPECTED_QUERY,
                codes::UNSUPPORTED_MEDIA_TYPE,
                codes::INVALID_UTF8,
            ],
        ),
        (body && json, &[codes::MALFORMED_JSON, codes::TOO_DEEP]),
        (body && !json, &[codes::REPEATED_PARAMETER]),
        (
            !body,
            &[
                codes::UNEXPECTED_BODY,
                codes::REPEATED_PARAMETER,
                codes::UNSUPPORTED_MEDIA_TYPE,
            ],
        ),
        (
            !public,
            &[
                codes::INVALID_DPOP_PROOF,
                codes::FORBIDDEN,
                codes::TENANT_SUSPENDED,
                codes::NETWORK_NOT_ALLOWED,
            ],
        ),
        (
            !public,
            &[codes::PASSWORD_CHANGE_REQUIRED, codes::SECOND_FACTOR_REQUIRED],
        ),
        (d.step_up, &[codes::INSUFFICIENT_AUTHENTICATION]),
        (d.audit == Audit::Sensitive, &[codes::ACCESS_REASON_REQUIRED]),
        (takes("cursor"), &[codes::BAD_CURSOR]),
        // What changes nothing and is nobody's is answered by every region.
        (!public || d.writes(), &[codes::NOT_HOME, codes::HOME_MOVING]),
        (
            d.takes_idempotency_key(),
            &[
                codes::IDEMPOTENCY_KEY_IN_FLIGHT,
                codes::IDEMPOTENCY_KEY_REUSED,
                codes::SECRET_NOT_REPEATED,
            ],
        ),
        (
            d.effect,
            &[codes::IDEMPOTENCY_KEY_REQUIRED, codes::OUTCOME_PENDING],
        ),
        (
            d.four_eyes,
            &[
                codes::APPROVAL_MISMATCH,
                codes::APPROVAL_PENDING,
                codes::APPROVAL_USED,
                codes::APPROVAL_EXPIRED,
            ],
        ),
        (
            d.four_eyes,
            &[
                codes::APPROVAL_STALE,
                codes::APPROVAL_WITHDRAWN,
                codes::APPROVAL_REFUSED,
            ],
        ),
        // An approval that is named where none is needed is looked for all the same.
        (!public, &[codes::APPROVAL_NOT_FOUND]),
    ];
    let road = groups
        .iter()
        .filter(|(there, _)| *there)
        .flat_map(|(_, codes)| *codes);
    road.chain(d.refuses).copied().collect()
}

/// The responses of an operation; `answer` is the schema of its success.
pub(super) fn responses(function: &Function, answer: &Value, components: &mut Components) -> Value {
    let d = &function.declaration;
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
        let mut schema = components.schema(&crate::road::approve::Waiting::shape(), Side::Answer);
        if d.status == 202 {
            schema = components.named(
                &format!("{}Accepted", pascal(d.name)),
                json!({"anyOf": [schema, answer]}),
            );
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
    let mut by_status = BTreeMap::<u16, Vec<Refusal>>::new();
    for refusal in refusals(function) {
        by_status.entry(refusal.status).or_default().push(refusal);
    }
    for (status, mut of) in by_status {
        // The handler's own come first: they say more.
        of.sort_by_key(|refusal| !d.refuses.contains(refusal));
        of.dedup();
        responses.insert(status.to_string(), refusal(d, status, &of, components));
    }
    Value::Object(responses)
}

fn refusal(d: &Declaration, status: u16, of: &[Refusal], components: &mut Components) -> Value {
    let (code, text) = of
        .first()
        .map_or(("internal", ""), |first| (first.code, first.about));
    let example = json!({
        "type": format!("urn:ledgerkeep:problem:{code}"),
        "title": problem::title(status),
        "status": status,
        "code": code,
        "detail": text,
        "request_id": "req_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
    });
    let mut content = json!({
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example},
    });
    // The gateway answers problem details there, too.
    if let (Format::OAuth, Value::Object(content)) = (d.format, &mut content) {
        let schema = components.named(
            "OAuthError",
            json!({
                "type": "object",
                "description": "What went wrong (RFC 6749, section 5.2).",
                "required": ["error"],
                "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}, "request_id": {"type": "string"}},
            }),
        );
        let example = json!({"error": "invalid_request", "error_description": text});
        content.insert(
            "application/json".into(),
            json!({"schema": schema, "example": example}),
        );
    }
    let told: Vec<String> = of.iter().map(|r| format!("`{}`: {}", r.code, r.about)).collect();
    let known: Vec<&str> = of.iter().map(|r| r.code).collect();
    json!({
        "description": told.join("\n\n"),
        "headers": headers(status),
        "content": content,
        "x-problem-codes": known,
    })
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

/// Adds what every refusal is answered with.
pub(super) fn problem(components: &mut Components) {
    let mut code = components.schema(&ProblemCode::shape(), Side::Answer);
    if let Some(Value::Array(choices)) = code.get_mut("anyOf") {
        choices.pop();
        choices.push(json!({"type": "string", "pattern": "^[a-z0-9_]+$"}));
    }
    let error = components.named(
        "FieldError",
        json!({
            "type": "object",
            "description": "A field that is not acceptable.",
            "required": ["pointer", "detail"],
            "properties": {
                "pointer": {"type": "string", "description": "Where it is: a JSON pointer (RFC 6901)"},
                "detail": {"type": "string", "description": "Why, without the value"},
            },
        }),
    );
    let schema = json!({
        "type": "object",
        "description": "Problem details (RFC 9457)",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "pattern": "^urn:ledgerkeep:problem:[a-z0-9_]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": code,
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "home_region": {"type": "string", "description": "With 421: the region that takes the call"},
            "home_address": {"type": "string", "description": "With 421: its base address, where it is known"},
            "errors": {"type": "array", "items": error},
        },
    });
    components.named("Problem", schema);
}
