//! Values that are well formed and wrong: amounts, currencies, cards. Each is refused with a
//! reason that does not repeat what must stay unseen, and changes nothing.

use crate::{
    cases::text,
    support::{Answer, Findings, Tenant, cards, random, run, world},
    walls::difference,
};
use serde_json::{Value, json};

/// Sets a field.
pub fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut changed = body.clone();
    changed[field] = value;
    changed
}

/// Notes an answer that is no 422 for this field.
pub fn refused(findings: &mut Findings, what: &str, field: &str, answer: &Answer) {
    let pointer = format!("/{field}");
    let named = answer.pointers().iter().any(|p| p.starts_with(&pointer));
    findings.check(answer.status == 422 && named, || {
        format!("{what}: not 422 {pointer}: {}", answer.told())
    });
}

#[test]
fn amounts_and_currencies() {
    run(async {
        let tenant = Tenant::new().await;
        let (buyer, authorized) = (tenant.buyer().await, tenant.payment(500, false).await);
        let captured = tenant.payment(500, true).await;
        let before = tenant.snapshot(&[]).await;
        let mut findings = Findings::default();
        let amounts = [
            "-1",
            "0",
            "-0",
            "0.0",
            "1.5",
            "1e30",
            "1000000000000",
            "9223372036854775808",
            "18446744073709551616",
            "\"100\"",
            "null",
            "true",
            "[1]",
        ];
        let places = [
            ("/payments/v1/payments".to_owned(), buyer.pays(100, true)),
            (
                format!("/payments/v1/payments/{}/capture", text(&authorized, "id")),
                json!({"amount": 1}),
            ),
            (
                format!("/payments/v1/payments/{}/refunds", text(&captured, "id")),
                json!({"amount": 1}),
            ),
        ];
        for (path, body) in &places {
            for amount in amounts {
                // Where the amount may be left out, null means the same.
                if amount == "null" && !path.ends_with("/payments") {
                    continue;
                }
                let request = tenant.all.request("POST", path).await.key(&random(22));
                let body = with(body, "amount", json!("AMOUNT"))
                    .to_string()
                    .replace("\"AMOUNT\"", amount);
                let answer = request.body("application/json", body).send().await;
                refused(&mut findings, &format!("{amount} at {path}"), "amount", &answer);
            }
        }
        for currency in [
            json!("XAU"),
            json!("XXX"),
            json!("eur"),
            json!("EURO"),
            json!(""),
            json!("ZZZ"),
            json!(978),
            json!("EUR "),
            Value::Null,
        ] {
            let body = with(&buyer.pays(100, true), "currency", currency.clone());
            let answer = tenant.all.post("/payments/v1/payments", &body).await;
            refused(&mut findings, &currency.to_string(), "currency", &answer);
        }
        for (path, _) in &places[1..] {
            let answer = tenant.all.post(path, &json!({"amount": 501})).await;
            let told = [409, 422].contains(&answer.status) && !answer.code().is_empty();
            findings.check(told, || format!("a cent too much: {}", answer.told()));
        }
        let after = tenant.snapshot(&[]).await;
        findings.check(before == after, || difference(&before, &after));
        findings.none();
    });
}

#[test]
fn cards() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let watch = [format!("/vault/v1/payment-methods?customer={customer}")];
        let before = tenant.snapshot(&watch).await;
        let mut findings = Findings::default();
        let good = cards::good();
        let valid = world::card_body(&customer, &good);
        let wrong = |place: usize| {
            let mut digits = good.clone().into_bytes();
            digits[place] = b'0' + (digits[place] - b'0' + 1) % 10;
            String::from_utf8(digits).expect("digits")
        };
        let numbers = [
            wrong(15),
            wrong(7),
            "4242424242424241".to_owned(),
            cards::complete("4242424242"),
            cards::complete("4242424242424242424"),
            "4242x24242424242".to_owned(),
            "４２４２４２４２４２４２４２４２".to_owned(),
            "4242\u{0}424242424242".to_owned(),
            String::new(),
        ];
        for number in &numbers {
            let answer = tenant
                .all
                .post(
                    "/vault/v1/payment-methods",
                    &with(&valid, "number", json!(number)),
                )
                .await;
            refused(&mut findings, number, "number", &answer);
            let shown =
                number.len() > 5 && (answer.text.contains(number) || answer.text.contains(&number[6..]));
            findings.check(!shown, || format!("{number} is in the answer: {}", answer.text));
        }
        let unquoted: u64 = good.parse().expect("a number");
        let answer = tenant
            .all
            .post(
                "/vault/v1/payment-methods",
                &with(&valid, "number", json!(unquoted)),
            )
            .await;
        refused(&mut findings, "a number as a number", "number", &answer);
        findings.check(!answer.text.contains(&good), || {
            format!("{good} is in the answer: {}", answer.text)
        });
        for (month, year, field) in [
            (1, 2020, "exp_"),
            (0, 2034, "exp_month"),
            (13, 2034, "exp_month"),
            (-1, 2034, "exp_month"),
            (12, 34, "exp_"),
            (12, 99999, "exp_year"),
        ] {
            let body = with(&with(&valid, "exp_month", json!(month)), "exp_year", json!(year));
            let answer = tenant.all.post("/vault/v1/payment-methods", &body).await;
            refused(&mut findings, &format!("{month}/{year}"), field, &answer);
            findings.check(!answer.text.contains(&good), || {
                format!("{good} is in the answer: {}", answer.text)
            });
        }
        // What must never be stored is not even taken.
        for field in ["cvv", "cvc", "security_code", "pin", "track2"] {
            let answer = tenant
                .all
                .post("/vault/v1/payment-methods", &with(&valid, field, json!("123")))
                .await;
            refused(&mut findings, field, field, &answer);
        }
        let nobody = "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        let answer = tenant
            .all
            .post("/vault/v1/payment-methods", &world::card_body(nobody, &good))
            .await;
        findings.check([404, 422].contains(&answer.status), || {
            format!("nobody's card: {}", answer.told())
        });
        let after = tenant.snapshot(&watch).await;
        findings.check(before == after, || difference(&before, &after));
        findings.none();
    });
}

