//! Reviews: payments that wait for a person, go on or end once, and charge nothing in between.

use crate::{
    cases::text,
    support::{
        Answer, Tenant, random, run,
        time::{rfc3339, unix, until},
        world,
    },
};
use futures::future::join_all;
use serde_json::{Value, json};

const PAYMENTS: &str = "/payments/v1/payments";
const REVIEWS: &str = "/risk/v1/reviews";

fn decision(decision: &str) -> Value {
    json!({"decision": decision, "reason": "The bank has called", "label": "genuine"})
}

fn of(payment: &Value) -> String {
    format!("{REVIEWS}/{}", text(payment, "review"))
}

async fn read(tenant: &Tenant, payment: &Value) -> Value {
    tenant
        .all
        .get(&format!("{PAYMENTS}/{}", text(payment, "id")))
        .await
        .ok()
}

/// What becomes of a payment once it waits no more.
async fn after(tenant: &Tenant, payment: &Value) -> Value {
    until("the payment goes on or ends", 150, async || {
        Some(read(tenant, payment).await).filter(|paid| paid["status"] != "in_review")
    })
    .await
}

#[test]
fn a_payment_waits_for_another_person_and_can_be_given_up() {
    run(async {
        let tenant = Tenant::new().await;
        let waiting = tenant.in_review().await;
        assert_eq!(
            (&waiting["captured"], &waiting["risk"]["outcome"]),
            (&json!(0), &json!("review"))
        );
        let path = format!("{PAYMENTS}/{}", text(&waiting, "id"));
        for (verb, body) in [("capture", json!({})), ("refunds", json!({"amount": 1}))] {
            let refused = tenant.all.post(&format!("{path}/{verb}"), &body).await;
            assert_eq!(refused.refused(409, "wrong_state")["state"], "in_review");
        }
        let rare = tenant.all.all(&format!("{PAYMENTS}?status=in_review")).await;
        assert_eq!(rare.len(), 1);
        // Who made a payment does not decide about it, also not by another client.
        let own = tenant.buyer().await.pays(7_777, true);
        let own = tenant.all.post(PAYMENTS, &own).await.is(201);
        let refused = tenant
            .all
            .post(&format!("{}/decide", of(&own)), &decision("approve"))
            .await;
        refused.refused(403, "own_request");
        let queue = tenant.all.all(REVIEWS).await;
        let ids: Vec<String> = queue.iter().map(|review| text(review, "payment")).collect();
        assert_eq!(ids, [text(&waiting, "id"), text(&own, "id")], "what is due first");
        // A claim keeps others away, and their queue shows what is free.
        let other = tenant.client(&["risk_analyst"]).await;
        let review = of(&waiting);
        tenant
            .all
            .post(&format!("{review}/claim"), &json!({}))
            .await
            .is(200);
        for verb in ["claim", "release", "decide"] {
            let body = if verb == "decide" {
                decision("approve")
            } else {
                json!({})
            };
            let refused = other.post(&format!("{review}/{verb}"), &body).await;
            refused.refused(409, "review_claimed");
        }
        let free = other.all(&format!("{REVIEWS}?claim=free")).await;
        assert_eq!(free.len(), 1);
        tenant
            .all
            .post(&format!("{review}/release"), &json!({}))
            .await
            .is(200);
        assert_eq!(other.all(&format!("{REVIEWS}?claim=free")).await.len(), 2);
        // Nobody waits for a payment that was given up.
        let canceled = tenant
            .all
            .post(&format!("{path}/cancel"), &json!({}))
            .await
            .is(200);
        assert_eq!(
            (&canceled["status"], &canceled["released"]),
            (&json!("canceled"), &json!(0))
        );
        assert_eq!(tenant.all.get(&review).await.ok()["status"], "withdrawn");
        let whose = format!("customer={}", text(&waiting, "customer"));
        for (query, count) in [
            ("status=withdrawn", 1),
            ("status=open", 1),
            (whose.as_str(), 1),
            ("label=fraud", 0),
        ] {
            let listed = other.all(&format!("{REVIEWS}?{query}")).await;
            assert_eq!(listed.len(), count, "{query}: {listed:?}");
        }
        let late = other
            .post(&format!("{review}/decide"), &decision("approve"))
            .await;
        assert_eq!(late.refused(409, "wrong_state")["state"], "withdrawn");
    });
}

