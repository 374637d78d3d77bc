//! Calls to the platform: tokens renewed before they expire, retries, and a count of what each call costs there.

use super::ledger::{Cost, Kind, Ledger};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;
use shared::time::{Clock, Timestamp};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a call is tried again: a platform that was killed may start again, and an outcome that is not known is found out by
/// the platform within two minutes.
const PATIENCE: Duration = Duration::from_secs(200);
/// The longest pause that an answer may ask for.
const LONGEST: Duration = Duration::from_secs(65);
/// A token is renewed when it is good for less than this.
const MARGIN: Duration = Duration::from_secs(60);

/// An API client and its current access token.
pub(super) struct Client {
    id: String,
    secret: String,
    token: tokio::sync::Mutex<Option<(String, Duration)>>,
}

impl Client {
    /// A client without a token yet.
    pub(super) fn new(id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            token: tokio::sync::Mutex::default(),
        }
    }
}

/// Who calls.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// Nobody: the endpoint is public.
    Nobody,
    /// An API client.
    Client(&'a Client),
}

/// One call.
pub(super) struct Call<'a> {
    /// What it is counted as.
    pub(super) kind: Kind,
    /// Who calls.
    pub(super) who: Who<'a>,
    /// The method.
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    /// `Idempotency-Key`.
    pub(super) key: Option<String>,
    /// The body.
    pub(super) body: Option<Value>,
}

impl<'a> Call<'a> {
    /// A read.
    pub(super) fn get(who: Who<'a>, path: impl Into<String>) -> Self {
        Self {
            kind: Kind::Read,
            who,
            method: Method::GET,
            path: path.into(),
            key: None,
            body: None,
        }
    }

    /// A write.
    pub(super) fn post(kind: Kind, who: Who<'a>, path: impl Into<String>, body: Value) -> Self {
        Self {
            kind,
            who,
            method: Method::POST,
            path: path.into(),
            key: None,
            body: Some(body),
        }
    }

    /// The same with an `Idempotency-Key`.
    pub(super) fn keyed(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }
}

/// An answer that is not worth another try.
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The body, null when it is none or not JSON.
    pub(super) body: Value,
    /// Whether this run made the object: the answer is no replay, or the replay of a try whose answer was lost.
    pub(super) fresh: bool,
}

impl Answer {
    /// A text of the body.
    pub(super) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The body of a success.
    ///
    /// # Errors
    /// What the platform said instead.
    pub(super) fn success(self, what: &str) -> Result<Self, String> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let mut why = format!(
            "{what}: {} {} {}",
            self.status,
            self.text("code"),
            self.text("detail")
        );
        for error in self
            .body
            .get("errors")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let of = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
            why.push_str(&format!(" {} {}.", of("pointer"), of("detail")));
        }
        Err(why)
    }
}

/// The platform as this run calls it.
pub(super) struct Api {
    /// Time.
    pub(super) clock: Arc<dyn Clock>,
    /// When the run began.
    pub(super) started: Timestamp,
    http: reqwest::Client,
    data_dir: PathBuf,
    address: Mutex<String>,
    ledger: Mutex<Ledger>,
}

impl Api {
    /// A run against the platform at `address`.
    pub(super) fn new(clock: Arc<dyn Clock>, data_dir: &Path, address: String) -> Result<Self, String> {
        Ok(Self {
            started: clock.now(),
            http: console::http::client(&data_dir.join("ca.pem"))?,
            data_dir: data_dir.to_owned(),
            address: Mutex::new(address),
            ledger: Mutex::new(Ledger::new(&hex::encode(shared::random::bytes::<4>()))),
            clock,
        })
    }

    /// What was called so far.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Issues an API client, as the first administrators do.
    ///
    /// # Errors
    /// What the platform said instead.
    pub(super) async fn issue(&self, first: &Value, client: &Value) -> Result<Value, String> {
        let address = self
            .address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        console::http::issued(&self.http, &address, first, client).await
    }

