//! What is done while AWS fails, and what must hold of it afterwards.

use crate::{
    cases::text,
    support::{
        Answer, Login, Platform, Tenant, cards,
        platform::{binary, scratch},
        random,
        receiver::Receiver,
        time::{Since, until},
        world,
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, process::Command, sync::Mutex, time::Duration};

/// What can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Customer,
    Card,
    Payment,
    Capture,
    Refund,
    Webhook,
    SignIn,
    Token,
    Read,
}

impl Kind {
    /// Everything.
    pub const ALL: [Self; 9] = [
        Self::Customer,
        Self::Card,
        Self::Payment,
        Self::Capture,
        Self::Refund,
        Self::Webhook,
        Self::SignIn,
        Self::Token,
        Self::Read,
    ];
}

/// That nothing is known yet may be told or not; customers and cards are made beside what is looked at.
fn is_counted(kind: &str) -> bool {
    (kind.starts_with("payment.") || kind.starts_with("refund.")) && kind != "payment.unknown"
}

/// One request, ready to be sent and sent again.
pub struct Shot {
    path: String,
    body: Value,
    key: String,
}

/// One tenant that does one thing again and again.
pub struct Job {
    /// What.
    pub kind: Kind,
    /// Who.
    pub tenant: Tenant,
    receiver: Receiver,
    customer: String,
    /// Requests that were answered otherwise than by 5xx.
    answered: Mutex<Vec<String>>,
    done: Mutex<u64>,
}

impl Job {
    /// A new tenant with what the job needs.
    pub async fn new(platform: &Platform, kind: Kind) -> Self {
        let tenant = Tenant::on(platform).await;
        let receiver = Receiver::start(platform, |_| "200 OK".to_owned()).await;
        if [Kind::Payment, Kind::Capture, Kind::Refund].contains(&kind) {
            let body = json!({"url": receiver.url(), "event_types": ["*"]});
            tenant.all.post("/notifications/v1/webhooks", &body).await.is(201);
        }
        let customer = tenant.customer().await;
        tenant.admin.token().await;
        Self {
            kind,
            tenant,
            receiver,
            customer,
            answered: Mutex::default(),
            done: Mutex::default(),
        }
    }

    /// Which calls of AWS are its own: those about its tenant that no worker makes.
    pub fn calls(&self) -> Value {
        let mut without = vec!["\"IndexName\"", "ledgerkeep-local-seals"];
        if self.kind != Kind::Webhook {
            without.push("ledgerkeep-local-notifications");
        }
        json!({"contains": [self.tenant.id], "without": without})
    }

    /// The next request, with everything made that it needs.
    pub async fn shot(&self) -> Shot {
        let (path, body) = match self.kind {
            Kind::Customer => ("/billing/v1/customers".to_owned(), world::customer_body()),
            Kind::Card => (
                "/vault/v1/payment-methods".to_owned(),
                world::card_body(&self.customer, &cards::good()),
            ),
            Kind::Payment => (
                "/payments/v1/payments".to_owned(),
                self.tenant.buyer().await.pays(100, true),
            ),
            Kind::Capture => {
                let id = text(&self.tenant.payment(100, false).await, "id");
                (
                    format!("/payments/v1/payments/{id}/capture"),
                    json!({"amount": 60}),
                )
            }
            Kind::Refund => {
                let id = text(&self.tenant.payment(100, true).await, "id");
                (
                    format!("/payments/v1/payments/{id}/refunds"),
                    json!({"amount": 30}),
                )
            }
            Kind::Webhook => (
                "/notifications/v1/webhooks".to_owned(),
                json!({"url": self.receiver.url(), "event_types": ["refund.failed"]}),
            ),
            Kind::SignIn => ("/identity/v1/sessions".to_owned(), json!({})),
            Kind::Token => ("/identity/v1/oauth/token".to_owned(), json!({})),
            Kind::Read => (format!("/billing/v1/customers/{}", self.customer), Value::Null),
        };
        Shot {
            path,
            body,
            key: random(24),
        }
    }

