//! A small HTTPS client for the platform's own authority.

use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// A client that trusts the local authority and nobody else.
///
/// # Errors
/// One line naming the file.
pub fn client(ca: &Path) -> Result<reqwest::Client, String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let pem = std::fs::read(ca).map_err(|e| format!("{}: {e}", ca.display()))?;
    let root = reqwest::Certificate::from_pem(&pem).map_err(|_| format!("{} is damaged", ca.display()))?;
    reqwest::Client::builder()
        .tls_certs_only([root])
        .timeout(Duration::from_secs(60))
        .no_proxy()
        .build()
        .map_err(|e| e.to_string())
}

/// Sends a request and reads a 2xx answer as JSON.
///
/// # Errors
/// The status and the problem's code otherwise.
pub async fn json(request: reqwest::RequestBuilder) -> Result<Value, String> {
    let answer = request.send().await.map_err(|e| format!("no answer: {e}"))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| format!("no answer: {e}"))?;
    if !status.is_success() {
        return Err(format!(
            "{status}: {}",
            text.chars().take(400).collect::<String>()
        ));
    }
    if text.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_str(&text).map_err(|e| e.to_string())
    }
}

/// A text of an answer.
///
/// # Errors
/// The name of what is not there.
pub fn text(answer: &Value, name: &str) -> Result<String, String> {
    let found = answer.get(name).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| format!("an answer without {name}"))
}

/// What a platform keeps of itself in its data directory: `platform.json`, `first-sign-in.json`.
///
/// # Errors
/// One line naming the file.
pub fn kept(dir: &Path, name: &str) -> Result<Value, String> {
    let path = dir.join(name);
    let text = std::fs::read_to_string(&path)
        .map_err(|e| format!("{}: {e}; `make run` starts a platform", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// An access token of one of the first administrators, by their number; `first` is what `first-sign-in.json` says.
///
/// # Errors
/// What the platform said instead.
pub async fn signed_in(
    http: &reqwest::Client,
    address: &str,
    first: &Value,
    who: usize,
) -> Result<String, String> {
    let person = first.pointer(&format!("/administrators/{who}"));
    let person = person.ok_or_else(|| format!("first-sign-in.json names no administrator {who}"))?;
    let body = json!({"tenant": first.get("tenant"), "email": person.get("email"), "password": person.get("password")});
    let request = http.post(format!("{address}/identity/v1/sessions"));
    let request = request
        .header("content-type", "application/json")
        .body(body.to_string());
    let session = json(request).await.map_err(|why| format!("signing in: {why}"))?;
    text(&session, "access_token")
}

/// Issues an API client at a platform, as its first administrators do: one asks, and where it takes a second person the other approves.
/// `first` is what `first-sign-in.json` says, `client` the body of the call.
///
/// # Errors
/// What the platform said instead.
pub async fn issued(
    http: &reqwest::Client,
    address: &str,
    first: &Value,
    client: &Value,
) -> Result<Value, String> {
    let post = |path: &str, token: &str, body: &Value| {
        http.post(format!("{address}{path}"))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body.to_string())
    };
    let path = "/tenancy/v1/api-clients";
    let one = signed_in(http, address, first, 0).await?;
    let ask = async |approval: Option<&str>| {
        let mut request = post(path, &one, client);
        if let Some(approval) = approval {
            request = request.header("approval-id", approval);
        }
        json(request)
            .await
            .map_err(|why| format!("issuing an API client: {why}"))
    };
    let answer = ask(None).await?;
    let Some(approval) = answer.get("approval").and_then(Value::as_str) else {
        return Ok(answer);
    };
    let other = signed_in(http, address, first, 1).await?;
    let decision = json!({"decision": "approve"});
    let approve = post(&format!("/identity/v1/approvals/{approval}"), &other, &decision);
    json(approve)
        .await
        .map_err(|why| format!("approving an API client: {why}"))?;
    ask(Some(approval)).await
}
