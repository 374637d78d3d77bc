//! The first start: the platform's own tenant, a first tenant, and how to sign in.

use super::{apps::Apps, say, state::write_private};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::worker::Work;
use std::{fs, path::Path};

/// A fresh pepper secret: `{"current": 1, "versions": {"1": base64}}`.
pub fn new_pepper() -> String {
    json!({"current": 1, "versions": {"1": STANDARD.encode(shared::random::bytes::<32>())}}).to_string()
}

fn password() -> String {
    // The digit and the letter meet the policy whatever the random part holds.
    format!("{}-a1", shared::random::token())
}

/// Makes what an empty platform needs, or reads what an earlier start made.
pub async fn prepare(apps: &Apps, address: &str, data_dir: &Path) -> Result<Value, String> {
    let path = data_dir.join("first-sign-in.json");
    let mut known = match fs::read_to_string(&path) {
        Ok(text) => {
            let damaged = format!("{} is damaged; `make reset` starts anew", path.display());
            serde_json::from_str(&text).map_err(|_| damaged)?
        }
        Err(_) => json!({}),
    };
    let keep = |known: &Value| write_private(&path, known.to_string().as_bytes());
    if known.get("operator").is_none() {
        let worker = super::worker("bootstrap_platform").ok_or("no bootstrap function")?;
        let made = (worker.run)(Work::new(apps.of(worker.name)?, worker), json!({})).await?;
        if made.get("status").and_then(Value::as_str) != Some("created") {
            return Err(format!(
                "{} is gone although the platform has a tenant; `make reset` starts anew",
                path.display()
            ));
        }
        known = json!({"operator": {"client_id": made.get("client_id"), "client_secret": made.get("client_secret")}});
        keep(&known)?;
    }
    if known.get("tenant").is_none() {
        let people: Vec<Value> = ["ada", "grace"]
            .iter()
            .map(|n| json!({"email": format!("{n}@first.example"), "name": n, "password": password()}))
            .collect();
        let tenant = create_tenant(address, data_dir, &known, &people).await?;
        if let Value::Object(map) = &mut known {
            map.insert("tenant".into(), tenant);
            map.insert("administrators".into(), json!(people));
        }
        keep(&known)?;
    }
    Ok(known)
}

/// Creates the first tenant the way every other is created: over HTTPS.
async fn create_tenant(
    address: &str,
    data_dir: &Path,
    known: &Value,
    people: &[Value],
) -> Result<Value, String> {
    let client = console::http::client(&data_dir.join("ca.pem"))?;
    let id = |name: &str| {
        known
            .pointer(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let token = client
        .post(format!("{address}/identity/v1/oauth/token"))
        .basic_auth(id("/operator/client_id"), Some(id("/operator/client_secret")))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    let token = console::http::json(token).await?;
    let token = token
        .get("access_token")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let request = client
        .post(format!("{address}/tenancy/v1/tenants"))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(json!({"name": "First", "administrators": people}).to_string());
    let tenant = console::http::json(request).await?;
    tenant
        .get("id")
        .cloned()
        .ok_or_else(|| "the first tenant was not created".to_owned())
}

/// Says how to begin.
pub fn print(known: &Value, address: &str, data_dir: &Path) {
    let text = |name: &str| {
        known
            .pointer(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let ca = data_dir.join("ca.pem");
    say(&format!("  tenant    {}", text("/tenant")));
    say(&format!(
        "  sign in   {}  {}",
        text("/administrators/0/email"),
        text("/administrators/0/password")
    ));
    say(&format!("  authority {}", ca.display()));
    say(&format!(
        "  portal    {address}{}?tenant={}{}",
        portal::ENTRANCE,
        text("/tenant"),
        if portal::is_built() {
            ""
        } else {
            " (not built: no Node)"
        },
    ));
    say("  a first call:");
    say(&format!(
        "    curl --cacert {} {address}/identity/v1/sessions -H 'content-type: application/json' \\\n      -d '{{\"tenant\":\"{}\",\"email\":\"{}\",\"password\":\"{}\"}}'",
        ca.display(),
        text("/tenant"),
        text("/administrators/0/email"),
        text("/administrators/0/password"),
    ));
    say("Ctrl-C stops it; the state stays in the data directory until `make reset`.");
}
