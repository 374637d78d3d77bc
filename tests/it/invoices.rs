//! Products, prices and invoices: exact amounts, frozen copies, states, and paying them with every kind of card.

use crate::{
    cases::text,
    support::{Findings, Tenant, cards, random, run, time::until, world},
};
use serde_json::{Value, json};

const INVOICES: &str = "/billing/v1/invoices";

async fn price(tenant: &Tenant, product: &str, scheme: &str, unit_amount: &str) -> String {
    let body = world::price_body(product, scheme, unit_amount);
    text(&tenant.all.post("/billing/v1/prices", &body).await.is(201), "id")
}

/// What an attempt to pay has come to.
fn attempt(invoice: &Value) -> (&str, &str, &str) {
    let of = |value: &'static str| invoice["payment"][value].as_str().unwrap_or_default();
    (
        invoice["status"].as_str().unwrap_or_default(),
        of("status"),
        of("decline_code"),
    )
}

#[test]
fn lines_are_computed_exactly_and_summed() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let product = tenant.product().await;
        let flat = price(&tenant, &product, "flat", "4900").await;
        let unit = price(&tenant, &product, "per_unit", "0.012500000001").await;
        let body = json!({"customer": customer, "currency": "EUR", "memo": "Thank you", "reference": "po-7", "lines": [
            {"price": flat},
            {"price": unit, "quantity": 1_000_000},
            {"description": "Half a cent", "unit_amount": "0.5"},
            {"description": "Just less", "unit_amount": "0.499999999999"},
            {"description": "Three times", "unit_amount": "33.5", "quantity": 3},
        ]});
        let made = tenant.all.post(INVOICES, &body).await.is(201);
        let amounts: Vec<i64> = made["lines"]
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| line["amount"].as_i64().expect("an amount"))
            .collect();
        assert_eq!(amounts, [4900, 12_500, 1, 0, 101]);
        assert_eq!(
            (&made["total"], &made["status"], &made["number"]),
            (&json!(17_502), &json!("draft"), &Value::Null)
        );
        assert_eq!(
            (&made["lines"][0]["description"], &made["lines"][0]["price"]),
            (&json!("Seat"), &json!(flat))
        );
        let path = format!("{INVOICES}/{}", text(&made, "id"));
        assert_eq!(tenant.all.get(&path).await.ok(), made);
        let open = tenant
            .all
            .post(&format!("{path}/finalize"), &json!({}))
            .await
            .is(200);
        assert_eq!(
            (&open["number"], &open["status"]),
            (&json!("INV-000001"), &json!("open"))
        );
        assert_eq!(open["lines"], made["lines"], "frozen");
        // Nothing to pay is paid at once, with a number.
        let nothing = tenant.open_invoice(&customer, &["0", "0.4"]).await;
        let nothing = tenant.all.get(&nothing).await.ok();
        assert_eq!(
            (&nothing["number"], &nothing["status"]),
            (&json!("INV-000002"), &json!("paid"))
        );
        // Newest first, by customer and in all, without lines.
        let listed = tenant.all.all(&format!("{INVOICES}?customer={customer}")).await;
        let ids: Vec<&Value> = listed.iter().map(|invoice| &invoice["id"]).collect();
        assert_eq!(ids, [&nothing["id"], &open["id"]]);
        assert!(listed[0].get("lines").is_none());
        assert_eq!(tenant.all.all(INVOICES).await, listed);
        for (code, unit, total) in [
            ("JPY", "10.5", 11),
            ("KWD", "1000", 1000),
            ("CLF", "12345", 12_345),
        ] {
            let mut body = world::invoice_body(&customer, &[unit]);
            body["currency"] = json!(code);
            assert_eq!(
                tenant.all.post(INVOICES, &body).await.is(201)["total"],
                total,
                "{code}"
            );
        }
    });
}

