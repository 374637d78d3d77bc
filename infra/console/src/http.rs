//! A small HTTPS client for the platform's own authority.

use serde_json::Value;
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
