//! Payments of a tenant, each under a key of its own and of an amount of its own.

use super::pair::Pair;
use serde_json::{Value, json};
use shared::time::Clock;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Customers that pay at the same time.
const BUYERS: usize = 4;
/// Between two payments of a customer.
const PAUSE: Duration = Duration::from_millis(50);

/// A payment that was asked for.
pub struct Asked {
    key: String,
    body: Value,
    /// The payment's id and when it was heard of; none where no answer came.
    pub heard: Option<(String, Duration)>,
}

/// What came of a repetition.
pub enum Again {
    /// The payment's id.
    Done(String),
    /// Nobody knows yet.
    Open,
}

/// Who pays.
pub struct Load {
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    client: (String, String),
    buyers: Vec<(String, String)>,
    amount: AtomicI64,
}

fn text(value: &Value, pointer: &str) -> Result<String, String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| format!("an answer without {pointer}"))
}

impl Load {
    /// An API client of the first tenant, and customers with cards.
    ///
    /// # Errors
    /// What was refused.
    pub async fn prepare(pair: &Pair, home: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let first = std::fs::read(pair.dir().join("first-sign-in.json")).map_err(|e| e.to_string())?;
        let first: Value = serde_json::from_slice(&first).map_err(|e| e.to_string())?;
        let address = pair.address(home)?;
        let mut load = Self {
            http: console::http::client(Path::new(&pair.dir().join("ca.pem")))?,
            clock,
            client: (String::new(), String::new()),
            buyers: Vec::new(),
            amount: AtomicI64::new(10_000),
        };
        let client = json!({"name": "Drill", "roles": ["integration"]});
        let made = console::http::issued(&load.http, &address, &first, &client).await?;
        load.client = (text(&made, "/client_id")?, text(&made, "/client_secret")?);
        let token = load.token(&address).await?;
        for number in 0..BUYERS {
            let body = json!({"name": format!("Drill {number}"), "email": format!("drill{number}@buyers.example"), "country": "DE"});
            let made = load.post(
                &format!("{address}/billing/v1/customers"),
                Some(&token),
                &fresh(),
                &body,
            );
            let customer = text(&console::http::json(made).await?, "/id")?;
            let body = json!({"customer": customer, "number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "holder": "Drill"});
            let made = load.post(
                &format!("{address}/vault/v1/payment-methods"),
                Some(&token),
                &fresh(),
                &body,
            );
            load.buyers
                .push((customer, text(&console::http::json(made).await?, "/id")?));
        }
        Ok(load)
    }

    fn post(&self, url: &str, token: Option<&str>, key: &str, body: &Value) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        request
    }

    /// An access token.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn token(&self, address: &str) -> Result<String, String> {
        let request = self
            .http
            .post(format!("{address}/identity/v1/oauth/token"))
            .basic_auth(&self.client.0, Some(&self.client.1))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        text(&console::http::json(request).await?, "/access_token")
    }

    /// Pays until a region does not answer any more.
    pub async fn pay(&self, address: &str, token: &str) -> Vec<Asked> {
        let one = |(customer, card): &(String, String)| {
            let buyer =
                json!({"customer": customer, "payment_method": card, "currency": "EUR", "capture": true});
            async move {
                let mut asked = Vec::new();
                loop {
                    let mut body = buyer.clone();
                    if let Some(map) = body.as_object_mut() {
                        let amount = self.amount.fetch_add(1, Ordering::Relaxed);
                        map.insert("amount".into(), json!(amount));
                    }
                    let key = fresh();
                    let url = format!("{address}/payments/v1/payments");
                    let answer = console::http::json(self.post(&url, Some(token), &key, &body)).await;
                    let id = answer.ok().and_then(|a| text(&a, "/id").ok());
                    let heard = id.map(|id| (id, self.clock.monotonic()));
                    let over = heard.is_none();
                    asked.push(Asked { key, body, heard });
                    if over {
                        return asked;
                    }
                    self.clock.sleep(PAUSE).await;
                }
            }
        };
        let all = futures::future::join_all(self.buyers.iter().map(one)).await;
        all.into_iter().flatten().collect()
    }

    /// Writes, if a region accepts it.
    ///
    /// # Errors
    /// How it was refused.
    pub async fn accepted(&self, address: &str, token: &str) -> Result<(), String> {
        let body = json!({"name": "Drill", "email": "drill@buyers.example", "country": "DE"});
        let made = self.post(
            &format!("{address}/billing/v1/customers"),
            Some(token),
            &fresh(),
            &body,
        );
        let answer = made.send().await.map_err(|e| e.to_string())?;
        if answer.status() == 201 {
            return Ok(());
        }
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_default();
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let code = problem.get("code").and_then(Value::as_str).unwrap_or_default();
        Err(format!("{status} {code}"))
    }

    /// Asks for a payment again, under its key.
    ///
    /// # Errors
    /// What was refused that should not be.
    pub async fn again(&self, address: &str, token: &str, asked: &Asked) -> Result<Again, String> {
        let url = format!("{address}/payments/v1/payments");
        match console::http::json(self.post(&url, Some(token), &asked.key, &asked.body)).await {
            Ok(answer) => Ok(Again::Done(text(&answer, "/id")?)),
            Err(why) if why.contains("idempotency_key_in_flight") || why.contains("outcome_pending") => {
                Ok(Again::Open)
            }
            Err(why) => Err(why),
        }
    }
}

fn fresh() -> String {
    shared::random::token().to_string()
}
