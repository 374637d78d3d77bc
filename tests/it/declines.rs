//! Declines by the risk screen, with their reasons; and lists of payments.

use crate::{
    cases::text,
    support::{Tenant, cards, run, time::within_the_hour},
};
use serde_json::{Value, json};

const PAYMENTS: &str = "/payments/v1/payments";

#[test]
fn amounts_above_the_limit_of_their_currency_are_declined_with_a_reason() {
    run(async {
        let tenant = Tenant::new().await;
        let limits = [("EUR", 100_000), ("JPY", 1_000), ("KWD", 1_000_000)];
        tenant.limits_amounts(&limits).await;
        for (currency, most) in limits {
            for (amount, expected) in [(most, "captured"), (most + 1, "declined")] {
                let buyer = tenant.buyer().await;
                let mut body = buyer.pays(amount, true);
                body["currency"] = json!(currency);
                let paid = tenant.all.post(PAYMENTS, &body).await.is(201);
                assert_eq!(paid["status"], expected, "{amount} {currency}: {paid}");
                if expected == "declined" {
                    let risk = &paid["risk"];
                    assert_eq!(
                        (&risk["outcome"], &risk["reasons"][0]["code"]),
                        (&json!("decline"), &json!("amount_limit")),
                        "{paid}"
                    );
                    let rule = format!("amount_{}", currency.to_lowercase());
                    assert_eq!(risk["reasons"][0]["rule"], rule.as_str(), "{paid}");
                    assert!(risk["score"].as_u64().is_some_and(|score| score >= 75), "{paid}");
                    assert!(!text(&risk["reasons"][0], "detail").is_empty(), "{paid}");
                    assert_eq!(paid["captured"], 0);
                }
            }
        }
    });
}

#[test]
fn nothing_limits_an_amount_until_the_tenant_does_and_two_people_agree() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let pays = async |amount: i64, currency: &str| {
            let mut body = buyer.pays(amount, true);
            body["currency"] = json!(currency);
            tenant.all.post(PAYMENTS, &body).await.is(201)
        };
        for (amount, currency) in [(1_001, "JPY"), (120_000, "EUR"), (999_999_999_999, "KWD")] {
            assert_eq!(pays(amount, currency).await["status"], "captured", "{currency}");
        }
        let shipped = tenant.all.get("/risk/v1/rules").await.ok();
        assert_eq!(
            (&shipped["live"]["version"], &shipped["draft"]),
            (&json!(0), &Value::Null)
        );
        assert_eq!(
            shipped["live"]["rules"].as_array().map(Vec::len),
            Some(2),
            "{shipped}"
        );

        let draft = tenant.risk_draft(&[("EUR", 100_000)]).await;
        let path = format!("/risk/v1/rules/{draft}");
        assert_eq!(tenant.all.get(&path).await.ok()["status"], "draft");
        assert_eq!(
            pays(120_000, "EUR").await["status"],
            "captured",
            "a draft limits nothing"
        );
        let publish = tenant.all.request("POST", &format!("{path}/publish")).await;
        let publish = publish.json(&json!({})).key("publish");
        let waiting = publish.clone().send().await;
        waiting.is(202);
        assert_eq!(
            pays(120_000, "EUR").await["status"],
            "captured",
            "nobody has agreed"
        );
        let approval = tenant.decides(&waiting, "approve").await;
        publish.header("approval-id", &approval).send().await.is(200);
        let declined = pays(120_000, "EUR").await;
        assert_eq!(declined["risk"]["reasons"][0]["rule"], "amount_eur", "{declined}");
        assert_eq!(pays(1_001, "JPY").await["status"], "captured");

        // An invoice says why, too, and is paid once the limit is another one.
        let invoice = tenant.open_invoice(&buyer.customer, &["120000"]).await;
        let paid = tenant.all.post(&format!("{invoice}/pay"), &json!({})).await.ok();
        let why = paid["payment"]["decline_reasons"][0].as_str().unwrap_or_default();
        assert!(why.contains("100000 minor units of EUR"), "{paid}");
        tenant.limits_amounts(&[("EUR", 200_000)]).await;
        let paid = tenant.all.post(&format!("{invoice}/pay"), &json!({})).await.ok();
        assert_eq!(paid["status"], "paid", "{paid}");
        let rules = tenant.all.get("/risk/v1/rules").await.ok();
        assert_eq!(
            (&rules["live"]["version"], &rules["latest"]),
            (&json!(2), &json!(2))
        );
        assert_eq!(tenant.all.get(&path).await.ok()["status"], "retired");
        let old = json!({"replaces": 1, "rules": []});
        let old = tenant.all.request("PUT", "/risk/v1/rules").await.json(&old);
        old.send().await.refused(409, "wrong_version");
    });
}