#[test]
fn of_fifty_who_decide_one_does_and_the_payment_follows() {
    run(async {
        let tenant = Tenant::new().await;
        let (approved, declined) = (tenant.in_review().await, tenant.in_review().await);
        let invoice = tenant
            .open_invoice(text(&approved, "customer").as_str(), &["7777"])
            .await;
        let card = json!({"payment_method": approved["payment_method"]});
        let other = world::issue(&tenant.second, &tenant.admin, &["integration"]).await;
        let pending = other.post(&format!("{invoice}/pay"), &card).await.is(200);
        assert_eq!(
            (&pending["status"], &pending["payment"]["status"]),
            (&json!("open"), &json!("pending")),
            "{pending}"
        );
        let mut decided = Vec::new();
        for (payment, what) in [(&approved, "approve"), (&declined, "decline")] {
            let path = format!("{}/decide", of(payment));
            let hands = (0..50).map(|hand| {
                let opposite = if what == "approve" { "decline" } else { "approve" };
                // Every hand but the first ones says the opposite, whoever comes first.
                let body = decision(if hand % 2 == 0 { what } else { opposite });
                let (tenant, path) = (&tenant, &path);
                async move { tenant.all.post_as(path, &random(22), &body).await }
            });
            let answers: Vec<Answer> = join_all(hands).await;
            let done: Vec<&Answer> = answers.iter().filter(|answer| answer.is_success()).collect();
            assert_eq!(done.len(), 1, "one of fifty decides");
            for answer in answers.iter().filter(|answer| !answer.is_success()) {
                assert!([409, 503].contains(&answer.status), "{}", answer.told());
            }
            decided.push(done[0].json());
        }
        let review = format!("{REVIEWS}?customer={}", text(&pending, "customer"));
        let waits = tenant.all.all(&format!("{review}&status=open")).await;
        assert_eq!(waits.len(), 1, "{waits:?}");
        let path = format!("{REVIEWS}/{}/decide", text(&waits[0], "id"));
        tenant.all.post(&path, &decision("approve")).await.is(200);
        for (payment, review) in [&approved, &declined].into_iter().zip(&decided) {
            let labels = tenant
                .all
                .all(&format!("/risk/v1/labels?payment={}", text(payment, "id")))
                .await;
            assert_eq!(labels.len(), 1);
            assert_eq!(
                (&labels[0]["label"], &review["reason"]),
                (&json!("genuine"), &json!("The bank has called"))
            );
            let ended = after(&tenant, payment).await;
            let approved = review["status"] == "approved";
            let (status, captured, code) = if approved {
                ("captured", 7_777, Value::Null)
            } else {
                ("declined", 0, json!("review_declined"))
            };
            assert_eq!(
                (&ended["status"], &ended["captured"]),
                (&json!(status), &json!(captured))
            );
            assert_eq!(ended["decline_code"], code, "{ended}");
        }
    });
}

