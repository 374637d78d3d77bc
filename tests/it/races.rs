//! Races: fifty hands reach for the last cent, the same key, the last place.

use crate::{
    cases::text,
    support::{
        Answer, Tenant, cards, random,
        receiver::Receiver,
        run,
        time::{until, within_the_hour},
        world,
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many there are.
const HANDS: usize = 50;

async fn at_once<T>(call: impl AsyncFn(usize) -> T) -> Vec<T> {
    join_all((0..HANDS).map(|hand| call(hand))).await
}

fn number(value: &Value, name: &str) -> i64 {
    value[name]
        .as_i64()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// Asks until it is answered: who loses to others for longer than a request lives hears 503 and repeats it.
async fn patiently(tenant: &Tenant, path: &str, body: &Value) -> Answer {
    let key = random(22);
    until("a racer is answered", 150, async || {
        let answer = tenant.all.post_as(path, &key, body).await;
        let open = answer.status == 503 || answer.code() == "idempotency_key_in_flight";
        (!open).then_some(answer)
    })
    .await
}

/// Sorts answers into those that were granted and those that were refused for want of something left.
fn granted(answers: &[Answer]) -> Vec<&Answer> {
    for answer in answers {
        let expected = answer.is_success() || [409, 422].contains(&answer.status);
        assert!(expected, "neither granted nor refused: {}", answer.told());
    }
    answers.iter().filter(|answer| answer.is_success()).collect()
}

#[test]
fn refunds_never_exceed_what_was_captured_and_the_exact_rest_is_refunded() {
    run(async {
        let tenant = Tenant::new().await;
        let path = format!(
            "/payments/v1/payments/{}",
            text(&tenant.payment(100, true).await, "id")
        );
        let refunds = format!("{path}/refunds");
        let answers = at_once(async |_| patiently(&tenant, &refunds, &json!({"amount": 3})).await).await;
        let done = granted(&answers);
        assert!(
            done.iter().all(|answer| answer.json()["status"] == "succeeded"),
            "the sandbox refunds this card"
        );
        assert_eq!(done.len(), 33, "33 times 3 fit into 100");
        assert_eq!(number(&tenant.all.get(&path).await.ok(), "refunded"), 99);
        tenant
            .all
            .post(&refunds, &json!({"amount": 2}))
            .await
            .refused(422, "invalid_input");
        let rest = tenant.all.post(&refunds, &json!({})).await.is(201);
        assert_eq!(
            (number(&rest, "amount"), &rest["status"]),
            (1, &json!("succeeded"))
        );
        tenant
            .all
            .post(&refunds, &json!({"amount": 1}))
            .await
            .refused(409, "wrong_state");
        let listed = tenant.all.all(&refunds).await;
        assert_eq!(
            listed.iter().map(|refund| number(refund, "amount")).sum::<i64>(),
            100
        );
        assert_eq!(number(&tenant.all.get(&path).await.ok(), "refunded"), 100);
    });
}

#[test]
fn captures_never_exceed_what_was_authorised() {
    run(async {
        let tenant = Tenant::new().await;
        let path = format!(
            "/payments/v1/payments/{}",
            text(&tenant.payment(100, false).await, "id")
        );
        let capture = format!("{path}/capture");
        let answers = at_once(async |_| patiently(&tenant, &capture, &json!({"amount": 3})).await).await;
        assert_eq!(granted(&answers).len(), 33, "33 times 3 fit into 100");
        let payment = tenant.all.get(&path).await.ok();
        assert_eq!(
            (number(&payment, "captured"), &payment["status"]),
            (99, &json!("partially_captured"))
        );
        let rest = tenant.all.post(&capture, &json!({})).await.is(200);
        assert_eq!(
            (number(&rest, "captured"), &rest["status"]),
            (100, &json!("captured"))
        );
    });
}

#[test]
fn a_payment_is_captured_or_canceled_and_never_both() {
    run(async {
        let tenant = Tenant::new().await;
        let path = format!(
            "/payments/v1/payments/{}",
            text(&tenant.payment(100, false).await, "id")
        );
        let answers = at_once(async |hand| {
            let verb = if hand % 2 == 0 { "capture" } else { "cancel" };
            tenant.all.post(&format!("{path}/{verb}"), &json!({})).await
        })
        .await;
        let done = granted(&answers);
        assert_eq!(
            done.len(),
            1,
            "one wins: {:?}",
            done.iter().map(|answer| answer.told()).collect::<Vec<_>>()
        );
        let payment = tenant.all.get(&path).await.ok();
        assert_eq!(payment["status"], done[0].json()["status"]);
        let captured = if payment["status"] == "captured" { 100 } else { 0 };
        assert_eq!(number(&payment, "captured"), captured, "{payment}");
    });
}

#[test]
fn one_key_is_one_payment() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let (key, body) = (random(30), buyer.pays(100, true));
        let mut bodies = BTreeSet::new();
        for _ in 0..40 {
            let answers =
                at_once(async |_| tenant.all.post_as("/payments/v1/payments", &key, &body).await).await;
            let mut waiting = 0;
            for answer in &answers {
                match (answer.status, answer.code().as_str()) {
                    (201, _) => _ = bodies.insert(answer.text.clone()),
                    (409, "idempotency_key_in_flight") => waiting += 1,
                    _ => panic!("{}", answer.told()),
                }
            }
            if waiting == 0 {
                break;
            }
        }
        assert_eq!(bodies.len(), 1, "one answer for all: {bodies:?}");
        let paid = tenant
            .all
            .all(&format!("/payments/v1/payments?customer={}", buyer.customer))
            .await;
        assert_eq!(paid.len(), 1, "{paid:?}");
        let last = tenant.all.post_as("/payments/v1/payments", &key, &body).await;
        assert_eq!(
            (last.status, last.header("idempotent-replayed")),
            (201, "true"),
            "{}",
            last.told()
        );
    });
}

