//! What the gateway answers by itself: problem details, as the functions answer, and nothing of its inside.

use super::quoted;
use serde_json::json;
use std::fmt::Write;

/// A refusal: API Gateway's type of it, our status, code and sentence.
type Refusal = (&'static str, u16, &'static str, &'static str);

const AGAIN: &str = "Try again in a moment.";
const INVALID: &str = "The request is not what the contract says.";

/// Every refusal that an API without authorizers and keys can come to, and the two that stand for all others.
const REFUSALS: [Refusal; 16] = [
    ("ACCESS_DENIED", 403, "forbidden", "This call is not allowed."),
    (
        "API_CONFIGURATION_ERROR",
        500,
        "internal",
        "Something went wrong on our side.",
    ),
    ("BAD_REQUEST_BODY", 400, "invalid_body", INVALID),
    ("BAD_REQUEST_PARAMETERS", 400, "invalid_parameters", INVALID),
    ("DEFAULT_4XX", 400, "bad_request", "The request is malformed."),
    (
        "DEFAULT_5XX",
        500,
        "internal",
        "Something went wrong on our side.",
    ),
    ("INTEGRATION_FAILURE", 503, "unavailable", AGAIN),
    ("INTEGRATION_TIMEOUT", 503, "unavailable", AGAIN),
    // What API Gateway says of a path or a method that it does not know.
    (
        "MISSING_AUTHENTICATION_TOKEN",
        404,
        "no_such_route",
        "There is no such path, or it does not take this method.",
    ),
    ("QUOTA_EXCEEDED", 429, "too_many_calls", "Too many calls."),
    (
        "REQUEST_TOO_LARGE",
        413,
        "body_too_large",
        "The body is too large.",
    ),
    (
        "RESOURCE_NOT_FOUND",
        404,
        "no_such_route",
        "There is no such path, or it does not take this method.",
    ),
    ("THROTTLED", 429, "too_many_calls", "Too many calls."),
    (
        "UNAUTHORIZED",
        401,
        "unauthenticated",
        "Sign in, or send a valid access token.",
    ),
    (
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "unsupported_media_type",
        "The media type is not supported.",
    ),
    ("WAF_FILTERED", 403, "forbidden", "This call is not allowed."),
];

/// Headers that every refusal carries, as API Gateway wants them: quoted texts and variables.
const HEADERS: [(&str, &str); 6] = [
    ("Cache-Control", "'no-store'"),
    ("Content-Type", "'application/problem+json'"),
    ("Referrer-Policy", "'no-referrer'"),
    (
        "Strict-Transport-Security",
        "'max-age=63072000; includeSubDomains; preload'",
    ),
    ("X-Content-Type-Options", "'nosniff'"),
    ("X-Request-Id", "context.requestId"),
];

/// The property of an API.
pub(super) fn yaml() -> String {
    let mut out = "GatewayResponses:\n".to_owned();
    for (kind, status, code, detail) in REFUSALS {
        let body = json!({
            "type": format!("urn:ledgerkeep:problem:{code}"),
            "title": shared::problem::title(status),
            "status": status,
            "code": code,
            "detail": detail,
            "request_id": "$context.requestId",
        });
        let _ = write!(
            out,
            "  {kind}:\n    StatusCode: {status}\n    ResponseTemplates:\n      application/json: {}\n    ResponseParameters:\n      Headers:\n",
            quoted(&body.to_string())
        );
        let own: &[(&str, &str)] = match status {
            401 => &[("WWW-Authenticate", "'Bearer realm=\"ledgerkeep\"'")],
            429 | 503 => &[("Retry-After", "'1'")],
            _ => &[],
        };
        for (name, value) in HEADERS.iter().chain(own) {
            let _ = writeln!(out, "        {name}: {}", quoted(value));
        }
    }
    out
}
