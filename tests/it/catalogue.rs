//! The catalogue of events: what arrives is what its schemas say.

use crate::{
    cases::text,
    support::{
        Tenant, platform,
        receiver::{Received, Receiver},
        run,
        time::until,
    },
    webhooks::subscribe,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is wrong with a value, for the words that the catalogue's schemas use. Fields that no schema names are told, too.
fn wrong(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(any) = schema["anyOf"].as_array() {
        let all: Vec<Vec<String>> = any.iter().map(|schema| wrong(schema, value, at)).collect();
        return if all.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            all.concat()
        };
    }
    let mut found = Vec::new();
    if let Some(expected) = schema.get("const")
        && expected != value
    {
        found.push(format!("{at}: {value} is not {expected}"));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|values| !values.contains(value))
    {
        found.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    let fits = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() && value.as_i64() >= schema["minimum"].as_i64().or(value.as_i64()),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some(other) => panic!("{at}: what is {other}?"),
    };
    if !fits {
        found.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().expect("a name")).is_none() {
            found.push(format!("{at}: no {name}"));
        }
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, inner) in object {
            let at = format!("{at}/{name}");
            match properties.get(name) {
                None => found.push(format!("{at}: stands in no schema")),
                Some(schema) => found.extend(wrong(schema, inner, &at)),
            }
        }
    }
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(wrong(&schema["items"], item, &format!("{at}/{n}")));
    }
    found
}

#[test]
fn events_are_what_the_catalogue_says() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.limits_amounts(&[("EUR", 100_000)]).await;
        let receiver = Receiver::start(platform(), |_| "200 OK".into()).await;
        subscribe(&tenant.all, &receiver, &["*"]).await;
        let paid = tenant.payment(100, true).await;
        let refunds = format!("/payments/v1/payments/{}/refunds", text(&paid, "id"));
        tenant.all.post(&refunds, &json!({})).await.is(201);
        let buyer = tenant.buyer().await;
        tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(100_001, true))
            .await
            .is(201);
        // An alert about the tenant's first client may come among them, or have come before.
        let alert = |event: &Received| event.json()["type"] == "alert.raised";
        let told = until("seven events", 40, async || {
            let seen = receiver.seen();
            (seen.iter().filter(|e| !alert(e)).count() >= 7).then_some(seen)
        })
        .await;
        let catalogue = tenant.all.get("/notifications/v1/event-types").await.ok();
        let kinds = catalogue["data"].as_array().expect("data");
        let mut checked = BTreeSet::new();
        for event in told.iter().map(Received::json) {
            let kind = kinds.iter().find(|kind| kind["name"] == event["type"]);
            let kind = kind.unwrap_or_else(|| panic!("{} is in no catalogue", event["type"]));
            assert!(!text(kind, "description").is_empty());
            let found = wrong(&kind["schema"], &event["data"], "/data");
            assert!(found.is_empty(), "{}: {found:?}", event["type"]);
            checked.insert(text(&event, "type"));
        }
        let expected = [
            "customer.created",
            "payment.captured",
            "payment.declined",
            "payment_method.created",
            "refund.succeeded",
        ];
        checked.remove("alert.raised");
        assert_eq!(checked.into_iter().collect::<Vec<_>>(), expected);
        let altered = json!({"id": "pay_1", "object": {"amount": "100"}});
        let payment = kinds
            .iter()
            .find(|kind| kind["name"] == "payment.captured")
            .expect("a kind");
        assert!(
            !wrong(&payment["schema"], &altered, "").is_empty(),
            "the schema takes anything"
        );
    });
}
