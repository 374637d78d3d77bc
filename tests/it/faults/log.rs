//! No entry, no answer: while the audit table does not answer, nothing is done and nothing is told.

use super::broken;
use crate::support::{Tenant, random, run, world};
use serde_json::json;

#[test]
fn while_the_audit_table_is_out_of_reach_calls_are_answered_503_and_change_nothing() {
    let (platform, _turn) = broken();
    run(async {
        let tenant = Tenant::on(platform).await;
        let customer = tenant.customer().await;
        let path = format!("/billing/v1/customers/{customer}");
        let before = tenant.all.get(&path).await.ok();
        let count = tenant.all.all("/billing/v1/customers").await.len();
        let entries = tenant.all.all("/audit/v1/entries").await.len();
        let token = tenant.all.token().await;
        let http = &platform.http;
        let missing = "/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        for fault in [
            json!({"error": {"code": "InternalServerError"}}),
            json!({"error": {"code": "ResourceNotFoundException"}}),
            json!("drop_before"),
        ] {
            let rule = json!({"service": "dynamodb", "contains": ["ledgerkeep-local-audit", tenant.id], "fault": fault});
            let key = random(22);
            let create = http
                .post("/billing/v1/customers", &world::customer_body())
                .bearer(&token)
                .key(&key);
            let sign_in = json!({"tenant": tenant.id, "email": tenant.people[1].email, "password": tenant.people[1].password});
            platform.faults().set(&[rule]).await;
            for request in [
                http.get(&path).bearer(&token),
                http.get(missing).bearer(&token),
                http.get("/billing/v1/customers").bearer(&token),
                http.request("PATCH", &path)
                    .bearer(&token)
                    .json(&json!({"name": "Changed", "email": "changed@people.example"})),
                create.clone(),
                http.post("/identity/v1/sessions", &sign_in),
            ] {
                let answer = request.send().await;
                assert_eq!(answer.status, 503, "{fault}: {}", answer.told());
                assert!(!answer.told().contains("access_token"), "{}", answer.told());
            }
            let hits = platform.faults().hits().await;
            platform.faults().clear().await;
            assert!(hits >= 6, "{hits}");
            assert_eq!(tenant.all.get(&path).await.ok(), before, "{fault}");
            assert_eq!(
                tenant.all.all("/billing/v1/customers").await.len(),
                count,
                "{fault}"
            );
        }
        // Nothing of it is in the log either, beside what this test has read.
        let later = tenant.all.all("/audit/v1/entries").await;
        let failed = later.iter().filter(|e| e["outcome"] == "failed").count();
        assert!(failed == 0 && later.len() > entries, "{failed} failures");
    });
}
