//! Payments: every outcome, every state and what it does not allow, and outcomes that nobody told.

use crate::{
    cases::text,
    support::{Findings, Tenant, cards, run, time::until},
};
use serde_json::{Value, json};

const PAYMENTS: &str = "/payments/v1/payments";

async fn pay(tenant: &Tenant, number: &str, cents: i64, capture: bool) -> Value {
    let buyer = tenant.buyer_with(number).await;
    tenant
        .all
        .post(PAYMENTS, &buyer.pays(cents, capture))
        .await
        .is(201)
}

fn of(payment: &Value) -> String {
    format!("{PAYMENTS}/{}", text(payment, "id"))
}

/// What must be refused in a state: 409 with that state, and nothing changed.
async fn refuses(tenant: &Tenant, payment: &Value, verbs: &[&str]) {
    let path = of(payment);
    let before = tenant.all.get(&path).await.ok();
    for verb in verbs {
        let refused = tenant
            .all
            .post(&format!("{path}/{verb}"), &json!({}))
            .await
            .refused(409, "wrong_state");
        assert_eq!(refused["state"], before["status"], "{verb}: {refused}");
    }
    assert_eq!(tenant.all.get(&path).await.ok(), before);
}

#[test]
fn the_card_decides_on_the_outcome() {
    run(async {
        let tenant = Tenant::new().await;
        let mut findings = Findings::default();
        for (number, capture, status, decline) in [
            ("4242424242424242".to_owned(), true, "captured", Value::Null),
            ("4242424242424242".to_owned(), false, "authorized", Value::Null),
            ("5555555555554444".to_owned(), true, "captured", Value::Null),
            ("378282246310005".to_owned(), true, "captured", Value::Null),
            (
                cards::with("40000002"),
                true,
                "declined",
                json!("generic_decline"),
            ),
            (
                cards::with("40000002"),
                false,
                "declined",
                json!("generic_decline"),
            ),
            (
                cards::with("40000095"),
                true,
                "declined",
                json!("insufficient_funds"),
            ),
            (
                cards::with("40000119"),
                true,
                "declined",
                json!("processing_error"),
            ),
            (
                "4111111111111111".to_owned(),
                true,
                "declined",
                json!("test_card_required"),
            ),
            (cards::unanswered(true), true, "unknown", Value::Null),
        ] {
            let paid = pay(&tenant, &number, 1234, capture).await;
            let captured = if status == "captured" { 1234 } else { 0 };
            let right =
                paid["status"] == status && paid["decline_code"] == decline && paid["captured"] == captured;
            findings.check(right, || format!("{number}: {paid}"));
            let shown = [
                &paid["amount"],
                &paid["currency"],
                &paid["refunded"],
                &paid["risk"]["outcome"],
                &paid["card"]["last4"],
            ];
            let expected = [
                &json!(1234),
                &json!("EUR"),
                &json!(0),
                &json!("accept"),
                &json!(number[number.len() - 4..]),
            ];
            findings.check(shown == expected, || format!("{number}: {paid}"));
            findings.check(!paid.to_string().contains(&number), || {
                format!("{number} is in {paid}")
            });
            let read = tenant.all.get(&of(&paid)).await.ok();
            findings.check(read == paid || status == "unknown", || {
                format!("{read} is not {paid}")
            });
            if status == "declined" {
                refuses(&tenant, &paid, &["capture", "cancel", "refunds"]).await;
            }
        }
        findings.none();
    });
}

#[test]
fn authorised_captured_in_parts_and_given_back_to_the_cent() {
    run(async {
        let tenant = Tenant::new().await;
        let paid = pay(&tenant, &cards::good(), 1000, false).await;
        let (path, all) = (of(&paid), &tenant.all);
        refuses(&tenant, &paid, &["refunds"]).await;
        let part = all
            .post(&format!("{path}/capture"), &json!({"amount": 300}))
            .await
            .is(200);
        assert_eq!(
            (&part["status"], &part["captured"]),
            (&json!("partially_captured"), &json!(300))
        );
        all.post(&format!("{path}/capture"), &json!({"amount": 701}))
            .await
            .refused(422, "invalid_input");
        all.post(&format!("{path}/refunds"), &json!({"amount": 301}))
            .await
            .refused(422, "invalid_input");
        let refund = all
            .post(
                &format!("{path}/refunds"),
                &json!({"amount": 200, "reason": "Broken"}),
            )
            .await
            .is(201);
        assert_eq!(
            (&refund["status"], &refund["amount"], &refund["payment"]),
            (&json!("succeeded"), &json!(200), &paid["id"])
        );
        assert!(text(&refund, "id").starts_with("ref_"), "{refund}");
        let rest = all.post(&format!("{path}/capture"), &json!({})).await.is(200);
        assert_eq!(
            (&rest["status"], &rest["captured"], &rest["refunded"]),
            (&json!("captured"), &json!(1000), &json!(200))
        );
        refuses(&tenant, &paid, &["capture", "cancel"]).await;
        let last = all.post(&format!("{path}/refunds"), &json!({})).await.is(201);
        assert_eq!((&last["amount"], &last["currency"]), (&json!(800), &json!("EUR")));
        refuses(&tenant, &paid, &["refunds", "capture", "cancel"]).await;
        let listed = all.all(&format!("{path}/refunds")).await;
        assert_eq!(listed.len(), 2, "{listed:?}");
        assert_eq!(all.get(&path).await.ok()["refunded"], 1000);
    });
}