#[test]
fn what_cannot_be_billed_is_refused_field_by_field() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let customer = tenant.customer().await;
        let product = tenant.product().await;
        let flat = price(&tenant, &product, "flat", "100").await;
        let dear = price(&tenant, &product, "per_unit", "999999999999").await;
        let foreign = price(&other, &other.product().await, "flat", "100").await;
        let own = tenant.payment(100, true).await;
        let abroad = other.payment(100, true).await;
        let before = tenant.snapshot(&[]).await;
        let mut findings = Findings::default();
        let good = json!({"description": "Work", "unit_amount": "1"});
        let with = |name: &str, value: Value| {
            let mut line = good.clone();
            line[name] = value;
            json!([line])
        };
        let many: Vec<Value> = (0..101).map(|_| good.clone()).collect();
        let big = json!({"description": "Work", "unit_amount": "999999999999"});
        for (lines, pointer) in [
            (json!([]), "/lines"),
            (json!(many), "/lines"),
            (json!([7]), "/lines/0"),
            (json!([{}]), "/lines/0/description"),
            (json!([{"description": "Work"}]), "/lines/0/unit_amount"),
            (
                json!([{"price": flat, "description": "Mine"}]),
                "/lines/0/description",
            ),
            (
                json!([{"price": flat, "unit_amount": "1"}]),
                "/lines/0/unit_amount",
            ),
            (json!([{"price": flat, "quantity": 2}]), "/lines/0/quantity"),
            (json!([good, {"price": foreign}]), "/lines/1/price"),
            (
                json!([{"price": "price_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"}]),
                "/lines/0/price",
            ),
            (
                json!([{"price": dear, "quantity": 1_000_000_000}]),
                "/lines/0/quantity",
            ),
            (json!([big, good]), "/lines"),
            (with("quantity", json!(0)), "/lines/0/quantity"),
            (with("quantity", json!(1.5)), "/lines/0/quantity"),
            (with("quantity", json!(1_000_000_001)), "/lines/0/quantity"),
            (with("unit_amount", json!("-1")), "/lines/0/unit_amount"),
            (with("unit_amount", json!("1e3")), "/lines/0/unit_amount"),
            (with("unit_amount", json!(1)), "/lines/0/unit_amount"),
            (
                with("unit_amount", json!("0.0000000000001")),
                "/lines/0/unit_amount",
            ),
            (
                with("unit_amount", json!("1000000000000")),
                "/lines/0/unit_amount",
            ),
            (
                with("unit_amount", json!("999999999999.5")),
                "/lines/0/unit_amount",
            ),
            (with("payment", own["id"].clone()), "/lines/0/payment"),
            (with("payment", abroad["id"].clone()), "/lines/0/payment"),
            (with("surprise", json!(1)), "/lines/0/surprise"),
        ] {
            let body = json!({"customer": customer, "currency": "EUR", "lines": lines});
            let answer = tenant.all.post(INVOICES, &body).await;
            let right = answer.status == 422 && answer.pointers().iter().any(|p| p == pointer);
            findings.check(right, || format!("not 422 {pointer}: {}", answer.told()));
        }
        let mut dollars = json!({"customer": customer, "currency": "USD", "lines": [{"price": flat}]});
        let answer = tenant.all.post(INVOICES, &dollars).await;
        findings.check(answer.pointers() == ["/lines/0/price"], || answer.told());
        dollars["customer"] = json!(other.customer().await);
        let answer = tenant.all.post(INVOICES, &dollars).await;
        findings.check(answer.pointers().contains(&"/customer".to_owned()), || {
            answer.told()
        });
        for (scheme, pointers) in [
            ("graduated", vec!["/unit_amount", "/tiers"]),
            ("volume", vec!["/unit_amount", "/tiers"]),
            ("package", vec!["/package_size"]),
            ("percentage", vec!["/billing_scheme"]),
        ] {
            let body = world::price_body(&product, scheme, "100");
            let answer = tenant.all.post("/billing/v1/prices", &body).await;
            let right = answer.status == 422 && answer.pointers() == pointers;
            findings.check(right, || format!("{scheme}: {}", answer.told()));
        }
        for (name, value) in [
            ("unit_amount", json!("1.5")),
            ("interval", json!("month")),
            ("kind", json!("weekly")),
            ("currency", json!("XAU")),
            ("product", json!("prod_01JD3X8M9V5T2Q4R6S8W0Y1Z2A")),
        ] {
            let mut body = world::price_body(&product, "flat", "100");
            body[name] = value;
            let answer = tenant.all.post("/billing/v1/prices", &body).await;
            let right = answer.status == 422 && answer.pointers() == [format!("/{name}")];
            findings.check(right, || format!("{name}: {}", answer.told()));
        }
        let mut recurring = world::price_body(&product, "flat", "100");
        recurring["kind"] = json!("recurring");
        let answer = tenant.all.post("/billing/v1/prices", &recurring).await;
        findings.check(answer.pointers() == ["/interval"], || answer.told());
        let after = tenant.snapshot(&[]).await;
        findings.check(before == after, || "a refusal has changed something".to_owned());
        findings.none();
    });
}

