//! Who calls: tokens of the first start's people and of an API client, renewed before they expire.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::time::Clock;
use std::{path::Path, sync::Arc, time::Duration};

/// Tokens are good for five minutes.
const RENEW: Duration = Duration::from_secs(200);

/// What callers present.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    /// Bearer tokens: an API client of the first tenant, its administrator, the operator of the platform.
    pub(crate) bearers: Vec<String>,
    /// The API client's `id:secret` in base64, as HTTP Basic takes it.
    pub(crate) basic: String,
    /// What the administrator signs in with.
    pub(crate) person: Value,
}

/// Callers of a platform that has just started.
pub(crate) struct Callers {
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    address: String,
    first: Value,
    client: (String, String),
    held: Option<(Tokens, Duration)>,
}

fn text(value: &Value, pointer: &str) -> Result<String, String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| format!("the platform's answer has no {pointer}"))
}

impl Callers {
    /// Signs in as the first administrator and issues an API client with every role that one may hold.
    pub(crate) async fn new(
        clock: &Arc<dyn Clock>,
        data_dir: &Path,
        address: &str,
        first: Value,
    ) -> Result<Self, String> {
        let mut callers = Self {
            clock: clock.clone(),
            http: console::http::client(&data_dir.join("ca.pem"))?,
            address: address.to_owned(),
            first,
            client: (String::new(), String::new()),
            held: None,
        };
        let body = json!({"name": "Measures", "roles": ["integration", "webhook_manager", "auditor"]});
        let made = console::http::issued(&callers.http, address, &callers.first, &body).await?;
        callers.client = (text(&made, "/client_id")?, text(&made, "/client_secret")?);
        Ok(callers)
    }

    /// Tokens that are good for a while.
    pub(crate) async fn tokens(&mut self) -> Result<Tokens, String> {
        let now = self.clock.monotonic();
        if let Some((tokens, at)) = &self.held
            && now.saturating_sub(*at) < RENEW
        {
            return Ok(tokens.clone());
        }
        let (id, secret) = &self.client;
        let operator = (
            text(&self.first, "/operator/client_id")?,
            text(&self.first, "/operator/client_secret")?,
        );
        let tokens = Tokens {
            bearers: vec![
                self.token(id, secret).await?,
                self.sign_in().await?,
                self.token(&operator.0, &operator.1).await?,
            ],
            basic: STANDARD.encode(format!("{id}:{secret}")),
            person: self.person()?,
        };
        self.held = Some((tokens.clone(), now));
        Ok(tokens)
    }

    async fn token(&self, id: &str, secret: &str) -> Result<String, String> {
        let request = self
            .http
            .post(format!("{}/identity/v1/oauth/token", self.address))
            .basic_auth(id, Some(secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer = console::http::json(request)
            .await
            .map_err(|why| format!("a token for {id}: {why}"))?;
        text(&answer, "/access_token")
    }

    fn person(&self) -> Result<Value, String> {
        Ok(json!({
            "tenant": text(&self.first, "/tenant")?,
            "email": text(&self.first, "/administrators/0/email")?,
            "password": text(&self.first, "/administrators/0/password")?,
        }))
    }

    async fn sign_in(&self) -> Result<String, String> {
        let body = self.person()?;
        let request = self
            .http
            .post(format!("{}/identity/v1/sessions", self.address))
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = console::http::json(request)
            .await
            .map_err(|why| format!("signing in: {why}"))?;
        text(&answer, "/access_token")
    }
}