#[test]
fn the_rest_of_a_hold_is_let_go_by_the_last_capture_or_by_canceling() {
    run(async {
        let tenant = Tenant::new().await;
        let shown = |p: &Value| (text(p, "status"), p["captured"].as_i64(), p["released"].as_i64());
        let expected = ("captured".to_owned(), Some(400), Some(600));
        let paid = pay(&tenant, &cards::good(), 1000, false).await;
        let capture = format!("{}/capture", of(&paid));
        let last = tenant
            .all
            .post(&capture, &json!({"amount": 400, "final": true}))
            .await
            .is(200);
        assert_eq!(shown(&last), expected, "{last}");
        refuses(&tenant, &paid, &["capture", "cancel"]).await;
        let paid = pay(&tenant, &cards::good(), 1000, false).await;
        let capture = format!("{}/capture", of(&paid));
        tenant.all.post(&capture, &json!({"amount": 400})).await.is(200);
        let rest = tenant
            .all
            .post(&format!("{}/cancel", of(&paid)), &json!({}))
            .await
            .is(200);
        assert_eq!(shown(&rest), expected, "{rest}");
        refuses(&tenant, &paid, &["capture", "cancel"]).await;
        let refunds = format!("{}/refunds", of(&paid));
        tenant
            .all
            .post(&refunds, &json!({"amount": 401}))
            .await
            .refused(422, "invalid_input");
        tenant.all.post(&refunds, &json!({"amount": 400})).await.is(201);
    });
}

#[test]
fn canceled_is_final() {
    run(async {
        let tenant = Tenant::new().await;
        let paid = pay(&tenant, &cards::good(), 1000, false).await;
        let canceled = tenant
            .all
            .post(&format!("{}/cancel", of(&paid)), &json!({}))
            .await
            .is(200);
        assert_eq!(
            (&canceled["status"], &canceled["captured"]),
            (&json!("canceled"), &json!(0))
        );
        refuses(&tenant, &paid, &["cancel", "capture", "refunds"]).await;
        let captured = pay(&tenant, &cards::good(), 1000, true).await;
        refuses(&tenant, &captured, &["cancel", "capture"]).await;
    });
}

#[test]
fn a_failed_refund_gives_nothing_back_and_leaves_the_money_refundable() {
    run(async {
        let tenant = Tenant::new().await;
        let paid = pay(&tenant, &cards::with("40005126"), 500, true).await;
        let refunds = format!("{}/refunds", of(&paid));
        for _ in 0..2 {
            let refund = tenant.all.post(&refunds, &json!({"amount": 500})).await.is(201);
            assert_eq!(refund["status"], "failed", "{refund}");
        }
        let payment = tenant.all.get(&of(&paid)).await.ok();
        assert_eq!(
            (&payment["refunded"], &payment["status"]),
            (&json!(0), &json!("captured"))
        );
        let listed = tenant.all.all(&refunds).await;
        assert!(
            listed.len() == 2 && listed.iter().all(|refund| refund["status"] == "failed"),
            "{listed:?}"
        );
    });
}

/// Slow: the worker that asks runs every minute.
#[test]
fn outcomes_that_nobody_told_are_asked_for_and_never_tried_again() {
    run(async {
        let tenant = Tenant::new().await;
        let all = &tenant.all;
        let approved = pay(&tenant, &cards::unanswered(true), 700, true).await;
        let authorised = pay(&tenant, &cards::unanswered(true), 700, false).await;
        let declined = pay(&tenant, &cards::unanswered(false), 700, true).await;
        for paid in [&approved, &authorised, &declined] {
            assert_eq!(paid["status"], "unknown", "{paid}");
            refuses(&tenant, paid, &["capture", "cancel", "refunds"]).await;
        }
        // Whether it was done is not known either of what follows a payment with this card.
        let later = pay(&tenant, &cards::with("40007726"), 701, false).await;
        all.post(&format!("{}/capture", of(&later)), &json!({"amount": 400}))
            .await
            .ok();
        let refunded = pay(&tenant, &cards::with("40007726"), 900, true).await;
        let refunds = format!("{}/refunds", of(&refunded));
        let [even, odd] = [
            all.post(&refunds, &json!({"amount": 400})).await,
            all.post(&refunds, &json!({"amount": 301})).await,
        ];
        for refund in [&even, &odd] {
            assert_eq!(refund.is(201)["status"], "pending", "{}", refund.told());
        }
        all.post(&refunds, &json!({"amount": 200}))
            .await
            .refused(422, "invalid_input");

        let settled = |paid: &Value, status: &'static str| {
            let (path, all) = (of(paid), all.clone());
            until("the outcome is found out", 150, async move || {
                let now = all.get(&path).await.ok();
                (now["status"] == status).then_some(now)
            })
        };
        assert_eq!(settled(&approved, "captured").await["captured"], 700);
        assert_eq!(settled(&authorised, "authorized").await["captured"], 0);
        assert_eq!(
            settled(&declined, "declined").await["decline_code"],
            "generic_decline"
        );
        assert_eq!(settled(&later, "partially_captured").await["captured"], 400);
        let states = until("the refunds are found out", 150, async || {
            let listed = all.all(&refunds).await;
            let state = |id: &Value| {
                listed.iter().find(|refund| refund["id"] == *id).expect("listed")["status"].clone()
            };
            let states = (state(&even.json()["id"]), state(&odd.json()["id"]));
            (states.0 != "pending" && states.1 != "pending").then_some(states)
        });
        assert_eq!(
            states.await,
            (json!("succeeded"), json!("failed")),
            "even amounts were refunded, odd ones were not"
        );
        assert_eq!(all.get(&of(&refunded)).await.ok()["refunded"], 400);
        // What was let go again can be refunded.
        assert_eq!(
            all.post(&refunds, &json!({"amount": 500})).await.is(201)["amount"],
            500
        );
        // An authorisation that turned out to be there can be captured.
        assert_eq!(
            all.post(&format!("{}/capture", of(&authorised)), &json!({}))
                .await
                .is(200)["status"],
            "captured"
        );
    });
}