#[test]
fn an_analyst_writes_tries_and_ships_a_rule_and_a_decline_says_which_it_was() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let rules = json!([
            {"id": "large", "when": "amount_major > 500.5", "points": 40},
            {"id": "gift", "about": "Gifts", "when": "coalesce(metadata.kind, \"\") = \"gift\"", "points": 35},
            {"id": "second", "when": "coalesce(card.payments_hour, 0) >= 1 and currency = \"CHF\"", "decision": "block"},
            {"id": "looked_at", "when": "amount = 777", "decision": "review", "checks_only": true},
        ]);
        let live = tenant.all.get("/risk/v1/rules").await.ok();
        let draft = async |conditions: &Value| {
            let body =
                json!({"replaces": live["latest"], "rules": live["live"]["rules"], "conditions": conditions});
            tenant
                .all
                .request("PUT", "/risk/v1/rules")
                .await
                .json(&body)
                .send()
                .await
        };
        let wrong = json!([{"id": "x", "when": "amount > 1 and\n  card.bin = \"4\"", "points": 1}]);
        let refused = draft(&wrong).await.is(422);
        assert_eq!(refused["errors"][0]["pointer"], "/conditions/0/when", "{refused}");
        let detail = text(&refused["errors"][0], "detail");
        assert!(detail.starts_with("line 2, column 3"), "{refused}");

        let tried = json!({"conditions": rules, "customer": buyer.customer, "payment_method": buyer.card, "amount": 60_000,
            "currency": "EUR", "metadata": {"kind": "gift"}});
        let tried = tenant.all.post("/risk/v1/rules/try", &tried).await.ok();
        assert_eq!(
            (&tried["outcome"], &tried["score"], &tried["outcome_now"]),
            (&json!("decline"), &json!(75), &json!("accept")),
            "{tried}"
        );
        let version = draft(&rules).await.is(200)["version"].to_string();
        let publish = tenant
            .all
            .request("POST", &format!("/risk/v1/rules/{version}/publish"))
            .await;
        tenant
            .with_approval(publish.json(&json!({})).key("ship"))
            .await
            .is(200);

        let mut body = buyer.pays(60_000, true);
        body["metadata"] = json!({"kind": "gift"});
        let paid = tenant.all.post(PAYMENTS, &body).await.is(201);
        let reasons = &paid["risk"]["reasons"];
        assert_eq!(
            (&paid["status"], &paid["risk"]["score"]),
            (&json!("declined"), &json!(75)),
            "{paid}"
        );
        assert_eq!(
            (&reasons[0]["rule"], &reasons[0]["value"]),
            (&json!("large"), &json!("amount_major = 600")),
            "{paid}"
        );
        assert_eq!(
            (&reasons[1]["detail"], &reasons[1]["points"]),
            (&json!("Gifts"), &json!(35)),
            "{paid}"
        );
        assert_eq!(reasons[1]["value"], "metadata.kind given", "{paid}");
        // The first of an hour goes on; the second is told that it is one.
        for expected in ["captured", "declined"] {
            let mut body = buyer.pays(100, true);
            body["currency"] = json!("CHF");
            let paid = tenant.all.post(PAYMENTS, &body).await.is(201);
            assert_eq!(paid["status"], expected, "{paid}");
        }
        let check = json!({"customer": buyer.customer, "amount": 777, "currency": "EUR"});
        let check = tenant.all.post("/risk/v1/checks", &check).await.is(201);
        assert_eq!(
            (&check["outcome"], &check["version"]),
            (&json!("review"), &json!(1)),
            "{check}"
        );
        assert_eq!(
            tenant.all.post(PAYMENTS, &buyer.pays(777, true)).await.is(201)["status"],
            "captured"
        );
    });
}

#[test]
fn too_many_payments_of_a_customer_within_the_hour_are_declined_with_a_reason() {
    run(async {
        within_the_hour(90).await;
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let cards = [
            tenant.card(&customer, &cards::good()).await,
            tenant.card(&customer, &cards::good()).await,
        ];
        for number in 0..31 {
            let body = json!({"customer": customer, "payment_method": cards[number % 2], "amount": 1, "currency": "EUR"});
            let paid = tenant.all.post(PAYMENTS, &body).await.is(201);
            let expected = if number < 30 { "captured" } else { "declined" };
            assert_eq!(paid["status"], expected, "payment {number}: {paid}");
            if number == 30 {
                assert_eq!(paid["risk"]["reasons"][0]["code"], "velocity", "{paid}");
            }
        }
        // Another customer of the tenant is not slowed down with them.
        tenant.payment(1, true).await;
    });
}

#[test]
fn lists_show_a_customers_payments_newest_first() {
    run(async {
        let tenant = Tenant::new().await;
        let (buyer, _) = (tenant.buyer().await, tenant.payment(5, true).await);
        let mut made = Vec::new();
        for cents in 1..=5 {
            made.insert(
                0,
                text(
                    &tenant.all.post(PAYMENTS, &buyer.pays(cents, true)).await.is(201),
                    "id",
                ),
            );
        }
        let mut path = format!("{PAYMENTS}?customer={}&limit=2", buyer.customer);
        let mut seen = Vec::new();
        loop {
            let page = tenant.all.get(&path).await.ok();
            let data = page["data"].as_array().expect("data").clone();
            assert!(data.len() <= 2, "{page}");
            seen.extend(data.iter().map(|payment| text(payment, "id")));
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("{PAYMENTS}?customer={}&limit=2&cursor={next}", buyer.customer);
        }
        assert_eq!(seen, made);
        assert_eq!(tenant.all.all(PAYMENTS).await.len(), 6);
    });
}