    /// Sends a request. It is answered within the time that the gateway gives, and a failure is a 503 that says
    /// when to come again.
    pub async fn fire(&self, shot: &Shot) -> Answer {
        let id = format!("req-{}", random(20));
        let http = &self.tenant.all.http;
        let request = match (self.kind, &*self.tenant.admin.login, &*self.tenant.all.login) {
            (
                Kind::SignIn,
                Login::User {
                    tenant,
                    email,
                    password,
                },
                _,
            ) => http.post(
                &shot.path,
                &json!({"tenant": tenant, "email": email, "password": password}),
            ),
            (Kind::Token, _, Login::Client { id, secret }) => {
                http.request("POST", &shot.path).basic(id, secret).body(
                    "application/x-www-form-urlencoded",
                    "grant_type=client_credentials",
                )
            }
            (Kind::Read, _, _) => self.tenant.all.request("GET", &shot.path).await,
            _ => {
                let request = self.tenant.all.request("POST", &shot.path).await;
                request.key(&shot.key).json(&shot.body)
            }
        };
        let began = Since::now();
        let answer = request.header("x-request-id", &id).send().await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(29), "{took:?}: {}", answer.told());
        if answer.status >= 500 {
            self.failed_well(&answer);
        } else if answer.status != 0 {
            self.answered.lock().expect("requests").push(id);
        }
        answer
    }

    fn failed_well(&self, answer: &Answer) {
        assert_eq!(answer.status, 503, "{:?}: {}", self.kind, answer.told());
        let wait: u64 = answer.header("retry-after").parse().unwrap_or(0);
        assert!(wait > 0, "no Retry-After: {}", answer.told());
        let problem = self.kind == Kind::Token || answer.header("content-type") == "application/problem+json";
        assert!(problem, "{}", answer.told());
    }

    /// Sends a request until it is through, and checks what came of it.
    pub async fn finish(&self, shot: &Shot) {
        let last = until(&format!("{:?} goes through", self.kind), 150, async || {
            let answer = self.fire(shot).await;
            let open = answer.status >= 500 || answer.code() == "idempotency_key_in_flight";
            (!open).then_some(answer)
        })
        .await;
        self.through(&last);
    }

    /// What came of a request that was answered in the end.
    pub fn through(&self, answer: &Answer) {
        *self.done.lock().expect("count") += 1;
        let expected = match self.kind {
            Kind::Capture | Kind::Token | Kind::Read => 200,
            _ => 201,
        };
        // An answer that holds a secret is not given twice.
        let kept_back = self.kind == Kind::Webhook && answer.code() == "secret_not_repeated";
        assert!(
            answer.status == expected || kept_back,
            "{:?}: {}",
            self.kind,
            answer.told()
        );
    }

    async fn payments(&self) -> Vec<Value> {
        self.tenant.all.all("/payments/v1/payments").await
    }

    /// Everything that must hold once AWS is well again.
    pub async fn settled(&self, platform: &Platform) {
        let (faults, id) = (platform.faults(), &self.tenant.id);
        let done = *self.done.lock().expect("count");
        let list = |path: &'static str| async move { self.tenant.all.all(path).await.len() as u64 };
        match self.kind {
            Kind::Customer => assert_eq!(list("/billing/v1/customers").await, done + 1),
            Kind::Card => {
                let path = format!("/vault/v1/payment-methods?customer={}", self.customer);
                assert_eq!(self.tenant.all.all(&path).await.len() as u64, done);
            }
            Kind::Webhook => assert_eq!(list("/notifications/v1/webhooks").await, done),
            Kind::Payment | Kind::Capture | Kind::Refund => {
                let payments = self.payments().await;
                assert_eq!(
                    payments.len() as u64,
                    done,
                    "{:?}: one key, one effect",
                    self.kind
                );
                let sum = |name: &str| payments.iter().filter_map(|p| p[name].as_i64()).sum::<i64>();
                let provider = match self.kind {
                    Kind::Payment | Kind::Refund => faults.approved(id, "authorise").await,
                    _ => faults.approved(id, "capture").await,
                };
                assert_eq!(
                    sum("captured"),
                    provider,
                    "{:?}: what the provider took",
                    self.kind
                );
                assert_eq!(
                    sum("refunded"),
                    faults.approved(id, "refund").await,
                    "{payments:?}"
                );
                for payment in &payments {
                    let pending =
                        ["processing", "unknown"].contains(&payment["status"].as_str().unwrap_or_default());
                    assert!(!pending, "left behind: {payment}");
                }
                self.events(&payments).await;
            }
            Kind::SignIn | Kind::Token | Kind::Read => {}
        }
        self.log().await;
    }

    /// Each thing that happened was told under one event, and nothing else was.
    async fn events(&self, payments: &[Value]) {
        let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut expect = |kind: &str, id: String| *expected.entry((kind.to_owned(), id)).or_default() += 1;
        for payment in payments {
            let id = text(payment, "id");
            let taken = payment["captured"].as_i64() > Some(0);
            match (self.kind, payment["status"].as_str().unwrap_or_default()) {
                (_, "declined") => expect("payment.declined", id),
                (Kind::Capture, _) => {
                    expect("payment.authorized", id.clone());
                    if taken {
                        expect("payment.captured", id);
                    }
                }
                _ => expect("payment.captured", id),
            }
        }
        if self.kind == Kind::Refund {
            for payment in payments {
                let path = format!("/payments/v1/payments/{}/refunds", text(payment, "id"));
                for refund in self.tenant.all.all(&path).await {
                    let kind = format!("refund.{}", text(&refund, "status"));
                    expect(&kind, text(&refund, "id"));
                }
            }
        }
        // A delivery that met a fault itself is made up for after minutes.
        let what = format!(
            "every event of {:?} arrives, and no other: {expected:?}",
            self.kind
        );
        until(&what, 170, async || {
            let mut ids = BTreeMap::new();
            for event in self.receiver.seen() {
                let event = event.json();
                let about = (text(&event, "type"), text(&event["data"], "id"));
                ids.insert(event["id"].to_string(), about);
            }
            let mut told: BTreeMap<(String, String), u64> = BTreeMap::new();
            for about in ids.into_values().filter(|(kind, _)| is_counted(kind)) {
                *told.entry(about).or_default() += 1;
            }
            for (about, times) in &told {
                assert!(
                    expected.get(about) >= Some(times),
                    "told what did not happen: {about:?}"
                );
            }
            (told == expected).then_some(())
        })
        .await;
    }

    /// Every answered call has its entry, every entry is sealed, and the verifier finds nothing.
    async fn log(&self) {
        let all = &self.tenant.all;
        let made = all.post("/audit/v1/exports", &json!({})).await.is(202);
        let path = format!("/audit/v1/exports/{}", text(&made, "id"));
        let ready = until("the export is ready", 150, async || {
            let export = all.get(&path).await.ok();
            (export["status"] == "ready").then_some(export)
        })
        .await;
        let mut bundle = String::new();
        for part in 0..ready["parts"].as_u64().expect("parts") {
            let export = all.get(&format!("{path}?part={part}")).await.ok();
            for line in export["lines"].as_array().expect("lines") {
                bundle.push_str(line.as_str().expect("a line"));
                bundle.push('\n');
            }
        }
        for id in self.answered.lock().expect("requests").iter() {
            assert!(bundle.contains(id.as_str()), "{:?}: no entry of {id}", self.kind);
        }
        let dir = scratch("faults-bundle");
        fs::write(dir.join("bundle"), bundle).expect("the bundle");
        let pem = text(&all.get("/audit/v1/checkpoints").await.ok(), "public_key");
        fs::write(dir.join("key"), pem).expect("the key");
        let mut verifier = Command::new(binary());
        verifier.args(["verify", "--json", "--key"]);
        let output = verifier.arg(dir.join("key")).arg(dir.join("bundle")).output();
        let output = output.expect("the verifier");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{:?}: {told}", self.kind);
    }
}