#[test]
fn a_full_invoice_of_a_hundred_payments_is_drafted() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let paid = tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(100, true))
            .await
            .is(201);
        let product = tenant.product().await;
        let price = price(&tenant, &product, "per_unit", "1").await;
        let lines: Vec<Value> = (0..100)
            .map(|at| match at {
                0 => json!({"price": price, "quantity": 9}),
                _ => json!({"description": "x".repeat(500), "unit_amount": "1", "payment": paid["id"]}),
            })
            .collect();
        let body = json!({"customer": buyer.customer, "currency": "EUR", "lines": lines});
        let made = tenant.all.post(INVOICES, &body).await.is(201);
        assert_eq!(made["total"], 108);
        let path = format!("{INVOICES}/{}", text(&made, "id"));
        tenant
            .all
            .post(&format!("{path}/finalize"), &json!({}))
            .await
            .is(200);
        let paid = tenant
            .all
            .post(&format!("{path}/pay"), &json!({"payment_method": buyer.card}))
            .await
            .is(200);
        assert_eq!(attempt(&paid), ("paid", "succeeded", ""), "{paid}");
    });
}

#[test]
fn an_invoice_goes_from_draft_to_open_to_paid_and_no_other_way() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let (buyer, stranger, abroad) = (tenant.buyer().await, tenant.buyer().await, other.buyer().await);
        let body = world::invoice_body(&buyer.customer, &["1234"]);
        let path = format!(
            "{INVOICES}/{}",
            text(&tenant.all.post(INVOICES, &body).await.is(201), "id")
        );
        let pay = async |body: Value| tenant.all.post(&format!("{path}/pay"), &body).await;
        let draft = pay(json!({})).await.refused(409, "wrong_state");
        assert_eq!(draft["state"], "draft");
        tenant
            .all
            .post(&format!("{path}/finalize"), &json!({}))
            .await
            .is(200);
        for card in [&stranger.card, &abroad.card] {
            pay(json!({"payment_method": card}))
                .await
                .refused(422, "invalid_input");
        }
        other
            .all
            .post(&format!("{path}/pay"), &json!({}))
            .await
            .refused(404, "not_found");
        let bare = tenant
            .all
            .request("POST", &format!("{path}/pay"))
            .await
            .json(&json!({}));
        bare.send().await.refused(400, "idempotency_key_required");
        assert_eq!(
            tenant
                .all
                .all(&format!("/payments/v1/payments?customer={}", buyer.customer))
                .await
                .len(),
            0
        );

        let key = random(22);
        let paid = tenant
            .all
            .post_as(&format!("{path}/pay"), &key, &json!({}))
            .await
            .is(200);
        assert_eq!(
            attempt(&paid),
            ("paid", "succeeded", ""),
            "the first stored card pays: {paid}"
        );
        let payment = text(&paid["payment"], "id");
        let payment = tenant
            .all
            .get(&format!("/payments/v1/payments/{payment}"))
            .await
            .ok();
        assert_eq!(
            (
                &payment["captured"],
                &payment["reference"],
                &payment["payment_method"]
            ),
            (&json!(1234), &json!("INV-000001"), &json!(buyer.card))
        );
        let again = tenant.all.post_as(&format!("{path}/pay"), &key, &json!({})).await;
        assert_eq!(
            (again.is(200), again.header("idempotent-replayed")),
            (paid.clone(), "true")
        );
        assert_eq!(pay(json!({})).await.refused(409, "wrong_state")["state"], "paid");
        let refused = tenant.all.post(&format!("{path}/finalize"), &json!({})).await;
        assert_eq!(refused.refused(409, "wrong_state")["state"], "paid");

        // One key for a payment and for an invoice are two charges.
        let second = tenant.open_invoice(&buyer.customer, &["50"]).await;
        let direct = tenant
            .all
            .post_as("/payments/v1/payments", &key, &buyer.pays(50, true))
            .await
            .is(201);
        let billed = tenant
            .all
            .post_as(&format!("{second}/pay"), &key, &json!({}))
            .await
            .is(200);
        assert_ne!(billed["payment"]["id"], direct["id"]);
        assert_eq!(
            tenant
                .all
                .all(&format!("/payments/v1/payments?customer={}", buyer.customer))
                .await
                .len(),
            3
        );
    });
}

