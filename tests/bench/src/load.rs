//! Requests per second through the local platform, and its memory after many of them.

use super::Goal;
use crate::bootstraps::{process::memory, stage::Scratch};
use console::http::text;
use demo::host::Host;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock};
use std::{path::Path, sync::Arc, time::Duration};

/// Requests in flight.
const CONCURRENCY: usize = 8;
/// The requests before the first look at the memory.
const EARLY: u64 = 10_000;
/// Customers that are read again and again.
const CUSTOMERS: usize = 20;
/// Requests between two renewals of the token, which is good for five minutes.
const BLOCK: u64 = 5_000;

struct Target {
    http: reqwest::Client,
    address: String,
}

impl Target {
    async fn token(&self, id: &str, secret: &str) -> Result<String, String> {
        let request = self
            .http
            .post(format!("{}/identity/v1/oauth/token", self.address))
            .basic_auth(id, Some(secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        text(&console::http::json(request).await?, "access_token")
    }

    async fn get(&self, token: &str, path: &str) -> Result<Value, String> {
        let request = self
            .http
            .get(format!("{}{path}", self.address))
            .bearer_auth(token);
        console::http::json(request)
            .await
            .map_err(|why| format!("{path}: {why}"))
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Result<Value, String> {
        let key = hex::encode(shared::random::bytes::<16>());
        let request = self
            .http
            .post(format!("{}{path}", self.address))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(body.to_string());
        console::http::json(request)
            .await
            .map_err(|why| format!("{path}: {why}"))
    }
}

fn customer(number: u64) -> Value {
    json!({"name": format!("Customer {number}"), "email": format!("customer-{number}@load.example"), "country": "DE"})
}

/// Of ten requests one creates a customer, two list, seven read customers and cards.
async fn request(
    target: &Target,
    token: &str,
    known: &[(String, String)],
    number: u64,
) -> Result<(), String> {
    let at = usize::try_from(number).unwrap_or(0) % known.len().max(1);
    let (customer_id, card) = known.get(at).ok_or("no customers")?;
    let done = match number % 10 {
        0 => {
            target
                .post(token, "/billing/v1/customers", &customer(number))
                .await
        }
        1 | 2 => target.get(token, "/billing/v1/customers?limit=10").await,
        3..=5 => {
            target
                .get(token, &format!("/vault/v1/payment-methods/{card}"))
                .await
        }
        _ => {
            target
                .get(token, &format!("/billing/v1/customers/{customer_id}"))
                .await
        }
    };
    done.map(drop)
}

/// Measures with so many requests; the memory is looked at after a tenth of them, at most after 10,000, and at the end.
pub(super) async fn measure(requests: u64) -> Result<(Vec<Goal>, Value), String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let scratch = Scratch::new("bench")?;
    let host = Host::find_or_start(&*clock, &scratch.0).await?;
    let result = work(&*clock, &scratch.0, &host.address, requests).await;
    host.stop(&*clock).await;
    result
}

async fn work(
    clock: &dyn Clock,
    dir: &Path,
    address: &str,
    requests: u64,
) -> Result<(Vec<Goal>, Value), String> {
    let read = |name: &str| -> Result<Value, String> {
        let path = dir.join(name);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    };
    let (first, platform) = (read("first-sign-in.json")?, read("platform.json")?);
    let pid = platform
        .get("pid")
        .and_then(Value::as_u64)
        .and_then(|p| u32::try_from(p).ok());
    let pid = pid.ok_or("platform.json names no process")?;
    let target = Target {
        http: console::http::client(&dir.join("ca.pem"))?,
        address: address.to_owned(),
    };
    // One client makes more calls here than a client's limit lets through.
    let operator = first.get("operator").ok_or("no operator")?;
    let operator = target
        .token(&text(operator, "client_id")?, &text(operator, "client_secret")?)
        .await?;
    let wide = json!({"per_second": 10_000, "burst": 100_000});
    let widened = target
        .http
        .patch(format!(
            "{address}/tenancy/v1/tenants/{}",
            text(&first, "tenant")?
        ))
        .bearer_auth(operator)
        .header("content-type", "application/json")
        .body(json!({"rate_limit": wide, "client_rate_limit": wide}).to_string());
    console::http::json(widened).await?;
    let client = json!({"name": "Load", "roles": ["integration"]});
    let client = console::http::issued(&target.http, address, &first, &client).await?;
    let (id, secret) = (text(&client, "client_id")?, text(&client, "client_secret")?);
    let mut token = target.token(&id, &secret).await?;
    let mut known = Vec::new();
    for number in 0..CUSTOMERS {
        let number = u64::try_from(number).unwrap_or(0);
        let made = target
            .post(&token, "/billing/v1/customers", &customer(number))
            .await?;
        let customer = text(&made, "id")?;
        let card =
            json!({"customer": customer, "number": "4242424242424242", "exp_month": 12, "exp_year": 2034});
        let card = target.post(&token, "/vault/v1/payment-methods", &card).await?;
        known.push((customer, text(&card, "id")?));
    }

    let early = EARLY.min(requests / 10).max(1);
    let (mut done, mut busy, mut early_memory) = (0, Duration::ZERO, 0);
    while done < requests {
        let until = if done < early { early } else { requests };
        let block = BLOCK.min(until - done);
        let began = clock.monotonic();
        let mut calls = stream::iter(done..done + block)
            .map(|number| request(&target, &token, &known, number))
            .buffer_unordered(CONCURRENCY);
        while let Some(result) = calls.next().await {
            result?;
        }
        drop(calls);
        busy += clock.monotonic().saturating_sub(began);
        done += block;
        if done == early {
            early_memory = memory(pid, "VmRSS:")?;
        }
        token = target.token(&id, &secret).await?;
    }
    let late_memory = memory(pid, "VmRSS:")?;
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    let (rate, ratio) = (
        requests as f64 / busy.as_secs_f64().max(1e-9),
        late_memory as f64 / (early_memory as f64).max(1.0),
    );
    console::say(&format!(
        "local platform, {CONCURRENCY} requests in flight, 7 reads, 2 lists and 1 write of ten: {rate:.0} requests a second; \
         {:.1} MB after {early} requests, {:.1} MB after {requests}",
        megabytes(early_memory),
        megabytes(late_memory)
    ));
    let name = "memory of the local platform at the end against a tenth of the requests";
    let goals = vec![Goal::most(name, ratio, 1.2, "x")];
    let shown = json!({"requests": requests, "early": early, "requests_per_second": rate, "early_kilobytes": early_memory, "late_kilobytes": late_memory});
    Ok((goals, shown))
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 * 1024.0 / 1e6
}
