//! Tenants: their settings, who may change them, and what they do.

use crate::{
    cases::text,
    support::{Tenant, platform, random, run, world},
};
use serde_json::{Value, json};

fn path(tenant: &Tenant) -> String {
    format!("/tenancy/v1/tenants/{}", tenant.id)
}

#[test]
fn sensitive_reads_give_a_reason_where_the_tenant_wants_one() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = format!("/billing/v1/customers/{}", tenant.customer().await);
        tenant.all.get(&customer).await.ok();
        let set = |wanted: bool| json!({"require_access_reason": wanted});
        let answer = tenant
            .admin
            .change("PATCH", &path(&tenant), &set(true))
            .await
            .is(200);
        assert_eq!(answer["require_access_reason"], true);

        tenant
            .all
            .get(&customer)
            .await
            .refused(400, "access_reason_required");
        for blank in ["", "   "] {
            let request = tenant
                .all
                .request("GET", &customer)
                .await
                .header("x-access-reason", blank);
            request.send().await.refused(400, "access_reason_required");
        }
        let search = tenant
            .all
            .post("/billing/v1/customers/search", &json!({"email": "a@b.example"}))
            .await;
        search.refused(400, "access_reason_required");
        tenant
            .all
            .get("/audit/v1/entries")
            .await
            .refused(400, "access_reason_required");
        // What is not sensitive, and what changes something, needs none.
        tenant.all.get("/payments/v1/payments").await.ok();
        tenant.customer().await;
        // A caller without the right hears of the right, not of the reason.
        let weak = tenant.client(&["auditor"]).await;
        weak.get(&customer).await.refused(403, "forbidden");

        let reason = format!("Ticket {}", random(8));
        let id = format!("req-{}", random(20));
        let request = tenant.all.request("GET", &customer).await;
        request
            .header("x-access-reason", &reason)
            .header("x-request-id", &id)
            .send()
            .await
            .is(200);
        let entries = tenant.all.request("GET", "/audit/v1/entries?limit=100").await;
        let entries = entries.header("x-access-reason", "Audit").send().await.ok();
        let entry = entries["data"]
            .as_array()
            .expect("data")
            .iter()
            .find(|e| e["entry"]["request_id"] == id.as_str());
        let entry = &entry.expect("the entry of the read")["entry"];
        assert_eq!(
            (&entry["reason"], &entry["code"]),
            (&json!(reason), &json!("S")),
            "{entry}"
        );
        let refused = entries["data"]
            .as_array()
            .expect("data")
            .iter()
            .filter(|e| e["entry"]["problem"] == "access_reason_required");
        assert!(refused.count() >= 4, "refusals are in the log");

        tenant
            .admin
            .change("PATCH", &path(&tenant), &set(false))
            .await
            .is(200);
        tenant.all.get(&customer).await.ok();
    });
}

#[test]
fn settings_are_changed_by_who_may_and_stay_within_bounds() {
    run(async {
        let (tenant, other) = (Tenant::new().await, world::neighbour().await);
        let before = tenant.all.get(&path(&tenant)).await.ok();
        assert_eq!(
            (&before["retention_months"], &before["online_months"]),
            (&json!(12), &json!(3))
        );
        for (body, pointer) in [
            (json!({"retention_months": 11}), "/retention_months"),
            (json!({"retention_months": 121}), "/retention_months"),
            (json!({"online_months": 2}), "/online_months"),
            (json!({"online_months": 13}), "/online_months"),
            (json!({"name": ""}), "/name"),
            (json!({"status": "gone"}), "/status"),
            (json!({"home_region": "us-east-1"}), "/home_region"),
            (json!({"require_access_reason": "yes"}), "/require_access_reason"),
        ] {
            let answer = tenant.admin.change("PATCH", &path(&tenant), &body).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), [pointer], "{}", answer.told());
        }
        let body = json!({"name": "Taken over"});
        tenant
            .all
            .change("PATCH", &path(&tenant), &body)
            .await
            .refused(403, "forbidden");
        other
            .admin
            .change("PATCH", &path(&tenant), &body)
            .await
            .refused(404, "not_found");
        let suspend = json!({"status": "suspended"});
        tenant
            .admin
            .change("PATCH", &path(&tenant), &suspend)
            .await
            .refused(403, "forbidden");
        assert_eq!(
            tenant.all.get(&path(&tenant)).await.ok(),
            before,
            "nothing has changed"
        );

        let body =
            json!({"name": "Renamed", "retention_months": 24, "online_months": 24, "status": "active"});
        let after = tenant.both("PATCH", &path(&tenant), &body).await.is(200);
        assert_eq!(
            (&after["name"], &after["online_months"]),
            (&json!("Renamed"), &json!(24))
        );
        assert_eq!(tenant.all.get(&path(&tenant)).await.ok(), after);
        let entries = tenant.all.all("/audit/v1/entries").await;
        let entry = entries
            .iter()
            .find(|e| e["activity"] == "tenancy.update_tenant" && e["outcome"] == "succeeded");
        let entry = &entry.expect("its entry")["entry"];
        let details = &entry["details"];
        assert_eq!(
            (
                &details["before"]["retention_months"],
                &details["after"]["retention_months"]
            ),
            (&json!(12), &json!(24)),
            "{entry}"
        );
        assert!(text(entry, "grant").starts_with("administrator/1#"), "{entry}");
        assert_eq!(
            (&entry["right"], &entry["policy"]),
            (&json!("tenant.write"), &json!(["administrator/1", "auditor/1"]))
        );
    });
}

#[test]
fn the_platform_suspends_and_resumes_a_tenant_but_not_itself() {
    run(async {
        let tenant = Tenant::new().await;
        let operator = world::operator(platform());
        let set = |status: &str| json!({"status": status});
        tenant.all.get("/payments/v1/payments").await.ok();
        tenant.admin.get("/identity/v1/me").await.ok();
        operator
            .change("PATCH", &path(&tenant), &set("suspended"))
            .await
            .is(200);
        for caller in [&tenant.all, &tenant.admin] {
            caller
                .get("/identity/v1/me")
                .await
                .refused(403, "tenant_suspended");
        }
        operator
            .change("PATCH", &path(&tenant), &set("active"))
            .await
            .is(200);
        tenant.admin.get("/identity/v1/me").await.ok();
        // What the platform did to it stands in the tenant's own log.
        let search = "/audit/v1/entries?activity=tenancy.update_tenant";
        let told = tenant.all.all(search).await;
        assert_eq!(told.len(), 2, "{told:?}");
        let by_platform = |e: &Value| e["entry"]["actor_tenant"] == "ten_00000000000000000000000000";
        assert!(told.iter().all(by_platform), "{told:?}");
        let own = "/tenancy/v1/tenants/ten_00000000000000000000000000";
        let answer = operator.change("PATCH", own, &set("suspended")).await;
        answer.refused(422, "invalid_input");
        let unknown = "/tenancy/v1/tenants/ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        operator
            .change("PATCH", unknown, &set("suspended"))
            .await
            .refused(404, "not_found");
        // Fifty hands set fifty names; one name stays, and no setting is lost.
        let names: Vec<Value> = (0..50).map(|n| json!({"name": format!("Name {n}")})).collect();
        let target = path(&tenant);
        let answers = futures::future::join_all(
            names
                .iter()
                .map(|body| tenant.admin.change("PATCH", &target, body)),
        )
        .await;
        assert!(answers.iter().all(|a| a.is_success()));
        let kept = tenant.all.get(&target).await.ok();
        assert!(
            text(&kept, "name").starts_with("Name ") && kept["status"] == "active",
            "{kept}"
        );
    });
}
