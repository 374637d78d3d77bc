//! Webhooks: what arrives, signed and masked, once a failing receiver is back.

use crate::{
    cases::text,
    support::{
        Caller, Tenant, cards, platform, random,
        receiver::{Received, Receiver},
        run,
        time::{pause, unix, until},
        world,
    },
};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

/// Where webhooks are made.
pub const WEBHOOKS: &str = "/notifications/v1/webhooks";

/// Makes a webhook.
pub async fn subscribe(caller: &Caller, receiver: &Receiver, types: &[&str]) -> Value {
    caller
        .post(WEBHOOKS, &json!({"url": receiver.url(), "event_types": types}))
        .await
        .is(201)
}

/// Waits for events of these kinds, in any order.
async fn received(receiver: &Receiver, kinds: &[&str]) -> Vec<Received> {
    until(&format!("events {kinds:?}"), 40, async || {
        let seen = receiver.seen();
        let found: Vec<String> = seen.iter().map(|r| text(&r.json(), "type")).collect();
        kinds
            .iter()
            .all(|kind| found.iter().any(|f| f == kind))
            .then_some(seen)
    })
    .await
}

/// What was delivered to a webhook.
pub async fn deliveries(caller: &Caller, webhook: &Value) -> Vec<Value> {
    caller
        .all(&format!(
            "/notifications/v1/deliveries?webhook={}",
            text(webhook, "id")
        ))
        .await
}

#[test]
fn events_arrive_signed_and_say_nothing_personal() {
    run(async {
        let (tenant, neighbour) = (Tenant::new().await, world::neighbour().await);
        let (receiver, others) = (
            Receiver::start(platform(), |_| "204 No Content".into()).await,
            Receiver::start(platform(), |_| "200 OK".into()).await,
        );
        let kinds = [
            "customer.created",
            "payment_method.created",
            "payment.captured",
            "refund.succeeded",
        ];
        let webhook = subscribe(&tenant.all, &receiver, &kinds).await;
        let foreign = subscribe(&neighbour.all, &others, &kinds).await;
        let secret = text(&webhook, "secret");
        assert!(
            secret.starts_with("whsec_") && secret != text(&foreign, "secret"),
            "a secret of its own"
        );

        let person = world::customer_body();
        let customer = world::id(&tenant.all.post("/billing/v1/customers", &person).await);
        let number = cards::good();
        let card = world::card_body(&customer, &number);
        let method = world::id(&tenant.all.post("/vault/v1/payment-methods", &card).await);
        let trace = format!("00-{}-{}-01", hex::encode([7; 16]), hex::encode([9; 8]));
        let body = json!({"customer": customer, "payment_method": method, "amount": 900, "currency": "EUR"});
        let pay = tenant
            .all
            .request("POST", "/payments/v1/payments")
            .await
            .key(&random(20))
            .header("traceparent", &trace);
        let payment = text(&pay.json(&body).send().await.is(201), "id");
        tenant
            .all
            .post(&format!("/payments/v1/payments/{payment}/refunds"), &json!({}))
            .await
            .is(201);

        let seen = received(&receiver, &kinds).await;
        let verifier = Webhook::new(&secret).expect("the secret in the form of Standard Webhooks");
        let stranger = Webhook::new(&text(&foreign, "secret")).expect("another secret");
        for event in &seen {
            let json = event.json();
            assert!(event.line.starts_with("POST /hooks "), "{}", event.line);
            verifier
                .verify(&event.body, &event.headers)
                .unwrap_or_else(|e| panic!("{e}: {json}"));
            assert!(
                stranger.verify(&event.body, &event.headers).is_err(),
                "another webhook's secret signs"
            );
            let mut tampered = event.body.clone();
            *tampered.last_mut().expect("a body") ^= 1;
            assert!(
                verifier.verify(&tampered, &event.headers).is_err(),
                "the signature covers the body"
            );
            assert_eq!(
                event.headers["webhook-id"].to_str().ok(),
                json["id"].as_str(),
                "{json}"
            );
            assert!(
                text(&json, "id").starts_with("evt_") && json["data"].is_object(),
                "{json}"
            );
            assert!(text(&json, "timestamp").ends_with('Z'), "{json}");
            assert_eq!(event.headers["content-type"], "application/json");
            assert!(
                event.headers["user-agent"]
                    .to_str()
                    .is_ok_and(|agent| agent.contains("Ledgerkeep"))
            );
            let sent = event
                .headers
                .get("traceparent")
                .and_then(|trace| trace.to_str().ok());
            let is_payment = json["type"] == "payment.captured";
            let goes_on = sent.is_some_and(|sent| sent.starts_with(&trace[..36]) && sent.len() == 55);
            assert!(!is_payment || goes_on, "the trace of the call goes on: {sent:?}");
            let raw = String::from_utf8_lossy(&event.body).into_owned();
            for hidden in [
                person["name"].as_str(),
                person["email"].as_str(),
                card["holder"].as_str(),
                Some(&number),
            ] {
                assert!(!raw.contains(hidden.expect("a text")), "in clear: {raw}");
            }
        }
        let told: Vec<Value> = seen.iter().map(Received::json).collect();
        let captured = told
            .iter()
            .find(|event| event["type"] == "payment.captured")
            .expect("received");
        assert_eq!(captured["data"]["id"], payment.as_str(), "{captured}");
        pause(1_500).await;
        assert_eq!(receiver.seen().len(), 4, "each once: {told:?}");
        assert!(others.seen().is_empty(), "another tenant hears nothing");
        let listed = deliveries(&tenant.all, &webhook).await;
        assert_eq!(listed.len(), 4, "{listed:?}");
        for delivery in &listed {
            assert_eq!(
                (&delivery["status"], &delivery["attempts"][0]["status"]),
                (&json!("delivered"), &json!(204)),
                "{delivery}"
            );
        }
        let webhooks = tenant.all.get(WEBHOOKS).await;
        assert!(
            webhooks.ok()["data"][0].get("secret").is_none() && !webhooks.text.contains("whsec_"),
            "{}",
            webhooks.text
        );
    });
}

