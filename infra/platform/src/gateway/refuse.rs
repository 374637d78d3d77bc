//! What the gateway answers by itself, as the templates say it.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use std::collections::BTreeMap;
use topology::Refusal;

/// API Gateway's name of a path or a method that it does not know.
pub(super) const NO_ROUTE: &str = "MISSING_AUTHENTICATION_TOKEN";
/// A body over its limit.
pub(super) const TOO_LARGE: &str = "REQUEST_TOO_LARGE";
/// A function without a valid answer.
pub(super) const NO_ANSWER: &str = "DEFAULT_5XX";

/// What each service's API answers by itself.
pub(super) struct Refusals(pub(super) BTreeMap<String, BTreeMap<String, Refusal>>);

impl Refusals {
    /// The answer of the API that a path belongs to; what belongs to none is answered as by the first.
    pub(super) fn answer(&self, path: &str, kind: &str, id: &str) -> Response<Full<Bytes>> {
        let service = path.split('/').nth(1).unwrap_or_default();
        let api = self.0.get(service).or_else(|| self.0.values().next());
        let Some(refusal) = api.and_then(|api| api.get(kind)) else {
            let mut bare = Response::default();
            *bare.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            return bare;
        };
        let mut response = Response::builder().status(refusal.status);
        for (name, value) in &refusal.headers {
            let literal = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\''));
            match literal {
                Some(text) => response = response.header(name, text),
                None if value == "context.requestId" => response = response.header(name, id),
                None => {}
            }
        }
        let body = refusal.body.replace("$context.requestId", id);
        response.body(Full::new(Bytes::from(body))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn every_refusal_of_every_api_is_problem_details_and_no_more() {
        let root = std::path::Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../..");
        let topology = topology::Topology::read(&root).unwrap();
        let apis = services::SERVICES.iter().filter(|s| !s.endpoints.is_empty());
        assert_eq!(topology.refusals.len(), apis.count());
        for (service, kinds) in topology.refusals.clone() {
            for kind in [
                NO_ROUTE,
                TOO_LARGE,
                NO_ANSWER,
                "DEFAULT_4XX",
                "BAD_REQUEST_BODY",
                "THROTTLED",
                "UNAUTHORIZED",
            ] {
                assert!(kinds.contains_key(kind), "{service}: {kind}");
            }
            let refusals = Refusals(topology.refusals.clone());
            for (kind, refusal) in kinds {
                let answer = refusals.answer(&format!("/{service}/v1/x"), &kind, "req_1");
                assert_eq!(answer.status(), refusal.status);
                let (parts, body) = answer.into_parts();
                assert_eq!(
                    parts.headers["content-type"], "application/problem+json",
                    "{kind}"
                );
                assert_eq!(parts.headers["x-request-id"], "req_1", "{kind}");
                let body = body.collect().await.unwrap().to_bytes();
                let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(body["status"], refusal.status, "{kind}");
                assert_eq!(body["request_id"], "req_1", "{kind}");
                // Nothing but the id may come from the gateway's inside: error texts repeat what was sent.
                assert!(
                    !refusal.body.replace("$context.requestId", "").contains('$'),
                    "{kind}"
                );
            }
        }
    }
}
