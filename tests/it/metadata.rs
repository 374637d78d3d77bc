//! Metadata: its limits, what it costs, and that nothing of it can be read once its customer has been erased.

use crate::{
    bad_input::{refused, with},
    cases::text,
    privacy::{REQUESTS, erase},
    support::{Findings, Tenant, cards, platform, random, run, tables::Tables, time::until, world},
};
use serde_json::{Map, Value, json};

/// Most calls of DynamoDB of a read and of a write.
const CALLS: (u64, u64) = (3, 4);

async fn declare(tenant: &Tenant, keys: &[&str]) {
    let path = format!("/tenancy/v1/tenants/{}", tenant.id);
    let body = json!({"metadata_keys": keys});
    tenant.admin.change("PATCH", &path, &body).await.is(200);
}

#[test]
fn what_is_beyond_the_limits_is_refused_wherever_it_comes_in() {
    run(async {
        let tenant = Tenant::new().await;
        let all = &tenant.all;
        let buyer = tenant.buyer().await;
        let paid = text(&tenant.payment(500, true).await, "id");
        let many = |n: usize| -> Value {
            let keys = (0..n).map(|n| (format!("k{n}"), json!("v")));
            Value::Object(keys.collect::<Map<_, _>>())
        };
        let long = |n: usize| "x".repeat(n);
        let bad = [
            ("21 keys", many(21)),
            ("a long key", json!({long(41): "v"})),
            ("an empty key", json!({"": "v"})),
            ("a key with a blank", json!({"a b": "v"})),
            ("a long value", json!({"a": long(501)})),
            ("an empty value", json!({"a": ""})),
            ("a control character", json!({"a": "a\u{7}"})),
            ("a number", json!({"a": 1})),
            ("an object", json!({"a": {"b": "c"}})),
            ("a list", json!(["a"])),
            ("a text", json!("a")),
            (
                "too much",
                json!({"a": long(500), "b": long(500), "c": long(500), "d": long(500), "e": long(500)}),
            ),
        ];
        let places = [
            ("POST", "/billing/v1/customers".to_owned(), world::customer_body()),
            (
                "PATCH",
                format!("/billing/v1/customers/{}", buyer.customer),
                json!({}),
            ),
            ("POST", "/payments/v1/payments".to_owned(), buyer.pays(100, true)),
            (
                "POST",
                format!("/payments/v1/payments/{paid}/refunds"),
                json!({"amount": 1}),
            ),
            (
                "POST",
                "/billing/v1/invoices".to_owned(),
                world::invoice_body(&buyer.customer, &["100"]),
            ),
        ];
        let before = tenant.snapshot(&[]).await;
        let mut findings = Findings::default();
        for (method, path, body) in &places {
            for (what, metadata) in &bad {
                let request = all
                    .request(method, path)
                    .await
                    .json(&with(body, "metadata", metadata.clone()));
                let request = if *method == "POST" {
                    request.key(&random(22))
                } else {
                    request
                };
                refused(
                    &mut findings,
                    &format!("{method} {path} with {what}"),
                    "metadata",
                    &request.send().await,
                );
            }
        }
        // A change may not make too much of what is there.
        let path = format!("/billing/v1/customers/{}", buyer.customer);
        assert_eq!(before, tenant.snapshot(&[]).await, "a refusal changes nothing");
        all.change("PATCH", &path, &json!({"metadata": many(20)}))
            .await
            .is(200);
        let more = all
            .change("PATCH", &path, &json!({"metadata": {"one-more": "v"}}))
            .await;
        refused(&mut findings, "one key more", "metadata", &more);
        let tenancy = format!("/tenancy/v1/tenants/{}", tenant.id);
        for keys in [
            json!(["a", "b", "c", "d"]),
            json!(["a b"]),
            json!([long(41)]),
            json!("a"),
        ] {
            let answer = tenant
                .admin
                .change("PATCH", &tenancy, &json!({"metadata_keys": keys}))
                .await;
            refused(&mut findings, &keys.to_string(), "metadata_keys", &answer);
        }
        findings.none();
    });
}