#[test]
fn payments_with_what_does_not_belong_together() {
    run(async {
        let tenant = Tenant::new().await;
        let (one, other) = (tenant.buyer().await, tenant.buyer().await);
        let before = tenant.snapshot(&[]).await;
        let mixed =
            json!({"customer": one.customer, "payment_method": other.card, "amount": 100, "currency": "EUR"});
        let answer = tenant.all.post("/payments/v1/payments", &mixed).await;
        assert!(
            [404, 409, 422].contains(&answer.status),
            "another customer's card: {}",
            answer.told()
        );
        for (field, id) in [
            ("customer", "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
            ("payment_method", "pm_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
            ("customer", &*one.card),
            ("payment_method", &*one.customer),
            ("customer", "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2#"),
            ("customer", "../cus"),
        ] {
            let answer = tenant
                .all
                .post(
                    "/payments/v1/payments",
                    &with(&one.pays(100, true), field, json!(id)),
                )
                .await;
            assert!(
                [404, 422].contains(&answer.status),
                "{id} as {field}: {}",
                answer.told()
            );
        }
        assert_eq!(before, tenant.snapshot(&[]).await);
    });
}

/// A character that is one as it comes and two as it is kept.
const GROWS: &str = "\u{958}";

#[test]
fn a_text_that_grows_as_it_is_kept_is_refused_or_readable() {
    run(async {
        let tenant = Tenant::new().await;
        let mut findings = Findings::default();
        let full = |n: usize| format!("{}{GROWS}", "a".repeat(n - 1));
        let customer = with(&world::customer_body(), "name", json!(full(200)));
        let hook = |n| json!({"url": "HTTPS://localhost:9/", "event_types": ["*"], "description": full(n)});
        for (path, field, body) in [
            ("/billing/v1/products", "name", json!({"name": full(200)})),
            (
                "/billing/v1/products",
                "description",
                json!({"name": "Tea", "description": full(500)}),
            ),
            ("/billing/v1/customers", "name", customer),
            ("/notifications/v1/webhooks", "description", hook(500)),
            (
                "/risk/v1/lists",
                "name",
                json!({"name": full(200), "kind": "deny"}),
            ),
        ] {
            refused(&mut findings, path, field, &tenant.all.post(path, &body).await);
        }
        let product = json!({"name": full(199), "description": full(499)});
        tenant.all.post("/billing/v1/products", &product).await.is(201);
        let shown = tenant.all.all("/billing/v1/products").await;
        findings.check(shown.iter().any(|p| p["name"] != Value::Null), || {
            "no product is listed".to_owned()
        });
        let made = tenant
            .all
            .post("/notifications/v1/webhooks", &hook(499))
            .await
            .is(201);
        findings.check(made["url"] == "https://localhost:9/", || format!("{made}"));
        tenant.all.get("/notifications/v1/webhooks").await.is(200);
        findings.none();
    });
}

#[test]
fn what_can_never_succeed_is_not_told_to_be_tried_again() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let line = json!({"description": "\u{1f4b8}".repeat(500), "quantity": 1, "unit_price": "1"});
        let lines: Vec<Value> = (0..100).map(|_| line.clone()).collect();
        let body = json!({"customer": customer, "currency": "EUR", "lines": lines});
        let answer = tenant.all.post("/billing/v1/invoices", &body).await;
        assert!((200..500).contains(&answer.status), "{}", answer.told());
    });
}

#[test]
fn numbers_and_query_values_have_the_type_of_the_contract() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        for amount in ["100.0", "1e2", "1.0E+2"] {
            let body = with(&buyer.pays(100, true), "amount", json!("AMOUNT"));
            let body = body.to_string().replace("\"AMOUNT\"", amount);
            let request = tenant
                .all
                .request("POST", "/payments/v1/payments")
                .await
                .key(&random(22));
            let paid = request.body("application/json", body).send().await.is(201);
            assert_eq!(paid["amount"], 100, "{amount}");
        }
        for query in ["actor=12345", "object=42", "limit=5"] {
            tenant
                .all
                .get(&format!("/audit/v1/entries?{query}"))
                .await
                .is(200);
        }
        // A text that looks like a truth value is a text, and no activity.
        let unknown = tenant.all.get("/audit/v1/entries?activity=false").await;
        let unknown = unknown.refused(422, "invalid_input");
        assert!(unknown.to_string().contains("is no activity"), "{unknown}");
        for query in ["limit=x", "limit=1.5", "limit=true"] {
            let answer = tenant.all.get(&format!("/audit/v1/entries?{query}")).await;
            assert_eq!(
                (answer.status, answer.pointers()),
                (422, vec!["/limit".to_owned()]),
                "{query}"
            );
        }
    });
}
