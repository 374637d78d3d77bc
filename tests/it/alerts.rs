//! Alerts: raised once for what the rules say, however many hands there are, and told to webhooks.

use crate::{
    cases::text,
    support::{
        Tenant, platform,
        receiver::Receiver,
        run,
        time::{pause, until},
        world,
    },
    webhooks::subscribe,
};
use futures::future::join_all;
use serde_json::{Value, json};

const ALERTS: &str = "/audit/v1/alerts";
const RULES: &str = "/audit/v1/alert-rules";

async fn of_rule(tenant: &Tenant, rule: &str) -> Vec<Value> {
    let all = tenant.all.all(ALERTS).await;
    all.into_iter().filter(|a| a["rule"] == rule).collect()
}

/// Waits until a rule has raised this many alerts.
async fn raised(tenant: &Tenant, rule: &str, many: usize) -> Vec<Value> {
    let found = async || Some(of_rule(tenant, rule).await).filter(|a| a.len() >= many);
    until(&format!("{many} alerts of {rule}"), 60, found).await
}

/// A call that is refused, and stands in the tenant's log.
async fn refused(tenant: &Tenant) {
    let path = "/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
    tenant.all.get(path).await.refused(404, "not_found");
}

#[test]
fn fifty_failures_from_one_address_raise_one_alert_and_one_event() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = Receiver::start(platform(), |_| "204 No Content".into()).await;
        subscribe(&tenant.all, &receiver, &["alert.raised"]).await;
        for _ in 0..9 {
            refused(&tenant).await;
        }
        pause(2_000).await;
        assert!(
            of_rule(&tenant, "failures_from_one_address").await.is_empty(),
            "nine are not ten"
        );
        join_all((0..50).map(|_| refused(&tenant))).await;
        let alert = raised(&tenant, "failures_from_one_address", 1).await.remove(0);
        assert_eq!(
            (&alert["severity"], &alert["subject"], &alert["state"]),
            (&json!("high"), &json!("127.0.0.1"), &json!("open")),
            "{alert}"
        );
        let entries = alert["entries"].as_array().expect("entries");
        assert_eq!(entries.len(), 10, "{alert}");
        for entry in entries {
            let path = format!("/audit/v1/entries/{}", entry.as_str().expect("an id"));
            assert_eq!(tenant.all.get(&path).await.ok()["outcome"], "refused");
        }
        // So many refusals from nothing are a doubling too, whose event may come first.
        let told = async || {
            let events: Vec<Value> = receiver.seen().iter().map(|event| event.json()).collect();
            events
                .into_iter()
                .find(|e| e["data"]["object"]["rule"] == "failures_from_one_address")
        };
        let event = until("the event", 60, told).await;
        assert_eq!(
            (
                &event["type"],
                &event["data"]["id"],
                &event["data"]["object"]["rule"]
            ),
            (
                &json!("alert.raised"),
                &alert["id"],
                &json!("failures_from_one_address")
            ),
            "{event}"
        );
        pause(3_000).await;
        let mut rules: Vec<Value> = tenant
            .all
            .all(ALERTS)
            .await
            .iter()
            .map(|a| a["rule"].clone())
            .collect();
        // The one about the tenant's first client may have come before the webhook.
        rules.retain(|rule| rule != "role_changed");
        let once = rules
            .iter()
            .filter(|r| **r == "failures_from_one_address")
            .count();
        assert_eq!(once, 1, "one incident, one alert: {rules:?}");
        let mut events: Vec<Value> = receiver.seen().iter().map(|e| e.json()).collect();
        events.retain(|e| e["data"]["object"]["rule"] != "role_changed");
        assert_eq!(
            events.len(),
            rules.len(),
            "an event for each alert: {events:?} {rules:?}"
        );
    });
}

#[test]
fn an_alert_is_acknowledged_once_by_one_of_fifty() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        let alert = raised(&tenant, "data_exported", 1).await.remove(0);
        let path = format!("{ALERTS}/{}/acknowledge", text(&alert, "id"));
        tenant.all.post(&path, &json!({})).await.refused(403, "forbidden");
        let answers = join_all((0..50).map(|n| {
            let (admin, path) = (&tenant.admin, &path);
            async move { admin.post(path, &json!({"note": format!("Hand {n}")})).await }
        }))
        .await;
        let done: Vec<Value> = answers
            .iter()
            .filter(|a| a.is_success())
            .map(|a| a.json())
            .collect();
        assert_eq!(done.len(), 1, "one wins");
        for answer in answers.iter().filter(|a| !a.is_success()) {
            let problem = answer.refused(409, "wrong_state");
            assert_eq!(problem["state"], "acknowledged");
        }
        let kept = raised(&tenant, "data_exported", 1).await.remove(0);
        assert_eq!(kept, done[0]);
        assert_eq!(kept["state"], "acknowledged");
        assert!(
            text(&kept, "acknowledged_by").starts_with("usr_") && text(&kept, "note").starts_with("Hand ")
        );
        for (state, there) in [("open", false), ("acknowledged", true)] {
            let listed = tenant.all.all(&format!("{ALERTS}?state={state}")).await;
            assert_eq!(
                listed.iter().any(|a| a["id"] == alert["id"]),
                there,
                "{state}: {listed:?}"
            );
        }
        tenant
            .all
            .get(&format!("{ALERTS}?state=closed"))
            .await
            .refused(422, "invalid_input");
        let unknown = format!("{ALERTS}/alt_01JD3X8M9V5T2Q4R6S8W0Y1Z2A/acknowledge");
        tenant
            .admin
            .post(&unknown, &json!({}))
            .await
            .refused(404, "not_found");
    });
}