#[test]
fn one_key_is_one_customer_and_one_refund() {
    run(async {
        let tenant = Tenant::new().await;
        let (key, body) = (random(30), world::customer_body());
        let answers = at_once(async |_| tenant.all.post_as("/billing/v1/customers", &key, &body).await).await;
        let made: BTreeSet<String> = answers.iter().map(|answer| text(&answer.is(201), "id")).collect();
        assert_eq!(made.len(), 1, "{made:?}");
        assert_eq!(tenant.all.all("/billing/v1/customers").await.len(), 1);

        let refunds = format!(
            "/payments/v1/payments/{}/refunds",
            text(&tenant.payment(100, true).await, "id")
        );
        let answers =
            at_once(async |_| tenant.all.post_as(&refunds, &key, &json!({"amount": 10})).await).await;
        let made: BTreeSet<String> = granted(&answers)
            .iter()
            .map(|answer| text(&answer.json(), "id"))
            .collect();
        assert_eq!(made.len(), 1, "{made:?}");
        assert_eq!(tenant.all.all(&refunds).await.len(), 1);
    });
}

#[test]
fn a_card_gets_no_more_payments_an_hour_than_its_limit() {
    run(async {
        within_the_hour(120).await;
        let tenant = Tenant::new().await;
        // The same card, stored by two customers.
        let number = cards::good();
        let buyers = [tenant.buyer_with(&number).await, tenant.buyer_with(&number).await];
        let answers = at_once(async |hand| {
            tenant
                .all
                .post("/payments/v1/payments", &buyers[hand % 2].pays(100, true))
                .await
                .is(201)
        })
        .await;
        let count = |status: &str| answers.iter().filter(|paid| paid["status"] == status).count();
        assert_eq!((count("captured"), count("declined")), (20, 30), "{answers:?}");
        let declined = answers
            .iter()
            .find(|paid| paid["status"] == "declined")
            .expect("a decline");
        assert_eq!(declined["risk"]["reasons"][0]["code"], "velocity", "{declined}");
    });
}

#[test]
fn a_tenant_gets_no_more_webhooks_than_its_limit() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = Receiver::start(crate::support::platform(), |_| "200 OK".to_owned()).await;
        let body = json!({"url": receiver.url(), "event_types": ["refund.failed"]});
        let mut made = 0;
        for _ in 0..2 {
            let answers = at_once(async |_| tenant.all.post("/notifications/v1/webhooks", &body).await).await;
            for refused in answers.iter().filter(|answer| !answer.is_success()) {
                refused.refused(409, "too_many_webhooks");
            }
            made += answers.iter().filter(|answer| answer.is_success()).count();
        }
        assert_eq!(made, tenant.all.all("/notifications/v1/webhooks").await.len());
        assert_eq!(made, 50, "a hundred tried");
    });
}

#[test]
fn tenants_with_the_same_people_share_nothing() {
    run(async {
        // All of them are made, and each knows its own.
        let people = [world::Person::new(), world::Person::new()];
        let operator = world::operator(crate::support::platform());
        let mut ids = BTreeSet::new();
        for _ in 0..5 {
            let made = operator
                .post("/tenancy/v1/tenants", &world::tenant_body("Same", &people))
                .await;
            ids.insert(text(&made.is(201), "id"));
        }
        assert_eq!(ids.len(), 5);
        for id in ids {
            let me = Tenant::user(&operator.http, &id, &people[0])
                .get("/identity/v1/me")
                .await
                .ok();
            assert_eq!(text(&me, "tenant"), id);
        }
    });
}