#[test]
fn metadata_costs_no_call_too_many() {
    run(async {
        let tenant = Tenant::new().await;
        let all = &tenant.all;
        declare(&tenant, &["order"]).await;
        let metadata = json!({"order": "17", "note": "by telephone"});
        let customer = with(&world::customer_body(), "metadata", metadata.clone());
        let customer_id = world::id(&all.post("/billing/v1/customers", &customer).await);
        let card = tenant.card(&customer_id, &cards::good()).await;
        let buyer = world::Buyer {
            customer: customer_id.clone(),
            card: card.clone(),
        };
        let body = |capture| {
            let mut body = with(&buyer.pays(500, capture), "metadata", metadata.clone());
            body["reference"] = json!("order-17");
            body
        };
        let mut findings = Findings::default();
        // The least of some, as a call now and then also stamps a session or fetches tokens of a limit.
        for (path, most, make) in [
            ("/billing/v1/customers".to_owned(), CALLS.1, 0),
            ("/payments/v1/payments".to_owned(), CALLS.1, 1),
            ("/billing/v1/invoices".to_owned(), CALLS.1, 2),
            ("capture".to_owned(), CALLS.1, 3),
            ("refunds".to_owned(), CALLS.1, 4),
            ("finalize".to_owned(), CALLS.1, 5),
            ("pay".to_owned(), CALLS.1, 6),
        ] {
            let mut least = u64::MAX;
            for _ in 0..4 {
                let invoice = async || {
                    let body = with(
                        &world::invoice_body(&customer_id, &["100"]),
                        "metadata",
                        metadata.clone(),
                    );
                    format!(
                        "/billing/v1/invoices/{}",
                        world::id(&all.post("/billing/v1/invoices", &body).await)
                    )
                };
                let answer = match make {
                    0 => {
                        all.post(
                            &path,
                            &with(&world::customer_body(), "metadata", metadata.clone()),
                        )
                        .await
                    }
                    1 => all.post(&path, &body(true)).await,
                    2 => {
                        let body = with(
                            &world::invoice_body(&customer_id, &["100"]),
                            "metadata",
                            metadata.clone(),
                        );
                        all.post(&path, &body).await
                    }
                    3 | 4 => {
                        let paid = all.post("/payments/v1/payments", &body(make == 4)).await;
                        let of = format!("/payments/v1/payments/{}/{path}", world::id(&paid));
                        let body = if make == 4 {
                            json!({"amount": 1, "metadata": metadata})
                        } else {
                            json!({})
                        };
                        all.post(&of, &body).await
                    }
                    _ => {
                        let of = invoice().await;
                        let finalized = all.post(&format!("{of}/finalize"), &json!({})).await;
                        if make == 5 {
                            finalized
                        } else {
                            all.post(&format!("{of}/pay"), &json!({"payment_method": card}))
                                .await
                        }
                    }
                };
                assert!(answer.is_success(), "{}", answer.told());
                assert_eq!(answer.json()["metadata"], metadata, "{}", answer.told());
                least = least.min(answer.calls().dynamodb);
            }
            findings.check(least <= most, || {
                format!("{path}: {least} calls of DynamoDB, not {most}")
            });
        }
        let one = async |path: &str| text(&all.get(path).await.ok()["data"][0], "id");
        for path in [
            format!("/billing/v1/customers/{customer_id}"),
            format!("/payments/v1/payments/{}", one("/payments/v1/payments").await),
            format!("/payments/v1/refunds/{}", one("/payments/v1/refunds").await),
            format!("/billing/v1/invoices/{}", one("/billing/v1/invoices").await),
            "/billing/v1/customers?metadata=order%3A17&limit=100".to_owned(),
            "/billing/v1/customers?country=DE".to_owned(),
            "/payments/v1/payments?metadata=order%3A17&limit=100".to_owned(),
            "/payments/v1/payments?reference=order-17".to_owned(),
            "/payments/v1/payments?status=captured&limit=100".to_owned(),
            "/payments/v1/refunds?limit=100".to_owned(),
            "/payments/v1/refunds?metadata=order%3A17".to_owned(),
            format!("/payments/v1/refunds?customer={customer_id}"),
            "/billing/v1/invoices?metadata=order%3A17".to_owned(),
            "/billing/v1/invoices?status=open".to_owned(),
        ] {
            let mut least = u64::MAX;
            for _ in 0..4 {
                let answer = all.get(&path).await;
                answer.ok();
                least = least.min(answer.calls().dynamodb);
            }
            findings.check(least <= CALLS.0, || format!("{path}: {least} calls of DynamoDB"));
        }
        findings.none();
    });
}

