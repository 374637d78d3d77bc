//! Tampering: somebody with the right to write every table changes and removes audit entries, and is seen.

use crate::{
    cases::text,
    support::{
        Platform, Tenant,
        platform::{root, scratch},
        run,
        tables::Tables,
        time::until,
    },
};
use serde_json::{Value, json};

const ENTRIES: &str = "/audit/v1/entries";

/// The alert of a rule that names an entry.
async fn alert(tenant: &Tenant, rule: &str, entry: &str) -> Value {
    let found = async || {
        let all = tenant.all.all("/audit/v1/alerts").await;
        all.into_iter()
            .find(|a| a["rule"] == rule && a["entries"] == json!([entry]))
    };
    until(&format!("{rule} about {entry}"), 60, found).await
}

#[test]
fn a_changed_and_a_removed_entry_are_told_by_the_stream_and_by_the_sweep() {
    let dir = scratch("tampered");
    let platform = Platform::start(&dir, &root());
    let (tenant, altered, removed) = run(async {
        let tenant = Tenant::on(&platform).await;
        let customer = tenant.customer().await;
        tenant.customer().await;
        let ids: Vec<String> = tenant
            .all
            .all(ENTRIES)
            .await
            .iter()
            .map(|e| text(e, "id"))
            .collect();
        // Everything is sealed once this proof is there, so that the sweep has leaves to compare with.
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        for id in &ids {
            let sealed = async || {
                tenant
                    .all
                    .get(&format!("{ENTRIES}/{id}/proof"))
                    .await
                    .is_success()
                    .then_some(())
            };
            until("a proof", 60, sealed).await;
        }
        let made = tenant.all.all(ENTRIES).await;
        let of = |object: &str| {
            let entry = made
                .iter()
                .find(|e| e["entry"]["object"] == object && e["activity"] == "billing.create_customer");
            text(entry.expect("the entry of a customer"), "id")
        };
        let removed = of(&customer);
        let entry = made
            .iter()
            .find(|e| e["activity"] == "billing.create_customer" && e["id"] != removed.as_str());
        let altered = text(entry.expect("another entry"), "id");
        let before = tenant.all.all("/audit/v1/alerts").await;
        assert!(before.iter().all(|a| a["severity"] != "critical"), "{before:?}");

        let tables = Tables::of(&platform);
        let body = text(
            &tenant.all.get(&format!("{ENTRIES}/{altered}")).await.ok(),
            "body",
        );
        tables
            .alter(&tenant.id, &altered, &body.replace("succeeded", "refused"))
            .await;
        tables.remove(&tenant.id, &removed).await;
        for entry in [&altered, &removed] {
            let alert = alert(&tenant, "audit_tampered", entry).await;
            assert_eq!(
                (&alert["severity"], &alert["state"]),
                (&json!("critical"), &json!("open")),
                "{alert}"
            );
            assert!(text(&alert, "detail").contains(entry.as_str()), "{alert}");
        }
        (tenant, altered, removed)
    });
    // What is due once an hour runs at once when the platform starts: also for records that no stream brings again.
    platform.kill();
    let platform = Platform::start(&dir, &root());
    run(async {
        let tenant = Tenant {
            admin: tenant.admin.at(&platform.http),
            all: tenant.all.at(&platform.http),
            ..tenant
        };
        let gone = alert(&tenant, "audit_altered", &removed).await;
        assert!(text(&gone, "detail").contains("is gone"), "{gone}");
        let changed = alert(&tenant, "audit_altered", &altered).await;
        assert!(
            text(&changed, "detail").contains("is not what was sealed"),
            "{changed}"
        );
        let all = tenant.all.all("/audit/v1/alerts").await;
        for rule in ["audit_tampered", "audit_altered"] {
            assert_eq!(
                all.iter().filter(|a| a["rule"] == rule).count(),
                2,
                "{rule} each once: {:#?}",
                all.iter()
                    .filter(|a| a["rule"] == rule)
                    .map(|a| &a["detail"])
                    .collect::<Vec<_>>()
            );
        }
    });
}

#[test]
fn what_no_handler_wrote_raises_no_alert_in_another_tenant() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let entry = text(&tenant.all.all(ENTRIES).await[0], "id");
        let tables = Tables::of(crate::support::platform());
        tables.remove(&tenant.id, &entry).await;
        alert(&tenant, "audit_tampered", &entry).await;
        // An entry that no function can have written: its body is about another tenant.
        let forged = "aud_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        let mut item = Tables::entry(&tenant.id, forged);
        let body = json!({"id": forged, "tenant": other.id, "region": "eu-west-1", "activity": "a.b", "outcome": "succeeded"});
        for (name, value) in [("id", forged), ("body", &body.to_string())] {
            item[name] = json!({"S": value});
        }
        tables
            .call(
                "PutItem",
                &json!({"TableName": "ledgerkeep-local-audit", "Item": item}),
            )
            .await;
        let told = alert(&tenant, "audit_tampered", forged).await;
        assert!(text(&told, "detail").contains("another tenant"), "{told}");
        let alerts = other.all.all("/audit/v1/alerts").await;
        assert!(alerts.iter().all(|a| a["rule"] != "audit_tampered"), "{alerts:?}");
    });
}
