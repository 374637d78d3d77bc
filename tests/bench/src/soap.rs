//! What an operation costs over SOAP beyond the same call over REST, and what the worst envelopes cost before they are refused.

use super::{Goal, figure};
use crate::bootstraps::stage::Scratch;
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use base64::{Engine, engine::general_purpose::STANDARD};
use console::http::text;
use demo::host::Host;
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock, rfc3339};
use std::{path::Path, sync::Arc};
use xml::soap::{PASSWORD, SOAP11, WSSE, WSU};

#[path = "../../../shared/xml/tests/worst/inputs.rs"]
mod inputs;

/// Calls of each kind that count; as many go before.
const CALLS: usize = 200;
/// Readings of each of the worst inputs, of which the median counts.
const READINGS: usize = 15;

/// Who calls, both ways.
struct Both {
    http: reqwest::Client,
    address: String,
    client: String,
    secret: String,
    soap_secret: String,
}

/// Microseconds that a call took on the platform beside waiting for what it calls.
async fn own(request: reqwest::RequestBuilder) -> Result<(f64, String), String> {
    let answer = request.send().await.map_err(|e| e.to_string())?;
    let status = answer.status();
    let calls = answer.headers().get("x-ledgerkeep-calls").cloned();
    let body = answer.text().await.map_err(|e| e.to_string())?;
    if !status.is_success() {
        return Err(format!("{status}: {body:.300}"));
    }
    let calls = calls.as_ref().and_then(|c| c.to_str().ok()).unwrap_or_default();
    Ok((figure(calls, "micros")? - figure(calls, "waited")?, body))
}

