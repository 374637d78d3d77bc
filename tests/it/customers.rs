//! Changing customers: only what is named, found by the new address and no longer by the old one, also in a race.

use crate::{
    cases::text,
    support::{Answer, Caller, Tenant, cards, run, world},
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn patch(caller: &Caller, path: &str, body: &Value) -> Answer {
    caller.request("PATCH", path).await.json(body).send().await
}

async fn found(caller: &Caller, email: &str) -> Vec<String> {
    let body = json!({"email": email});
    let answer = caller.request("POST", "/billing/v1/customers/search").await;
    let found = answer.json(&body).send().await.is(200);
    let found = found["data"].as_array().expect("data").iter();
    found.map(|customer| text(customer, "id")).collect()
}

#[test]
fn what_is_named_changes_and_the_address_moves() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let (all, body) = (&tenant.all, world::customer_body());
        let made = all.post("/billing/v1/customers", &body).await.is(201);
        let (id, old) = (text(&made, "id"), text(&body, "email"));
        let path = format!("/billing/v1/customers/{id}");
        let changed = patch(all, &path, &json!({"name": "Grace Hopper", "reference": "k-7"}))
            .await
            .is(200);
        assert_eq!(
            (&changed["name"], &changed["reference"]),
            (&json!("Grace Hopper"), &json!("k-7"))
        );
        assert_eq!(
            (&changed["email"], &changed["country"]),
            (&made["email"], &made["country"])
        );
        assert_eq!(all.get(&path).await.ok(), changed);

        // The same address in capitals is the same place; another one is another.
        let capitals = old.to_uppercase();
        patch(all, &path, &json!({"email": capitals})).await.is(200);
        assert_eq!(found(all, &old).await, std::slice::from_ref(&id));
        let new = text(&world::customer_body(), "email");
        let changed = patch(all, &path, &json!({"email": new, "country": "FR"}))
            .await
            .is(200);
        assert_eq!(
            (&changed["email"], &changed["country"]),
            (&json!(new), &json!("FR"))
        );
        assert_eq!(
            (found(all, &old).await, found(all, &new).await),
            (vec![], vec![id.clone()])
        );

        for (body, pointer) in [
            (json!({"email": "nobody"}), "/email"),
            (json!({"name": ""}), "/name"),
            (json!({"country": "Germany"}), "/country"),
            (json!({"country": "UK"}), "/country"),
            (json!({"id": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"}), "/id"),
            (
                json!({"default_payment_method": "pm_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"}),
                "/default_payment_method",
            ),
        ] {
            let refused = patch(all, &path, &body).await;
            assert!([400, 422].contains(&refused.status), "{}", refused.told());
            if refused.status == 422 {
                assert_eq!(refused.pointers(), [pointer], "{}", refused.told());
            }
        }
        assert_eq!(all.get(&path).await.ok(), changed, "a refusal changes nothing");
        let nothing =
            json!({"reference": null, "country": null, "default_payment_method": null, "metadata": null});
        let cleared = patch(all, &path, &nothing).await.is(200);
        for field in ["reference", "country", "default_payment_method", "metadata"] {
            assert!(cleared[field].is_null(), "{field}: {cleared}");
        }
        assert_eq!(
            (&cleared["name"], &cleared["email"]),
            (&changed["name"], &changed["email"])
        );
        assert_eq!(all.get(&path).await.ok(), cleared);
        patch(&other.all, &path, &json!({"name": "Mallory"}))
            .await
            .refused(404, "not_found");

        let entries = all.all("/audit/v1/entries").await;
        let entry = entries
            .iter()
            .find(|entry| entry["activity"] == "billing.update_customer" && entry["outcome"] == "succeeded");
        let id = text(entry.expect("an entry of a change"), "id");
        let told = all.get(&format!("/audit/v1/entries/{id}")).await.ok().to_string();
        assert!(told.contains("before") && told.contains("[personal]"), "{told}");
        assert!(!told.contains("Grace Hopper") && !told.contains(&new), "{told}");
    });
}

#[test]
fn a_default_payment_method_is_the_customers_own() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let (own, neighbour, abroad) = (tenant.buyer().await, tenant.buyer().await, other.buyer().await);
        let path = format!("/billing/v1/customers/{}", own.customer);
        for card in [&neighbour.card, &abroad.card] {
            let refused = patch(&tenant.all, &path, &json!({"default_payment_method": card})).await;
            refused.refused(422, "invalid_input");
            assert_eq!(refused.pointers(), ["/default_payment_method"]);
        }
        let second = tenant.card(&own.customer, &cards::good()).await;
        for card in [&own.card, &second] {
            let changed = patch(&tenant.all, &path, &json!({"default_payment_method": card})).await;
            assert_eq!(changed.is(200)["default_payment_method"], card.as_str());
        }
    });
}

#[test]
fn fifty_changes_at_once_leave_one_address_and_lose_no_field() {
    run(async {
        let tenant = Tenant::new().await;
        let (all, body) = (&tenant.all, world::customer_body());
        let id = text(&all.post("/billing/v1/customers", &body).await.is(201), "id");
        let path = format!("/billing/v1/customers/{id}");
        let emails: Vec<String> = (0..25).map(|_| text(&world::customer_body(), "email")).collect();
        // Half of them change the address, one the reference, the others the name.
        let answers = join_all((0..50).map(|hand| {
            let change = match (hand % 2, hand) {
                (0, _) => json!({"email": emails[hand / 2]}),
                (_, 1) => json!({"reference": "kept"}),
                _ => json!({"name": format!("Hand {hand}")}),
            };
            let path = &path;
            async move { patch(all, path, &change).await }
        }))
        .await;
        for answer in &answers {
            assert!([200, 503].contains(&answer.status), "{}", answer.told());
        }
        assert!(answers[1].status == 503 || all.get(&path).await.ok()["reference"] == "kept");
        let now = text(&all.get(&path).await.ok(), "email");
        let mut leads = BTreeSet::new();
        for email in emails.iter().chain([&text(&body, "email")]) {
            if !found(all, email).await.is_empty() {
                leads.insert(email.clone());
            }
        }
        assert_eq!(leads, BTreeSet::from([now]), "one address leads to the customer");
    });
}
