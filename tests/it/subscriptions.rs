//! Subscriptions: billed at their boundaries, changed, canceled and previewed.

use crate::{
    cases::text,
    support::{Tenant, run, time, world},
};
use futures::future::join_all;
use serde_json::{Value, json};

const SUBSCRIPTIONS: &str = "/billing/v1/subscriptions";
/// How many race.
const HANDS: usize = 50;
const DAY: u64 = 86_400;

fn path(made: &Value) -> String {
    format!("{SUBSCRIPTIONS}/{}", text(made, "id"))
}

/// So many days before now, at the time of day.
fn ago(days: u64) -> String {
    time::rfc3339(time::unix() - days * DAY)
}

/// The invoices of the customer of a subscription.
async fn invoices(tenant: &Tenant, made: &Value) -> Vec<Value> {
    let path = format!("/billing/v1/invoices?customer={}", text(made, "customer"));
    tenant.all.all(&path).await
}

#[test]
fn fifty_hands_bill_a_boundary_once_and_the_preview_is_what_is_billed() {
    run(async {
        let tenant = Tenant::new().await;
        let made = tenant.subscription(json!({"time_zone": "Europe/Berlin"})).await;
        assert_eq!(
            (&made["status"], &made["time_zone"]),
            (&json!("trialing"), &json!("Europe/Berlin"))
        );
        let path = path(&made);
        let preview = tenant
            .all
            .post(&format!("{path}/preview"), &json!({}))
            .await
            .is(200);
        let bill = format!("{path}/bill");
        let answers = join_all((0..HANDS).map(|_| async { tenant.all.post(&bill, &json!({})).await })).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.is_success()).collect();
        assert_eq!(done.len(), 1, "one hand bills it");
        for answer in answers.iter().filter(|answer| !answer.is_success()) {
            assert!([409, 503].contains(&answer.status), "{}", answer.told());
        }
        let billed = done[0].json();
        assert_eq!(billed["subscription"]["status"], "active");
        let found = invoices(&tenant, &made).await;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&found[0]["id"], &found[0]["total"]),
            (&billed["invoice"], &json!(3000))
        );
        let invoice = tenant
            .all
            .get(&format!("/billing/v1/invoices/{}", text(&billed, "invoice")))
            .await
            .ok();
        assert_eq!(invoice["lines"], preview["lines"]);
        assert_eq!(
            (&invoice["total"], &invoice["status"]),
            (&preview["total"], &json!("open"))
        );
        assert_eq!(invoice["subscription"], made["id"]);
        // The next one is due in a month.
        tenant.all.post(&bill, &json!({})).await.is(409);
    });
}

#[test]
fn changes_take_back_and_charge_what_is_left_and_there_and_back_bills_nothing() {
    run(async {
        let tenant = Tenant::new().await;
        let made = tenant.subscription(json!({"starts_at": ago(10)})).await;
        let path = path(&made);
        tenant.all.post(&format!("{path}/bill"), &json!({})).await.is(200);
        let item = text(&made["items"][0], "id");
        let change = async |quantity: &str, when: &str| {
            let body = json!({"items": [{"id": item, "quantity": quantity}], "when": when});
            tenant.all.change("PATCH", &path, &body).await.is(200)
        };
        // A month of 28 to 31 days, of which ten have passed: what is left is charged for one more.
        let more = change("2", "now").await["amount_waiting"]
            .as_i64()
            .expect("an amount");
        assert!((1928..=2033).contains(&more), "{more}");
        assert_eq!(change("1", "now").await["amount_waiting"], 0);
        let later = change("3", "period_end").await;
        assert_eq!(
            (
                &later["items"][0]["quantity"],
                &later["items"][0]["pending_quantity"]
            ),
            (&json!("1"), &json!("3"))
        );
        let preview = tenant
            .all
            .post(&format!("{path}/preview"), &json!({}))
            .await
            .is(200);
        assert_eq!(
            (&preview["total"], preview["lines"].as_array().map(Vec::len)),
            (&json!(9000), Some(1))
        );
        // It ends with its period, and then nothing more is billed.
        let ends = json!({"when": "period_end"});
        let ending = tenant.all.post(&format!("{path}/cancel"), &ends).await.is(200);
        assert_eq!(
            (&ending["status"], &ending["ends_with_period"]),
            (&json!("active"), &json!(true))
        );
        let last = tenant
            .all
            .post(&format!("{path}/preview"), &json!({}))
            .await
            .is(200);
        assert_eq!(last["total"], 0);
    });
}

