//! Declines by the risk screen, with their reasons; and lists of payments.

use crate::{
    cases::text,
    support::{Tenant, cards, run, time::within_the_hour},
};
use serde_json::json;

const PAYMENTS: &str = "/payments/v1/payments";

#[test]
fn amounts_above_the_limit_of_their_currency_are_declined_with_a_reason() {
    run(async {
        let tenant = Tenant::new().await;
        for (currency, most) in [
            ("EUR", 100_000),
            ("JPY", 1_000),
            ("KWD", 1_000_000),
            ("CLF", 10_000_000),
        ] {
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
                    assert!(risk["score"].as_u64().is_some_and(|score| score >= 75), "{paid}");
                    assert!(!text(&risk["reasons"][0], "detail").is_empty(), "{paid}");
                    assert_eq!(paid["captured"], 0);
                }
            }
        }
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