    /// Sends a call until there is an answer that is not worth another try.
    ///
    /// # Errors
    /// When there was none for about three minutes.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Answer, String> {
        let mut tries = 0;
        let mut renewed = false;
        loop {
            let authorization = match call.who {
                Who::Nobody => None,
                Who::Client(client) => Some(format!("Bearer {}", self.token(client).await?)),
            };
            let answer = self.exchange(call, authorization.as_deref(), &mut tries).await?;
            if let Who::Client(client) = call.who
                && answer.status == 401
                && !renewed
            {
                *client.token.lock().await = None;
                renewed = true;
                continue;
            }
            return Ok(answer);
        }
    }

    /// An access token that is good for a while (RFC 6749, section 4.4).
    async fn token(&self, client: &Client) -> Result<String, String> {
        let mut held = client.token.lock().await;
        let now = self.clock.monotonic();
        if let Some((token, until)) = held.as_ref()
            && now + MARGIN < *until
        {
            return Ok(token.clone());
        }
        let basic = format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", client.id, client.secret))
        );
        let call = Call {
            kind: Kind::SignIn,
            who: Who::Nobody,
            method: Method::POST,
            path: "/identity/v1/oauth/token".to_owned(),
            key: None,
            body: None,
        };
        let answer = self.exchange(&call, Some(&basic), &mut 0).await?;
        if answer.status == 401 {
            return Err(format!(
                "the platform does not know the API client {} any more",
                client.id
            ));
        }
        let answer = answer.success("no access token")?;
        let seconds = answer.body.get("expires_in").and_then(Value::as_u64).unwrap_or(0);
        let token = answer.text("access_token").to_owned();
        *held = Some((token.clone(), now + Duration::from_secs(seconds)));
        Ok(token)
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        authorization: Option<&str>,
        tries: &mut u32,
    ) -> Result<Answer, String> {
        let began = self.clock.monotonic();
        let mut round = 0u32;
        loop {
            *tries += 1;
            let (wait, why) = match self.once(call, authorization, *tries > 1).await {
                Ok((answer, None)) => return Ok(answer),
                Ok((answer, Some(wait))) => {
                    let code = answer.text("code").to_owned();
                    (wait, format!("it answers {} {code}", answer.status))
                }
                Err(why) => {
                    self.look_again();
                    (None, why)
                }
            };
            let wait = wait.unwrap_or_else(|| backoff(round));
            round += 1;
            if self.clock.monotonic().saturating_sub(began) + wait > PATIENCE {
                return Err(format!(
                    "{} {} gave up after three minutes: {why}",
                    call.method, call.path
                ));
            }
            self.ledger().retries += 1;
            self.clock.sleep(wait).await;
        }
    }

    /// One try: the answer, and after which pause another try makes sense (`Some(None)`: as the client likes).
    async fn once(
        &self,
        call: &Call<'_>,
        authorization: Option<&str>,
        again: bool,
    ) -> Result<(Answer, Option<Option<Duration>>), String> {
        let address = self
            .address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (number, id) = self.ledger().begin();
        let mut request = self
            .http
            .request(call.method.clone(), format!("{address}{}", call.path))
            .header("x-request-id", id);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        request = match &call.body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
            None if call.kind == Kind::SignIn => request
                .header("content-type", "application/x-www-form-urlencoded")
                .body("grant_type=client_credentials"),
            None => request,
        };
        let lost = |e: reqwest::Error| {
            if e.is_timeout() {
                "no answer within 60 s".to_owned()
            } else {
                root_of(&e)
            }
        };
        let response = request.send().await.map_err(lost)?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.map_err(lost)?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let replayed = header("idempotent-replayed") == Some("true");
        self.ledger().answered(
            number,
            call.kind,
            status,
            replayed,
            Cost::read(header("x-ledgerkeep-calls")),
        );
        let fresh = !replayed || (again && self.since_start(&body));
        let answer = Answer { status, body, fresh };
        let retry = match (status, answer.text("code")) {
            (429 | 502 | 503 | 504, _) | (409, "idempotency_key_in_flight") => Some(retry_after(&headers)),
            _ => None,
        };
        Ok((answer, retry))
    }

    /// Whether an object was made after this run began.
    pub(super) fn since_start(&self, object: &Value) -> bool {
        let at = object
            .get("created_at")
            .and_then(Value::as_str)
            .and_then(|t| t.parse::<Timestamp>().ok());
        // Answers carry milliseconds.
        at.is_some_and(|at| at.as_millisecond() >= self.started.as_millisecond())
    }

    /// A platform that was started again may stand elsewhere.
    fn look_again(&self) {
        if let Some(address) = super::host::address(&self.data_dir) {
            *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
        }
    }

    /// Asks again and again until `ready` finds what it looks for, at most for `limit`.
    ///
    /// # Errors
    /// When a call fails. Time running out is `None`.
    pub(super) async fn poll<T>(
        &self,
        call: &Call<'_>,
        limit: Duration,
        ready: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let began = self.clock.monotonic();
        loop {
            let answer = self.send(call).await?.success(&call.path)?;
            if let Some(found) = ready(&answer) {
                return Ok(Some(found));
            }
            if self.clock.monotonic().saturating_sub(began) > limit {
                return Ok(None);
            }
            self.clock.sleep(Duration::from_secs(1)).await;
        }
    }
}

/// The pause that an answer asks for, if it does.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

/// Doubling pauses with jitter: 0.1 to 0.2 s, then up to 5 s.
fn backoff(round: u32) -> Duration {
    let most = 200u64.saturating_mul(1 << round.min(5)).min(5_000);
    Duration::from_millis(most / 2 + shared::random::below(most / 2))
}

/// The innermost reason of a failed request.
fn root_of(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pauses() {
        for round in 0..40 {
            let pause = backoff(round);
            assert!(
                pause >= Duration::from_millis(100) && pause <= Duration::from_secs(5),
                "{round} {pause:?}"
            );
        }
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert("retry-after", "2".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(2)));
        headers.insert("retry-after", "86400".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(LONGEST));
    }

    #[test]
    fn refusals_say_why() {
        let body = json!({"code": "invalid_input", "detail": "Some fields.", "errors": [{"pointer": "/email", "detail": "is wrong"}]});
        let refused = Answer {
            status: 422,
            body,
            fresh: true,
        }
        .success("customer 5");
        assert_eq!(
            refused.err().unwrap(),
            "customer 5: 422 invalid_input Some fields. /email is wrong."
        );
    }
}
