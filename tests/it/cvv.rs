//! Card verification values: the provider gets them, and nothing else ever holds one.

use crate::{
    cases::text,
    support::{Tenant, platform, random, run, tables::Tables, time::until, world::Buyer},
};
use serde_json::{Value, json};

const PAYMENTS: &str = "/payments/v1/payments";

async fn buyer(tenant: &Tenant, number: &str) -> Buyer {
    let customer = tenant.customer().await;
    let card = tenant.card(&customer, number).await;
    Buyer { customer, card }
}

fn with(buyer: &Buyer, cvv: &Value) -> Value {
    let mut body = buyer.pays(500, true);
    body["cvv"] = cvv.clone();
    body
}

/// Whether a value or a name stands anywhere in what a tenant's tables hold.
async fn kept(tenant: &Tenant, table: &str, needles: &[&str]) -> Vec<String> {
    let mut scan = json!({"TableName": format!("ledgerkeep-local-{table}"), "ConsistentRead": true,
        "FilterExpression": "begins_with(pk, :mine)",
        "ExpressionAttributeValues": {":mine": {"S": format!("T#{}#", tenant.id)}}});
    let mut found = Vec::new();
    loop {
        let page = Tables::of(platform()).call("Scan", &scan).await;
        for item in page["Items"].as_array().expect("items") {
            let text = item.to_string();
            found.extend(
                needles
                    .iter()
                    .filter(|n| text.contains(**n))
                    .map(|n| format!("{n}: {text}")),
            );
        }
        if page["LastEvaluatedKey"].is_null() {
            return found;
        }
        scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}

#[test]
fn the_provider_decides_on_it_and_nothing_keeps_it() {
    run(async {
        let tenant = Tenant::new().await;
        let visa = buyer(&tenant, "4242424242424242").await;
        let amex = buyer(&tenant, "378282246310005").await;
        for (who, cvv, status) in [
            (&visa, "739", "captured"),
            (&amex, "7391", "captured"),
            (&visa, "000", "declined"),
        ] {
            let paid = tenant.all.post(PAYMENTS, &with(who, &json!(cvv))).await.is(201);
            assert_eq!(paid["status"], status, "{paid}");
            assert!(paid.get("cvv").is_none(), "{paid}");
            let why = paid["decline_code"].as_str();
            assert_eq!(why, (status == "declined").then_some("incorrect_cvc"));
        }
        for (who, bad) in [
            (&visa, json!("7391")),
            (&amex, json!("739")),
            (&visa, json!("73a")),
            (&visa, json!(739)),
            (&visa, json!("")),
        ] {
            let answer = tenant.all.post(PAYMENTS, &with(who, &bad)).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), ["/cvv"], "{}", answer.told());
        }

        // A repeat is known by what may be kept of it: the value is not part of that, not even hashed.
        let key = random(22);
        let first = tenant
            .all
            .post_as(PAYMENTS, &key, &with(&visa, &json!("739")))
            .await
            .is(201);
        let again = tenant
            .all
            .post_as(PAYMENTS, &key, &with(&visa, &json!("740")))
            .await
            .is(201);
        assert_eq!(first["id"], again["id"]);
        let mut other = with(&visa, &json!("739"));
        other["amount"] = json!(501);
        let reused = tenant.all.post_as(PAYMENTS, &key, &other).await;
        reused.refused(422, "idempotency_key_reused");

        let id = text(&first, "id");
        // What was asked for stands in the log, and of the value only that there was one.
        let asked = until("its entry", 30, async || {
            let entries = tenant
                .all
                .get(&format!("/audit/v1/entries?object={id}"))
                .await
                .ok();
            for entry in entries["data"].as_array()? {
                let path = format!("/audit/v1/entries/{}", text(entry, "id"));
                let entry = tenant.all.get(&path).await.ok()["entry"].clone();
                let request = &entry["details"]["request"];
                if request.is_object() {
                    return Some(request.clone());
                }
            }
            None
        })
        .await;
        assert_eq!(
            (&asked["cvv"], &asked["amount"]),
            (&json!("[card]"), &json!(500)),
            "{asked}"
        );
        // Four digits that stand in no id or time by chance are not to be had: names and quoted values are looked for.
        for table in ["payments", "risk", "vault", "identity", "tenancy", "seals"] {
            let found = kept(&tenant, table, &["cvv", "\"7391\"", "\"739\"", ":\\\"739"]).await;
            assert!(found.is_empty(), "{table}: {found:?}");
        }
        let found = kept(&tenant, "audit", &["\"7391\"", "\"739\"", ":\\\"739"]).await;
        assert!(found.is_empty(), "audit: {found:?}");
    });
}
