//! What goes back: JSON or problem details, with the headers that every answer carries.

use crate::{
    declaration::endpoint::Format,
    kernel::{page::Page, problem::Problem},
    ports::home::ADDRESS,
};
use lambda_http::{Body, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// The policy of an answer that is data.
const DATA: &str = "default-src 'none'; frame-ancestors 'none'";

/// What an answer of the token endpoint carries beside `Cache-Control` (RFC 6749, section 5.1).
pub(super) const PRAGMA: [&str; 2] = ["pragma", "no-cache"];

/// What an answer holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// JSON.
    Json(Value),
    /// JSON that was made before.
    Text(Arc<str>),
    /// HTML.
    Page(Page),
}

/// A finished call.
#[derive(Debug)]
pub struct Finished {
    /// HTTP status.
    pub status: u16,
    /// The body; none for 204.
    pub body: Option<Content>,
    /// Its media type.
    pub media: &'static str,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

/// What is told to who presents no token.
const NO_TOKEN: &str = "Bearer realm=\"ledgerkeep\"";

impl Finished {
    /// A JSON answer; `null` and 204 have no body.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        let body = (status != 204 && !body.is_null()).then_some(Content::Json(body));
        Self {
            status,
            body,
            media: "application/json",
            headers: Vec::new(),
        }
    }

    /// A JSON answer that was made before.
    #[must_use]
    pub fn text(status: u16, text: Arc<str>) -> Self {
        Self {
            status,
            body: Some(Content::Text(text)),
            media: "application/json",
            headers: Vec::new(),
        }
    }

    /// An HTML page.
    #[must_use]
    pub fn page(status: u16, page: Page) -> Self {
        Self {
            status,
            body: Some(Content::Page(page)),
            media: "text/html; charset=utf-8",
            headers: Vec::new(),
        }
    }

    /// A problem, in the form that the endpoint's clients expect.
    #[must_use]
    pub fn problem(problem: &Problem, request_id: &str, format: Format) -> Self {
        let (body, media) = match format {
            Format::Json | Format::Soap => (problem.body(request_id), "application/problem+json"),
            Format::OAuth => {
                let error = match (problem.status, problem.code) {
                    (
                        _,
                        code @ ("invalid_client"
                        | "invalid_grant"
                        | "unsupported_grant_type"
                        | "unsupported_token_type"
                        | "invalid_dpop_proof"
                        | "invalid_scope"),
                    ) => code,
                    (500.., _) => "server_error",
                    _ => "invalid_request",
                };
                (
                    json!({"error": error, "error_description": problem.detail, "request_id": request_id}),
                    "application/json",
                )
            }
        };
        // RFC 6749, section 5.2: bad requests are 400, failed client authentication is 401.
        let status = if format == Format::OAuth && problem.status == 422 {
            400
        } else {
            problem.status
        };
        let mut headers = Vec::new();
        if format == Format::OAuth {
            headers.push(PRAGMA.map(str::to_owned).into());
        }
        if let Some(seconds) = problem.retry_after {
            headers.push(("retry-after".into(), seconds.to_string()));
        }
        let address = problem.extra.iter().find(|(name, _)| *name == ADDRESS);
        if let Some(address) = address.and_then(|(_, address)| address.as_str()) {
            headers.push(("x-ledgerkeep-home".into(), address.to_owned()));
        }
        if status == 401 {
            let challenge = match problem.code {
                _ if format == Format::OAuth => "Basic realm=\"ledgerkeep\"",
                // RFC 9449, section 7.1.
                "invalid_dpop_proof" => {
                    "DPoP realm=\"ledgerkeep\", error=\"invalid_dpop_proof\", algs=\"ES256 EdDSA\""
                }
                // RFC 9470, section 3.
                "insufficient_user_authentication" => {
                    "Bearer realm=\"ledgerkeep\", error=\"insufficient_user_authentication\", max_age=\"600\""
                }
                _ => NO_TOKEN,
            };
            headers.push(("www-authenticate".into(), challenge.into()));
        }
        Self {
            status,
            body: Some(Content::Json(body)),
            media,
            headers,
        }
    }

    /// Says that the token which was presented is no good, where that is why (RFC 6750, section 3.1): who presented none is only told
    /// what to present.
    pub(crate) fn refuses_token(&mut self) {
        for (name, value) in &mut self.headers {
            if name == "www-authenticate" && value == NO_TOKEN {
                value.push_str(", error=\"invalid_token\"");
            }
        }
    }

    /// As the gateway takes it. The headers are those of the OWASP REST Security cheat sheet.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response<Body> {
        let policy = match &self.body {
            Some(Content::Page(page)) => page.policy(),
            _ => DATA.to_owned(),
        };
        let mut builder = Response::builder()
            .status(self.status)
            .header("x-request-id", request_id)
            .header("cache-control", "no-store")
            .header(
                "strict-transport-security",
                "max-age=63072000; includeSubDomains; preload",
            )
            .header("x-content-type-options", "nosniff")
            .header("content-security-policy", policy)
            .header("referrer-policy", "no-referrer");
        for (name, value) in &self.headers {
            builder = builder.header(name.as_str(), value.as_str());
        }
        if self.body.is_some() {
            builder = builder.header("content-type", self.media);
        }
        let body = match self.body {
            Some(Content::Json(body)) => Body::Text(body.to_string()),
            Some(Content::Text(text)) => Body::Text(text.to_string()),
            Some(Content::Page(page)) => Body::Text(page.html()),
            None => Body::Empty,
        };
        builder.body(body).unwrap_or_else(|_| {
            let mut response = Response::new(Body::Empty);
            *response.status_mut() = lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}