#[test]
fn what_is_owed_at_the_end_is_billed_and_what_passed_is_billed_one_by_one() {
    run(async {
        let tenant = Tenant::new().await;
        let made = tenant
            .subscription(json!({"starts_at": ago(70), "invoicing": "draft"}))
            .await;
        let path = path(&made);
        let bill = format!("{path}/bill");
        for _ in 0..3 {
            tenant.all.post(&bill, &json!({})).await.is(200);
        }
        tenant.all.post(&bill, &json!({})).await.is(409);
        let found = invoices(&tenant, &made).await;
        assert_eq!(found.len(), 3);
        assert!(
            found
                .iter()
                .all(|invoice| invoice["status"] == "draft" && invoice["total"] == 3000)
        );
        let body = json!({"items": [{"id": made["items"][0]["id"], "quantity": "5"}]});
        let changed = tenant.all.change("PATCH", &path, &body).await.is(200);
        let owed = changed["amount_waiting"].clone();
        let ended = tenant
            .all
            .post(&format!("{path}/cancel"), &json!({}))
            .await
            .is(200);
        assert_eq!(ended["status"], "canceled");
        tenant.all.post(&bill, &json!({})).await.is(200);
        assert_eq!(invoices(&tenant, &made).await[0]["total"], owed);
        tenant.all.post(&bill, &json!({})).await.is(409);
        tenant.all.change("PATCH", &path, &body).await.is(409);
    });
}

#[test]
fn prices_have_tiers_and_packages_and_an_invoice_line_keeps_their_arithmetic() {
    run(async {
        let tenant = Tenant::new().await;
        let (product, customer) = (tenant.product().await, tenant.customer().await);
        let tiers = json!([{"up_to": "5", "unit_amount": "200"}, {"up_to": "10", "unit_amount": "100"}, {"unit_amount": "50"}]);
        let mut lines = Vec::new();
        for (scheme, more, quantity) in [
            ("graduated", json!({"tiers": tiers}), "5.5"),
            ("volume", json!({"tiers": tiers}), "5.5"),
            (
                "package",
                json!({"unit_amount": "900", "package_size": "10", "free_units": "5"}),
                "12",
            ),
        ] {
            let mut body = json!({"product": product, "currency": "EUR", "billing_scheme": scheme});
            for (name, value) in more.as_object().expect("an object") {
                body[name] = value.clone();
            }
            let price = world::id(&tenant.all.post("/billing/v1/prices", &body).await);
            lines.push(json!({"price": price, "quantity_decimal": quantity}));
        }
        let body = json!({"customer": customer, "currency": "EUR", "lines": lines});
        let draft = tenant.all.post("/billing/v1/invoices", &body).await.is(201);
        let amounts: Vec<_> = (0..3)
            .map(|at| draft["lines"][at]["amount"].as_i64().expect("an amount"))
            .collect();
        assert_eq!(amounts, [1050, 550, 900]);
        assert_eq!(
            draft["lines"][0]["rated"]["steps"].as_array().map(Vec::len),
            Some(2)
        );
        let refused = json!({"product": product, "currency": "EUR", "billing_scheme": "volume", "tiers": [{"up_to": "5", "unit_amount": "1"}]});
        tenant.all.post("/billing/v1/prices", &refused).await.is(422);
    });
}