#[test]
fn an_erasure_leaves_no_metadata_that_can_be_read() {
    run(async {
        let tenant = Tenant::new().await;
        let all = &tenant.all;
        declare(&tenant, &["order"]).await;
        let told = format!("spoken-with-{}", random(20));
        let metadata = json!({"order": told, "note": told});
        let body = with(&world::customer_body(), "metadata", metadata.clone());
        let customer = world::id(&all.post("/billing/v1/customers", &body).await);
        let card = tenant.card(&customer, &cards::good()).await;
        let buyer = world::Buyer {
            customer: customer.clone(),
            card,
        };
        let paid = all
            .post(
                "/payments/v1/payments",
                &with(&buyer.pays(500, true), "metadata", metadata.clone()),
            )
            .await;
        let paid = format!("/payments/v1/payments/{}", world::id(&paid));
        let refund = with(&json!({"amount": 5}), "metadata", metadata.clone());
        let refund = format!(
            "/payments/v1/refunds/{}",
            world::id(&all.post(&format!("{paid}/refunds"), &refund).await)
        );
        let invoice = with(
            &world::invoice_body(&customer, &["100"]),
            "metadata",
            metadata.clone(),
        );
        let invoice = format!(
            "/billing/v1/invoices/{}",
            world::id(&all.post("/billing/v1/invoices", &invoice).await)
        );
        let lists = [
            "/billing/v1/customers",
            "/payments/v1/payments",
            "/payments/v1/refunds",
            "/billing/v1/invoices",
        ];
        let by = |list: &str| format!("{list}?metadata=order%3A{told}");
        for list in lists {
            assert_eq!(all.all(&by(list)).await.len(), 1, "{list}");
        }
        for path in [&paid, &refund, &invoice] {
            assert_eq!(all.get(path).await.ok()["metadata"], metadata, "{path}");
        }
        // At rest it is nowhere in the clear, and entries and events do not tell it.
        let tables = Tables::of(platform());
        for table in ["billing", "payments", "audit", "notifications"] {
            let all = tables.everything(table).await;
            assert!(
                all.contains("#index#") || !["billing", "payments"].contains(&table),
                "{table}"
            );
            assert!(!all.contains(&told), "{table} holds metadata in the clear");
        }
        let request = text(&erase(&tenant, &customer).await.is(201), "id");
        until("the erasure", 180, async || {
            let request = all.get(&format!("{REQUESTS}/{request}")).await.ok()["request"].clone();
            (request["status"] == "completed").then_some(())
        })
        .await;
        for path in [&paid, &refund, &invoice] {
            assert_eq!(all.get(path).await.ok()["metadata"], Value::Null, "{path}");
        }
        for list in lists {
            assert_eq!(all.all(&by(list)).await, Vec::<Value>::new(), "{list}");
            assert!(
                !all.get(&format!("{list}?limit=100")).await.text.contains(&told),
                "{list}"
            );
        }
        let refused = all
            .post(
                "/payments/v1/payments",
                &with(&buyer.pays(500, true), "metadata", metadata),
            )
            .await;
        refused.refused(409, "customer_erased");
    });
}