impl Both {
    async fn token(&self) -> Result<String, String> {
        let request = self
            .http
            .post(format!("{}/identity/v1/oauth/token", self.address))
            .basic_auth(&self.client, Some(&self.secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        text(&console::http::json(request).await?, "access_token")
    }

    async fn rest(&self, token: &str, path: &str, body: Option<&Value>) -> Result<(f64, String), String> {
        let at = format!("{}{path}", self.address);
        let request = match body {
            None => self.http.get(at),
            Some(body) => self
                .http
                .post(at)
                .header("content-type", "application/json")
                .header("idempotency-key", shared::random::token())
                .body(body.to_string()),
        };
        own(request.bearer_auth(token)).await
    }

    async fn soap(&self, now: &dyn Clock, operation: &str, inside: &str) -> Result<(f64, String), String> {
        let nonce = shared::random::bytes::<16>();
        let created = rfc3339(now.now());
        let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        for part in [nonce.as_slice(), created.as_bytes(), self.soap_secret.as_bytes()] {
            digest.update(part);
        }
        let envelope = format!(
            "<s:Envelope xmlns:s=\"{SOAP11}\" xmlns=\"urn:ledgerkeep:soap:v1\"><s:Header><o:Security xmlns:o=\"{WSSE}\" xmlns:u=\"{WSU}\">\
             <o:UsernameToken><o:Username>{}</o:Username><o:Password Type=\"{PASSWORD}PasswordDigest\">{}</o:Password><o:Nonce>{}</o:Nonce>\
             <u:Created>{created}</u:Created></o:UsernameToken></o:Security><idempotencyKey>{}</idempotencyKey></s:Header>\
             <s:Body><{operation}>{inside}</{operation}></s:Body></s:Envelope>",
            self.client,
            STANDARD.encode(digest.finish()),
            STANDARD.encode(nonce),
            shared::random::token(),
        );
        let request = self
            .http
            .post(format!("{}/soap/v1", self.address))
            .header("content-type", "text/xml; charset=utf-8")
            .body(envelope);
        let (own, body) = own(request).await?;
        match body.contains(&format!("<{operation}Response")) {
            true => Ok((own, body)),
            false => Err(format!("{operation} answered {body:.300}")),
        }
    }
}

fn middle(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Microseconds of the processor that this thread has had (proc(5), schedstat).
fn thread_micros() -> Result<f64, String> {
    let path = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
    let nanos = text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
    nanos
        .map(|n| n / 1e3)
        .ok_or_else(|| format!("{path} says no time"))
}

/// Measures.
pub(super) async fn measure() -> Result<(Vec<Goal>, Value), String> {
    let (mut goals, worst) = envelopes()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let scratch = Scratch::new("soap")?;
    let host = Host::find_or_start(&*clock, &scratch.0).await?;
    let result = calls(&*clock, &scratch.0, &host.address).await;
    host.stop(&*clock).await;
    let (more, calls) = result?;
    goals.extend(more);
    Ok((goals, json!({"worst": worst, "calls": calls})))
}

/// The worst inputs of 256 KiB, on the clock of the processor. What memory they take is a test of the reader's.
fn envelopes() -> Result<(Vec<Goal>, Value), String> {
    let (mut slowest, mut all) = ((0.0, ""), Vec::new());
    for (name, bytes) in inputs::worst() {
        let mut took = Vec::new();
        for _ in 0..READINGS {
            let began = thread_micros()?;
            drop(xml::read(&bytes, &xml::Limits::default()));
            took.push(thread_micros()? - began);
        }
        let took = middle(took);
        if took > slowest.0 {
            slowest = (took, name);
        }
        all.push(json!({"input": name, "cpu_micros": took}));
    }
    let name = format!("CPU of the worst envelope of 256 KiB ({})", slowest.1);
    let goals = vec![Goal::most(&name, slowest.0 / 1e3, 50.0, "ms")];
    Ok((goals, Value::Array(all)))
}

async fn calls(clock: &dyn Clock, dir: &Path, address: &str) -> Result<(Vec<Goal>, Value), String> {
    let first = console::http::kept(dir, "first-sign-in.json")?;
    let http = console::http::client(&dir.join("ca.pem"))?;
    let client = json!({"name": "bench of SOAP", "roles": ["integration"], "soap": "digest"});
    let made = console::http::issued(&http, address, &first, &client).await?;
    let both = Both {
        client: text(&made, "client_id")?,
        secret: text(&made, "client_secret")?,
        soap_secret: text(&made, "soap_secret")?,
        address: address.to_owned(),
        http,
    };
    let token = both.token().await?;
    let body = json!({"name": "Ada Lovelace", "email": "ada@example.com"});
    let inside = "<name>Ada Lovelace</name><email>ada@example.com</email>";
    let (_, made) = both.rest(&token, "/billing/v1/customers", Some(&body)).await?;
    let made: Value = serde_json::from_str(&made).map_err(|e| e.to_string())?;
    let id = text(&made, "id")?;
    let (path, named) = (format!("/billing/v1/customers/{id}"), format!("<id>{id}</id>"));
    let mut took: [Vec<f64>; 4] = Default::default();
    let mut token = token;
    for number in 0..2 * CALLS {
        if number % CALLS == 0 {
            token = both.token().await?;
        }
        let now = [
            both.rest(&token, "/billing/v1/customers", Some(&body)).await?.0,
            both.soap(clock, "createCustomer", inside).await?.0,
            both.rest(&token, &path, None).await?.0,
            both.soap(clock, "getCustomer", &named).await?.0,
        ];
        if number >= CALLS {
            for (list, value) in took.iter_mut().zip(now) {
                list.push(value);
            }
        }
    }
    let [create, create_soap, read, read_soap] = took.map(middle);
    console::say(&format!(
        "own time p50 of {CALLS} calls in turns: create_customer {create:.0} µs over REST, {create_soap:.0} over SOAP; read_customer {read:.0} \
         and {read_soap:.0}"
    ));
    let goals = vec![
        Goal::most(
            "own time that SOAP adds to create_customer, p50",
            create_soap - create,
            150.0,
            "µs",
        ),
        Goal::most(
            "own time that SOAP adds to read_customer, p50",
            read_soap - read,
            150.0,
            "µs",
        ),
    ];
    Ok((
        goals,
        json!({"create_micros": create, "create_soap_micros": create_soap, "read_micros": read, "read_soap_micros": read_soap}),
    ))
}