#[test]
fn only_what_was_asked_for_arrives() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = Receiver::start(platform(), |_| "200 OK".into()).await;
        subscribe(
            &tenant.all,
            &receiver,
            &["payment.declined", "payment.authorized", "payment.canceled"],
        )
        .await;
        tenant.payment(100, true).await;
        let authorized = text(&tenant.payment(100, false).await, "id");
        tenant
            .all
            .post(&format!("/payments/v1/payments/{authorized}/cancel"), &json!({}))
            .await
            .is(200);
        let poor = tenant.buyer_with(&cards::with("40000095")).await;
        tenant
            .all
            .post("/payments/v1/payments", &poor.pays(100, true))
            .await
            .is(201);
        received(
            &receiver,
            &["payment.declined", "payment.authorized", "payment.canceled"],
        )
        .await;
        pause(1_000).await;
        assert_eq!(receiver.seen().len(), 3);
    });
}

#[test]
fn a_failing_receiver_is_tried_again() {
    run(async {
        let tenant = Tenant::new().await;
        let status = |fails: usize| {
            move |n: usize| {
                if n < fails {
                    "500 Internal Server Error".into()
                } else {
                    "200 OK".to_owned()
                }
            }
        };
        let (once, twice) = (
            Receiver::start(platform(), status(1)).await,
            Receiver::start(platform(), status(2)).await,
        );
        let first = subscribe(&tenant.all, &once, &["customer.created"]).await;
        let second = subscribe(&tenant.all, &twice, &["customer.created"]).await;
        let before = unix();
        tenant.customer().await;
        let tries = async |receiver: &Receiver| {
            until("a second attempt", 40, async || {
                (receiver.seen().len() > 1).then(|| receiver.seen())
            })
            .await
        };
        for receiver in [&once, &twice] {
            let seen = tries(receiver).await;
            let between = seen[1].at.saturating_sub(seen[0].at).as_secs_f64();
            assert!(
                (3.0..20.0).contains(&between),
                "the second attempt came after {between} s"
            );
            assert_eq!(seen[0].headers["webhook-id"], seen[1].headers["webhook-id"]);
            assert_eq!(seen[0].body, seen[1].body, "the same bytes at every attempt");
        }
        let state = async |webhook: &Value, tries: usize| {
            until("both attempts are noted", 20, async || {
                let delivery = deliveries(&tenant.all, webhook)
                    .await
                    .into_iter()
                    .next()
                    .expect("a delivery");
                (delivery["attempts"].as_array().is_some_and(|a| a.len() == tries)).then_some(delivery)
            })
            .await
        };
        let delivered = state(&first, 2).await;
        assert_eq!(
            (
                &delivered["status"],
                &delivered["attempts"][0]["status"],
                &delivered["attempts"][1]["status"]
            ),
            (&json!("delivered"), &json!(500), &json!(200))
        );
        let pending = state(&second, 2).await;
        assert_eq!(
            (&pending["status"], &pending["attempts"][1]["status"]),
            (&json!("pending"), &json!(500))
        );
        // The third is due five minutes after the second, give or take its jitter.
        let next = text(&pending, "next_attempt_at");
        let clock = |time: &str| -> u64 {
            let part = |at: usize| time[at..at + 2].parse::<u64>().expect("digits");
            part(11) * 3600 + part(14) * 60 + part(17)
        };
        let wait = (clock(&next) + 86_400 - before % 86_400) % 86_400;
        assert!(
            (260..420).contains(&wait),
            "the third attempt is due after {wait} s: {pending}"
        );
    });
}