#[test]
fn the_default_pays_before_the_first_card_and_nothing_pays_without_one() {
    run(async {
        let tenant = Tenant::new().await;
        let poor = tenant.customer().await;
        let path = tenant.open_invoice(&poor, &["10"]).await;
        tenant
            .all
            .post(&format!("{path}/pay"), &json!({}))
            .await
            .refused(422, "no_payment_method");
        assert_eq!(attempt(&tenant.all.get(&path).await.ok()), ("open", "", ""));

        let buyer = tenant.buyer_with(&cards::with("40000002")).await;
        let good = tenant.card(&buyer.customer, &cards::good()).await;
        let path = tenant.open_invoice(&buyer.customer, &["10"]).await;
        let declined = tenant.all.post(&format!("{path}/pay"), &json!({})).await.is(200);
        assert_eq!(
            attempt(&declined),
            ("open", "failed", "generic_decline"),
            "the first card: {declined}"
        );
        let patch = tenant
            .all
            .request("PATCH", &format!("/billing/v1/customers/{}", buyer.customer))
            .await;
        patch
            .json(&json!({"default_payment_method": good}))
            .send()
            .await
            .is(200);
        let paid = tenant.all.post(&format!("{path}/pay"), &json!({})).await.is(200);
        assert_eq!(attempt(&paid), ("paid", "succeeded", ""), "the default: {paid}");
        assert_ne!(paid["payment"]["id"], declined["payment"]["id"]);
    });
}

#[test]
fn declines_leave_it_open_and_unknown_outcomes_hold_it_until_they_are_known() {
    run(async {
        let tenant = Tenant::new().await;
        let mut waiting = Vec::new();
        for (number, expected) in [
            (cards::with("40000002"), ("open", "failed", "generic_decline")),
            (cards::with("40000095"), ("open", "failed", "insufficient_funds")),
            (cards::unanswered(true), ("open", "pending", "")),
            (cards::unanswered(false), ("open", "pending", "")),
        ] {
            let buyer = tenant.buyer_with(&number).await;
            let path = tenant.open_invoice(&buyer.customer, &["700"]).await;
            let told = tenant.all.post(&format!("{path}/pay"), &json!({})).await.is(200);
            assert_eq!(attempt(&told), expected, "{told}");
            assert_eq!(tenant.all.get(&path).await.ok(), told);
            if expected.1 == "pending" {
                let good = tenant.card(&buyer.customer, &cards::good()).await;
                let second = json!({"payment_method": good});
                let refused = tenant.all.post(&format!("{path}/pay"), &second).await;
                assert_eq!(
                    refused.refused(409, "payment_pending")["payment"],
                    told["payment"]["id"]
                );
                waiting.push((path, second));
            }
        }
        // Above the limit of the risk screen: declined without asking the provider.
        tenant.limits_amounts(&[("EUR", 100_000)]).await;
        let buyer = tenant.buyer().await;
        let path = tenant.open_invoice(&buyer.customer, &["100001"]).await;
        let told = tenant.all.post(&format!("{path}/pay"), &json!({})).await.is(200);
        assert_eq!(attempt(&told), ("open", "failed", "risk"), "{told}");

        let known = async |path: &str| {
            until("the outcome is found out", 240, async || {
                let now = tenant.all.get(path).await.ok();
                (now["payment"]["status"] != "pending").then_some(now)
            })
            .await
        };
        let paid = known(&waiting[0].0).await;
        assert_eq!(attempt(&paid), ("paid", "succeeded", ""), "{paid}");
        let failed = known(&waiting[1].0).await;
        assert_eq!(
            attempt(&failed),
            ("open", "failed", "generic_decline"),
            "{failed}"
        );
        // It may be tried again now, and only now.
        let (path, second) = &waiting[1];
        let paid = tenant.all.post(&format!("{path}/pay"), second).await.is(200);
        assert_eq!(attempt(&paid), ("paid", "succeeded", ""), "{paid}");
    });
}