#[test]
fn rules_are_replaced_whole_and_only_what_is_in_force_raises() {
    run(async {
        // What is refused here counts for a tenant of its own.
        let (tenant, clumsy) = (Tenant::new().await, Tenant::new().await);
        let shipped = tenant.all.get(RULES).await.ok();
        assert_eq!(shipped["version"], 0, "{shipped}");
        assert_eq!(shipped["always"], json!(["audit_tampered", "audit_altered"]));
        let names: Vec<&str> = shipped["rules"]
            .as_array()
            .expect("rules")
            .iter()
            .filter_map(|r| r["name"].as_str())
            .collect();
        for name in [
            "failures_from_one_address",
            "role_changed",
            "card_revealed",
            "data_exported",
            "retired_key_used",
            "item_unreadable",
            "refusals_doubled",
        ] {
            assert!(names.contains(&name), "{name} of {names:?}");
        }
        let rule = json!({"name": "lost_customers", "enabled": true, "severity": "low", "kind": "count", "per": "actor",
            "activities": ["billing.read_*"], "outcomes": ["refused"], "problems": ["not_found"], "count": 3, "minutes": 10});
        let with = |name: &str, value: Value| {
            let mut odd = rule.clone();
            odd[name] = value;
            json!({"rules": [odd]})
        };
        for (body, pointer) in [
            (with("count", json!(0)), "/rules/0/count"),
            (with("count", json!(101)), "/rules/0/count"),
            (with("minutes", json!(0)), "/rules/0/minutes"),
            (with("name", json!("audit_tampered")), "/rules/0/name"),
            (with("name", json!("A b")), "/rules/0/name"),
            (with("activities", json!(["(a+)+"])), "/rules/0/activities"),
            (with("kind", json!("script")), "/rules/0/kind"),
            (json!({"rules": [rule, rule]}), "/rules/1/name"),
            (json!({}), "/rules"),
        ] {
            let answer = clumsy.both("PUT", RULES, &body).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), [pointer], "{}", answer.told());
        }
        let body = json!({"rules": [rule], "replaces": 0});
        tenant
            .all
            .change("PUT", RULES, &body)
            .await
            .refused(403, "forbidden");
        assert_eq!(tenant.both("PUT", RULES, &body).await.is(200)["version"], 1);
        tenant
            .both("PUT", RULES, &body)
            .await
            .refused(409, "wrong_version");
        // Fifty replace version 1; one does.
        let body = json!({"rules": [rule], "replaces": 1});
        let hands = join_all((0..50).map(|_| tenant.both("PUT", RULES, &body))).await;
        assert_eq!(hands.iter().filter(|a| a.is_success()).count(), 1);
        assert_eq!(tenant.all.get(RULES).await.ok()["version"], 2);

        for _ in 0..3 {
            refused(&tenant).await;
        }
        let alert = raised(&tenant, "lost_customers", 1).await.remove(0);
        assert_eq!(
            (&alert["severity"], alert["entries"].as_array().map(Vec::len)),
            (&json!("low"), Some(3)),
            "{alert}"
        );
        assert!(text(&alert, "subject").starts_with("cli_"), "{alert}");
        // The shipped rules are no longer in force.
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        tenant
            .both("PUT", RULES, &with("enabled", json!(false)))
            .await
            .is(200);
        pause(2_000).await;
        join_all((0..12).map(|_| refused(&tenant))).await;
        pause(4_000).await;
        let mut rules: Vec<Value> = tenant
            .all
            .all(ALERTS)
            .await
            .iter()
            .map(|a| a["rule"].clone())
            .collect();
        // The tenant's first client was made while the shipped rules were in force.
        rules.retain(|r| r != "role_changed");
        assert_eq!(rules, ["lost_customers"], "only what was in force");
    });
}

#[test]
fn a_refusal_of_one_tenant_is_not_counted_for_another() {
    run(async {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        for _ in 0..6 {
            refused(&a).await;
            refused(&b).await;
        }
        // Without a token nobody knows whose call it is: it stands in the platform's log and in no tenant's.
        for _ in 0..12 {
            let path = format!(
                "/billing/v1/customers?limit={}",
                world::customer_body().to_string().len()
            );
            platform()
                .http
                .get(&path)
                .send()
                .await
                .refused(401, "unauthenticated");
        }
        pause(4_000).await;
        for tenant in [&a, &b] {
            assert!(of_rule(tenant, "failures_from_one_address").await.is_empty());
        }
    });
}