#[test]
fn a_webhook_gets_what_its_owner_may_see_and_ends_with_them() {
    run(async {
        let tenant = Tenant::new().await;
        let (blind, small) = (
            Receiver::start(platform(), |_| "204 No Content".into()).await,
            Receiver::start(platform(), |_| "204 No Content".into()).await,
        );
        // One may make webhooks and nothing else, the other sees payments up to 10.00.
        let (id, mut role) = crate::cases::a_role(0);
        let hooks = ["webhook.write", "webhook.read"].map(|r| json!({"right": r, "effect": "allow"}));
        role["grants"].as_array_mut().expect("grants").extend(hooks);
        tenant
            .both("PUT", &format!("/identity/v1/roles/{id}"), &role)
            .await
            .is(200);
        let (manager, clerk) = (
            tenant.client(&["webhook_manager"]).await,
            tenant.client(&[&id]).await,
        );
        let unseen = subscribe(&manager, &blind, &["*"]).await;
        let seen = subscribe(&clerk, &small, &["*"]).await;
        tenant.payment(1_001, true).await;
        let paid = text(&tenant.payment(1_000, true).await, "id");
        let first = received(&small, &["payment.captured"]).await;
        assert_eq!(first[0].json()["data"]["id"], paid.as_str());
        pause(1_500).await;
        let told: Vec<Value> = small.seen().iter().map(Received::json).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(blind.seen().is_empty(), "{:?}", blind.seen()[0].json());
        assert!(deliveries(&tenant.all, &unseen).await.is_empty());

        let me = text(&clerk.get("/identity/v1/me").await.ok(), "id");
        tenant
            .admin
            .delete(&format!("/tenancy/v1/api-clients/{me}"))
            .await
            .is(204);
        tenant.payment(900, true).await;
        let stopped = async || {
            let all = tenant.all.all(WEBHOOKS).await;
            all.into_iter()
                .find(|w| w["id"] == seen["id"] && w["status"] == "disabled")
        };
        let stopped = until("the webhook ends", 40, stopped).await;
        assert_eq!(
            (&stopped["disabled_reason"], &stopped["owner"]),
            (&json!("owner_gone"), &json!(me)),
            "{stopped}"
        );
        assert_eq!(small.seen().len(), 1, "nothing more is sent");
        // Whoever enables it owns it.
        let path = format!("{WEBHOOKS}/{}", text(&seen, "id"));
        let taken = manager
            .change("PATCH", &path, &json!({"status": "enabled"}))
            .await
            .is(200);
        assert_eq!(taken["owner"], manager.get("/identity/v1/me").await.ok()["id"]);
    });
}
