//! Keys: what is shown of them, who may have them rotated, and that nothing changes for anybody while they are.

use crate::{
    cases::text,
    support::{Answer, Tenant, random, run, time::until},
};
use futures::future::join_all;
use serde_json::{Value, json};

const ROTATIONS: &str = "/keys/v1/rotations";

async fn rotate(tenant: &Tenant, scope: &str, purpose: &str) -> Answer {
    let request = tenant.admin.request("POST", ROTATIONS).await;
    let body = json!({"scope": scope, "purpose": purpose});
    tenant.with_approval(request.json(&body).key(&random(22))).await
}

#[test]
fn keys_are_shown_by_version_and_never_themselves() {
    run(async {
        let tenant = Tenant::new().await;
        let shown = tenant.admin.get("/keys/v1/keys").await.ok();
        let keys = shown["data"].as_array().expect("keys");
        let purposes: Vec<&str> = keys.iter().filter_map(|k| k["purpose"].as_str()).collect();
        assert_eq!(purposes, ["pii", "card", "audit", "secret", "index"]);
        for key in keys {
            assert_eq!(
                (&key["current"], &key["versions"][0]["state"]),
                (&json!(1), &json!("current"))
            );
            assert_eq!(key["versions"][0]["age_days"], 0, "{key}");
            assert_eq!(key["rotation_due_at"].is_null(), key["purpose"] == "index");
            let fields = ["age_days", "created_at", "kms_key", "state", "version"];
            let version = key["versions"][0].as_object().expect("a version");
            assert_eq!(version.keys().collect::<Vec<_>>(), fields);
        }
    });
}

#[test]
fn a_rotation_needs_two_people_runs_once_and_loses_nothing() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let customer = format!("/billing/v1/customers/{}", buyer.customer);
        let card = format!("/vault/v1/payment-methods/{}", buyer.card);
        let before = (
            tenant.all.get(&customer).await.ok(),
            tenant.all.get(&card).await.ok(),
        );

        tenant
            .all
            .post(ROTATIONS, &json!({"scope": "subjects", "purpose": "pii"}))
            .await
            .refused(403, "forbidden");
        for bad in [
            json!({"scope": "subjects", "purpose": "index"}),
            json!({"scope": "all", "purpose": "pii"}),
            json!({"scope": "tenant"}),
        ] {
            tenant
                .admin
                .post(ROTATIONS, &bad)
                .await
                .refused(422, "invalid_input");
        }
        let made = rotate(&tenant, "subjects", "pii").await.is(202);
        let path = format!("{ROTATIONS}/{}", text(&made, "id"));
        let again = join_all((0..10).map(|_| rotate(&tenant, "subjects", "pii"))).await;
        for answer in again {
            answer.refused(409, "rotation_running");
        }
        let other = Tenant::new().await;
        other.admin.get(&path).await.refused(404, "not_found");

        // The worker comes once a minute.
        let resealed = async || {
            let job = tenant.admin.get(&path).await.ok();
            let done = job["stage"] != "new_keys" && job["stage"] != "fields";
            (done && job["changed"].as_u64() > Some(4)).then_some(job)
        };
        let job: Value = until("everything is sealed anew", 150, resealed).await;
        assert_eq!(
            (&job["from_version"], &job["unknown"]),
            (&json!(1), &json!(0)),
            "{job}"
        );
        let after = (
            tenant.all.get(&customer).await.ok(),
            tenant.all.get(&card).await.ok(),
        );
        assert_eq!(before, after);
        tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(100, true))
            .await
            .is(201);
        // Everybody can still sign in and be found.
        Tenant::user(&tenant.admin.http, &tenant.id, &tenant.people[1])
            .sign_in()
            .await
            .is(201);
        let email = json!({"email": before.0["email"]});
        let found = tenant.all.post("/billing/v1/customers/search", &email).await.ok();
        assert_eq!(found["data"][0]["id"], before.0["id"]);
    });
}