#[test]
fn drafts_are_changed_and_deleted_and_what_is_archived_is_not_billed() {
    run(async {
        let tenant = Tenant::new().await;
        let (all, customer) = (&tenant.all, tenant.customer().await);
        let patch = async |path: &str, body: Value| all.request("PATCH", path).await.json(&body).send().await;
        let product = tenant.product().await;
        let price = price(&tenant, &product, "flat", "4900").await;
        let body = json!({"customer": customer, "currency": "EUR", "memo": "Thanks", "reference": "po-7", "lines": [{"price": price}]});
        let draft = all.post(INVOICES, &body).await.is(201);
        let path = format!("{INVOICES}/{}", text(&draft, "id"));
        let lines = json!({"memo": null, "lines": [{"description": "Work", "unit_amount": "7"}]});
        let changed = patch(&path, lines).await.is(200);
        assert_eq!(
            (&changed["total"], &changed["memo"], &changed["reference"]),
            (&json!(7), &Value::Null, &json!("po-7"))
        );
        assert_eq!(all.get(&path).await.ok(), changed);
        patch(&path, json!({"currency": "USD"}))
            .await
            .refused(422, "invalid_input");

        let path_of = |id: &str| format!("/billing/v1/products/{id}");
        let renamed = patch(&path_of(&product), json!({"name": "Chair", "archived": true}))
            .await
            .is(200);
        assert_eq!(renamed["name"], "Chair");
        assert_eq!(all.get(&path_of(&product)).await.ok(), renamed);
        assert_eq!(all.post(INVOICES, &body).await.pointers(), ["/lines/0/price"]);
        let more = world::price_body(&product, "flat", "1");
        assert_eq!(
            all.post("/billing/v1/prices", &more).await.pointers(),
            ["/product"]
        );
        patch(&path_of(&product), json!({"archived": false}))
            .await
            .is(200);
        let price = format!("/billing/v1/prices/{price}");
        patch(&price, json!({"archived": true})).await.is(200);
        assert!(all.get(&price).await.ok()["archived_at"].is_string());
        assert_eq!(all.post(INVOICES, &body).await.pointers(), ["/lines/0/price"]);
        patch(&price, json!({"archived": false})).await.is(200);

        let doomed = all.post(INVOICES, &body).await.is(201);
        let doomed = format!("{INVOICES}/{}", text(&doomed, "id"));
        assert_eq!(all.delete(&doomed).await.status, 204);
        all.get(&doomed).await.refused(404, "not_found");
        all.post(&format!("{path}/finalize"), &json!({})).await.is(200);
        patch(&path, json!({"memo": "late"}))
            .await
            .refused(409, "wrong_state");
        all.delete(&path).await.refused(409, "wrong_state");
    });
}

#[test]
fn the_page_to_print_escapes_every_value_and_is_nobody_elses() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let evil = "<script>alert('x')</script>&\"";
        let mut customer = world::customer_body();
        customer["name"] = json!(evil);
        let customer = world::id(&tenant.all.post("/billing/v1/customers", &customer).await);
        let product = tenant
            .all
            .post("/billing/v1/products", &json!({"name": evil}))
            .await
            .is(201);
        let price = price(&tenant, &text(&product, "id"), "flat", "123450").await;
        let body = json!({"customer": customer, "currency": "EUR", "memo": evil, "reference": "<b>", "lines": [
            {"price": price}, {"description": evil, "unit_amount": "5"},
        ]});
        let id = text(&tenant.all.post(INVOICES, &body).await.is(201), "id");
        let path = format!("{INVOICES}/{id}");
        tenant
            .all
            .post(&format!("{path}/finalize"), &json!({}))
            .await
            .is(200);
        let page = tenant
            .all
            .request("GET", &path)
            .await
            .header("accept", "text/html")
            .send()
            .await;
        assert_eq!(page.status, 200, "{}", page.told());
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{}",
            page.told()
        );
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
        let html = &page.text;
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;";
        assert_eq!(
            html.matches(escaped).count(),
            4,
            "customer, two lines and memo: {html}"
        );
        for shown in [
            "<h1>Invoice INV-000001</h1>",
            "1,234.55 EUR",
            "1,234.50",
            "lang=\"en\"",
            "<caption>",
            "@media print",
        ] {
            assert!(html.contains(shown), "{shown}: {html}");
        }
        assert!(
            html.contains("<dt>From</dt><dd>Tenant "),
            "the seller is the tenant: {html}"
        );
        let json = tenant.all.get(&path).await;
        assert_eq!(json.header("content-type"), "application/json");
        assert!(
            !json.text.contains("customer_name"),
            "the name stands on the page only"
        );
        let refused = other
            .all
            .request("GET", &path)
            .await
            .header("accept", "text/html")
            .send()
            .await;
        refused.refused(404, "not_found");
    });
}
