//! What the gateway said about a request.

use crate::{
    access::auth::dpop::{Expected, Proof},
    declaration::endpoint::Declaration,
    kernel::{problem::Problem, text::SecretText, time::Timestamp},
};
use std::net::IpAddr;

/// What the gateway said about a request. The address comes from its request context only.
#[derive(Clone, Debug, Default)]
pub struct RequestInfo {
    /// `X-Request-Id`, given or made.
    pub id: String,
    /// Address of the caller.
    pub address: Option<IpAddr>,
    /// User agent, cut.
    pub agent: String,
    /// W3C `traceparent` of this call: its trace, and itself as the parent of what it causes.
    pub trace: Option<String>,
    /// Why sensitive data is read (`X-Access-Reason`), cut.
    pub reason: Option<String>,
    /// The parsed `Authorization: Basic` pair of the OAuth endpoints.
    pub basic: Option<(String, SecretText)>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// `Approval-Id`.
    pub approval: Option<String>,
    /// `Origin`, when it stands once.
    pub origin: Option<String>,
    /// `Sec-Fetch-Site`.
    pub site: Option<String>,
    /// The cookies.
    pub cookies: Vec<(String, SecretText)>,
    /// Every `DPoP` header.
    pub proofs: Vec<String>,
    /// The path as it was called.
    pub path: String,
    /// `Accept` names `text/html` and not JSON.
    pub prefers_page: bool,
    /// The protocol that it came over, where that is not REST.
    pub protocol: Option<&'static str>,
}

impl RequestInfo {
    /// Whether a browser says that the call comes from another page than one of `here`.
    #[must_use]
    pub fn from_elsewhere(&self, here: &str) -> bool {
        let other = self.origin.as_deref().is_some_and(|origin| origin != here);
        other
            || self
                .site
                .as_deref()
                .is_some_and(|site| site != "same-origin" && site != "none")
    }

    /// The one proof that came with a call.
    pub(crate) fn proof(
        &self,
        declaration: Option<&Declaration>,
        address: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Proof>, ()> {
        let text = match self.proofs.as_slice() {
            [] => return Ok(None),
            [text] => text,
            _ => return Err(()),
        };
        let method = declaration.map(|d| (d.method)()).unwrap_or_default();
        let expected = Expected {
            method: method.as_str(),
            address: &format!("{address}{}", self.path),
            token,
            now,
        };
        Proof::verify(text, expected).map(Some).ok_or(())
    }
}

/// What is for the platform's own pages has come from somewhere else.
#[must_use]
pub fn origin_refused() -> Problem {
    let text = "This is for the platform's own pages: the request must say that it comes from there.";
    Problem::new(403, "origin_refused", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_page_is_told_by_its_origin_or_by_the_browser() {
        let from = |origin: Option<&str>, site: Option<&str>| {
            let info = RequestInfo {
                origin: origin.map(str::to_owned),
                site: site.map(str::to_owned),
                ..RequestInfo::default()
            };
            info.from_elsewhere("https://pay.example")
        };
        assert!(!from(None, None) && !from(Some("https://pay.example"), Some("same-origin")));
        assert!(!from(None, Some("none")));
        assert!(from(Some("https://evil.example"), None) && from(Some("null"), None));
        assert!(from(None, Some("cross-site")) && from(Some("https://pay.example"), Some("same-site")));
    }
}
