//! Values that are well formed and wrong: amounts, currencies, cards, names, passwords, cursors. Each is refused with a
//! reason that does not repeat what must stay unseen, and changes nothing.

use crate::{
    cases::text,
    support::{Answer, Findings, Tenant, cards, platform, random, run, world},
    walls::difference,
};
use serde_json::{Value, json};

/// Sets a field.
fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut changed = body.clone();
    changed[field] = value;
    changed
}

/// Notes an answer that is no 422 for this field.
fn refused(findings: &mut Findings, what: &str, field: &str, answer: &Answer) {
    let pointer = format!("/{field}");
    let named = answer.pointers().iter().any(|p| p.starts_with(&pointer));
    findings.check(answer.status == 422 && named, || format!("{what}: not 422 {pointer}: {}", answer.told()));
}

#[test]
fn amounts_and_currencies() {
    run(async {
        let tenant = Tenant::new().await;
        let (buyer, authorized) = (tenant.buyer().await, tenant.payment(500, false).await);
        let captured = tenant.payment(500, true).await;
        let before = tenant.snapshot(&[]).await;
        let mut findings = Findings::default();
        let amounts = ["-1", "0", "-0", "0.0", "1.5", "1e2", "1e30", "1000000000000", "9223372036854775808", "18446744073709551616", "\"100\"", "null", "true", "[1]"];
        let places = [
            ("/payments/v1/payments".to_owned(), buyer.pays(100, true)),
            (format!("/payments/v1/payments/{}/capture", text(&authorized, "id")), json!({"amount": 1})),
            (format!("/payments/v1/payments/{}/refunds", text(&captured, "id")), json!({"amount": 1})),
        ];
        for (path, body) in &places {
            for amount in amounts {
                // Where the amount may be left out, null means the same.
                if amount == "null" && !path.ends_with("/payments") {
                    continue;
                }
                let request = tenant.all.request("POST", path).await.key(&random(22));
                let body = with(body, "amount", json!("AMOUNT")).to_string().replace("\"AMOUNT\"", amount);
                let answer = request.body("application/json", body).send().await;
                refused(&mut findings, &format!("{amount} at {path}"), "amount", &answer);
            }
        }
        for currency in [json!("XAU"), json!("XXX"), json!("eur"), json!("EURO"), json!(""), json!("ZZZ"), json!(978), json!("EUR "), Value::Null] {
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
            let answer = tenant.all.post("/vault/v1/payment-methods", &with(&valid, "number", json!(number))).await;
            refused(&mut findings, number, "number", &answer);
            let shown = number.len() > 5 && (answer.text.contains(number) || answer.text.contains(&number[6..]));
            findings.check(!shown, || format!("{number} is in the answer: {}", answer.text));
        }
        let unquoted: u64 = good.parse().expect("a number");
        let answer = tenant.all.post("/vault/v1/payment-methods", &with(&valid, "number", json!(unquoted))).await;
        refused(&mut findings, "a number as a number", "number", &answer);
        findings.check(!answer.text.contains(&good), || format!("{good} is in the answer: {}", answer.text));
        for (month, year, field) in [(1, 2020, "exp_"), (0, 2034, "exp_month"), (13, 2034, "exp_month"), (-1, 2034, "exp_month"), (12, 34, "exp_"), (12, 99999, "exp_year")] {
            let body = with(&with(&valid, "exp_month", json!(month)), "exp_year", json!(year));
            let answer = tenant.all.post("/vault/v1/payment-methods", &body).await;
            refused(&mut findings, &format!("{month}/{year}"), field, &answer);
            findings.check(!answer.text.contains(&good), || format!("{good} is in the answer: {}", answer.text));
        }
        // What must never be stored is not even taken.
        for field in ["cvv", "cvc", "security_code", "pin", "track2"] {
            let answer = tenant.all.post("/vault/v1/payment-methods", &with(&valid, field, json!("123"))).await;
            refused(&mut findings, field, field, &answer);
        }
        let nobody = "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        let answer = tenant.all.post("/vault/v1/payment-methods", &world::card_body(nobody, &good)).await;
        findings.check([404, 422].contains(&answer.status), || format!("nobody's card: {}", answer.told()));
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
        let mixed = json!({"customer": one.customer, "payment_method": other.card, "amount": 100, "currency": "EUR"});
        let answer = tenant.all.post("/payments/v1/payments", &mixed).await;
        assert!([404, 409, 422].contains(&answer.status), "another customer's card: {}", answer.told());
        for (field, id) in [
            ("customer", "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
            ("payment_method", "pm_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
            ("customer", &*one.card),
            ("payment_method", &*one.customer),
            ("customer", "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2#"),
            ("customer", "../cus"),
        ] {
            let answer = tenant.all.post("/payments/v1/payments", &with(&one.pays(100, true), field, json!(id))).await;
            assert!([404, 422].contains(&answer.status), "{id} as {field}: {}", answer.told());
        }
        assert_eq!(before, tenant.snapshot(&[]).await);
    });
}

#[test]
fn names_addresses_and_what_they_would_break() {
    run(async {
        let tenant = Tenant::new().await;
        let before = tenant.snapshot(&[]).await;
        let mut findings = Findings::default();
        let valid = world::customer_body();
        let secret = random(20);
        let lines = [String::new(), "   ".to_owned(), format!("{secret}\u{0}"), format!("{secret}\n{secret}"), format!("{secret}{}", "x".repeat(200))];
        let values = lines.iter().map(|line| ("name", line.clone())).chain(
            ["", "a", "@b.co", "a@b", "a b@c.de", "a..b@c.de", "<a@b.co>", "a@b.co,c@d.co", "a@b.co\r\nBcc: c@d.co"]
                .map(|address| ("email", format!("{address}{}", if address.is_empty() { "" } else { "\u{1}" })))
                .into_iter()
                .chain([("email", format!("{secret}@nowhere")), ("country", "de".into()), ("country", "DEU".into()), ("reference", "a b".into()), ("reference", "x".repeat(101))]),
        );
        for (field, value) in values {
            let answer = tenant.all.post("/billing/v1/customers", &with(&valid, field, json!(value))).await;
            refused(&mut findings, &format!("{value:?}"), field, &answer);
            findings.check(!answer.text.contains(&secret), || format!("{value:?} is in the answer: {}", answer.text));
        }
        let after = tenant.snapshot(&[]).await;
        findings.check(before == after, || difference(&before, &after));
        findings.none();
    });
}

#[test]
fn tenants_and_clients() {
    run(async {
        let (operator, tenant) = (world::operator(platform()), world::shop().await);
        let mut findings = Findings::default();
        let people = [world::Person::new(), world::Person::new()];
        let valid = world::tenant_body("Weak", &people);
        let own_name = format!("{}Aa1", people[0].name.replace(' ', ""));
        for weak in ["short1", "abcdefghijklmnop", "123456789012345678", "password123456789", "aaaaaaaaaaaaaaa1", &own_name, &people[0].email] {
            let mut body = valid.clone();
            body["administrators"][0]["password"] = json!(weak);
            let answer = operator.post("/tenancy/v1/tenants", &body).await;
            refused(&mut findings, weak, "administrators/0/password", &answer);
            findings.check(!answer.text.contains(weak), || format!("{weak} is in the answer: {}", answer.text));
        }
        for number in [0, 1, 6] {
            let people: Vec<_> = (0..number).map(|_| world::Person::new()).collect();
            let answer = operator.post("/tenancy/v1/tenants", &world::tenant_body("Crowd", &people)).await;
            refused(&mut findings, &format!("{number} people"), "administrators", &answer);
        }
        let twins = [people[0].clone(), world::Person { email: people[0].email.to_uppercase(), ..world::Person::new() }];
        let answer = operator.post("/tenancy/v1/tenants", &world::tenant_body("Twins", &twins)).await;
        refused(&mut findings, "one address twice", "administrators", &answer);
        for (field, value) in [
            ("roles", json!([])),
            ("roles", json!(["no_such_role"])),
            ("roles", json!(["administrator"])),
            ("roles", json!(["operator"])),
            ("roles", json!(["support", "administrator"])),
            ("roles", json!(["../support"])),
            ("networks", json!(["10.0.0.0/33"])),
            ("networks", json!(["everywhere"])),
        ] {
            let body = with(&json!({"name": "Own", "roles": ["support"]}), field, value.clone());
            let answer = tenant.admin.post("/tenancy/v1/api-clients", &body).await;
            refused(&mut findings, &value.to_string(), field, &answer);
        }
        findings.none();
    });
}

#[test]
fn cursors_of_another_list_of_another_caller_and_of_another_query() {
    run(async {
        let (shop, neighbour) = (Tenant::new().await, world::neighbour().await);
        for _ in 0..3 {
            shop.payment(100, true).await;
        }
        let page = shop.all.get("/billing/v1/customers?limit=1").await.ok();
        let cursor = text(&page, "next_cursor");
        let here = format!("/billing/v1/customers?limit=1&cursor={cursor}");
        let next = shop.all.get(&here).await.ok();
        assert_ne!(next["data"][0]["id"], page["data"][0]["id"], "the next page goes on");
        let other = shop.client(&["integration"]).await;
        for (caller, path) in [
            (&shop.all, format!("/payments/v1/payments?limit=1&cursor={cursor}")),
            (&shop.all, format!("/notifications/v1/webhooks?cursor={cursor}")),
            (&shop.all, format!("/audit/v1/entries?cursor={cursor}")),
            (&other, here.clone()),
            (&neighbour.all, here.clone()),
            (&shop.all, format!("{here}A")),
            (&shop.all, format!("/billing/v1/customers?cursor=A{cursor}")),
        ] {
            caller.get(&path).await.refused(400, "bad_cursor");
        }
        let seen = shop.all.all("/billing/v1/customers").await;
        assert_eq!(seen.len(), 3, "every customer once");
    });
}

#[test]
fn paths_and_methods_that_are_not_there() {
    run(async {
        let shop = world::shop().await;
        for path in ["/", "/billing", "/billing/v1/customers/", "/billing/v2/customers", "/billing/v1/customers/../customers/x/y", "//billing/v1/customers", "/risk/v1/checks"] {
            let answer = shop.all.get(path).await;
            assert_eq!(answer.status, 404, "{}", answer.told());
        }
        for (method, path) in [("PUT", "/billing/v1/customers"), ("DELETE", "/payments/v1/payments"), ("PATCH", "/tenancy/v1/health"), ("TRACE", "/identity/v1/me")] {
            let answer = shop.all.request(method, path).await.send().await;
            assert!([404, 405].contains(&answer.status), "{}", answer.told());
        }
        for id in ["x", "cus_", "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2a", "pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "%00", "..%2f..", "cus_%2523", "%ff"] {
            let answer = shop.all.get(&format!("/billing/v1/customers/{id}")).await;
            assert!([400, 404, 422].contains(&answer.status), "{}", answer.told());
        }
    });
}
