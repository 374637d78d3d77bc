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
    let post = |path: &str, token: Option<&str>, body: &Value| {
        let request = http.post(format!("{address}{path}"));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    };
    let text = |value: &Value, name: &str| {
        let found = value.get(name).and_then(Value::as_str);
        found
            .map(str::to_owned)
            .ok_or_else(|| format!("the platform's answer has no {name}"))
    };
    let sign_in = async |n: usize| {
        let person = first.pointer(&format!("/administrators/{n}"));
        let person = person.ok_or_else(|| format!("there is no administrator {n}"))?;
        let who = json!({"tenant": first.get("tenant"), "email": person.get("email"), "password": person.get("password")});
        let session = json(post("/identity/v1/sessions", None, &who)).await;
        text(
            &session.map_err(|why| format!("signing in: {why}"))?,
            "access_token",
        )
    };
    let path = "/tenancy/v1/api-clients";
    let one = sign_in(0).await?;
    let ask = async |approval: Option<&str>| {
        let mut request = post(path, Some(&one), client);
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
    let other = sign_in(1).await?;
    let decision = json!({"decision": "approve"});
    let approve = post(
        &format!("/identity/v1/approvals/{approval}"),
        Some(&other),
        &decision,
    );
    json(approve)
        .await
        .map_err(|why| format!("approving an API client: {why}"))?;
    ask(Some(approval)).await
}