#[test]
fn a_version_in_shadow_is_told_to_analysts_and_decides_nothing() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.reviews().await;
        let read = tenant.all.get("/risk/v1/rules").await.ok();
        let mut rules = world::risk_rules(&read, &[]);
        rules["conditions"] = json!([{"id": "all", "when": "amount > 0", "decision": "block"}]);
        let draft = tenant.all.request("PUT", "/risk/v1/rules").await.json(&rules);
        let version = draft.send().await.is(200)["version"].clone();
        let shadow = async |body: Value| {
            let put = tenant.all.request("PUT", "/risk/v1/rules/shadow").await;
            put.json(&body).send().await
        };
        let long = json!({"version": version.to_string(), "until": "2999-01-01T00:00:00Z"});
        assert_eq!(shadow(long).await.pointers(), ["/until"]);
        let until = rfc3339(unix() + 3_600);
        shadow(json!({"version": version.to_string(), "until": until}))
            .await
            .is(200);
        assert_eq!(tenant.all.get("/risk/v1/rules").await.ok()["shadow"], version);
        let paid = tenant.payment(100, true).await;
        assert_eq!(
            (&paid["status"], &paid["shadow"]),
            (&json!("captured"), &Value::Null)
        );
        let path = format!("{PAYMENTS}/{}", text(&paid, "id"));
        let told = &tenant.all.get(&path).await.ok()["shadow"];
        assert_eq!(
            (&told["outcome"], &told["version"]),
            (&json!("decline"), &version)
        );
        let shop = tenant.client(&["integration"]).await;
        assert!(shop.get(&path).await.ok()["shadow"].is_null());
        let body = json!({"customer": paid["customer"], "amount": 100, "currency": "EUR"});
        let check = tenant.all.post("/risk/v1/checks", &body).await.is(201);
        assert_eq!(
            (&check["outcome"], &check["shadow"]["outcome"]),
            (&json!("accept"), &json!("decline"))
        );
        let check = shop
            .get(&format!("/risk/v1/checks/{}", text(&check, "id")))
            .await
            .ok();
        assert!(check["shadow"].is_null(), "{check}");
        shadow(json!({})).await.is(200);
        let paid = tenant.payment(100, true).await;
        let path = format!("{PAYMENTS}/{}", text(&paid, "id"));
        assert!(tenant.all.get(&path).await.ok()["shadow"].is_null());
    });
}

#[test]
fn a_label_says_since_when_it_is_known_and_stands_once() {
    run(async {
        let tenant = Tenant::new().await;
        let paid = tenant.payment(100, true).await;
        let check = json!({"customer": paid["customer"], "amount": 100, "currency": "EUR"});
        let check = tenant.all.post("/risk/v1/checks", &check).await.is(201);
        let body = json!({"payment": paid["id"], "label": "chargeback", "occurred_at": "2026-01-01T00:00:00Z", "label_at": "2026-01-08T00:00:00Z"});
        let hands = join_all((0..50).map(|_| tenant.all.post("/risk/v1/labels", &body))).await;
        let first = hands[0].is(201);
        for answer in &hands {
            assert_eq!(answer.is(201), first);
        }
        let mut moved = body.clone();
        moved["occurred_at"] = json!("2026-01-02T00:00:00Z");
        tenant
            .all
            .post("/risk/v1/labels", &moved)
            .await
            .refused(409, "already_labeled");
        tenant
            .all
            .post(
                "/risk/v1/labels",
                &json!({"check": check["id"], "label": "genuine"}),
            )
            .await
            .is(201);
        let known = tenant.all.all("/risk/v1/labels").await;
        let labels: Vec<String> = known.iter().map(|label| text(label, "label")).collect();
        assert_eq!(labels, ["genuine", "chargeback"]);
        for (body, pointer) in [
            (json!({"label": "fraud"}), "/payment"),
            (
                json!({"payment": paid["id"], "check": check["id"], "label": "fraud"}),
                "/check",
            ),
            (
                json!({"payment": "pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "label": "fraud"}),
                "/payment",
            ),
            (
                json!({"payment": paid["id"], "label": "fraud", "label_at": "2999-01-01T00:00:00Z"}),
                "/label_at",
            ),
            (
                json!({"payment": paid["id"], "label": "fraud", "label_at": "2026-01-01T00:00:00Z"}),
                "/occurred_at",
            ),
        ] {
            let answer = tenant.all.post("/risk/v1/labels", &body).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), [pointer], "{body}: {}", answer.told());
        }
    });
}
