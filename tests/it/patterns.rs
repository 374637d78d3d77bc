//! The alert rules that every tenant begins with, each held against the calls that it is about; mail about alerts; and a
//! change of policy, which is signed at once.

use crate::{
    cases::{case, text},
    support::{
        Tenant, mail, platform, random, run,
        time::{pause, until},
        world,
    },
};
use serde_json::{Value, json};

const ALERTS: &str = "/audit/v1/alerts";
const RULES: &str = "/audit/v1/alert-rules";

/// Waits for the alert of a rule about a call with this request id.
async fn raised(tenant: &Tenant, rule: &str, request: &str) {
    let found = async || {
        let entries = tenant.all.all("/audit/v1/entries").await;
        let ids: Vec<Value> = entries
            .iter()
            .filter(|e| e["entry"]["request_id"] == request)
            .map(|e| e["id"].clone())
            .collect();
        let alerts = tenant.all.all(ALERTS).await;
        alerts
            .iter()
            .any(|a| a["rule"] == rule && ids.iter().any(|id| a["entries"] == json!([id])))
            .then_some(())
    };
    until(&format!("an alert of {rule}"), 60, found).await;
}

#[test]
fn each_call_that_a_shipped_rule_is_about_raises_its_alert() {
    run(async {
        let (a, b, operator) = (
            Tenant::new().await,
            Tenant::new().await,
            world::operator(platform()),
        );
        for (rule, operation, method) in [
            ("role_changed", "put_role", "PUT"),
            ("role_changed", "put_password_policy", "PUT"),
            ("role_changed", "create_user", "POST"),
            ("role_changed", "update_user", "PATCH"),
            ("role_changed", "create_api_client", "POST"),
            ("card_revealed", "reveal_payment_method", "POST"),
            ("webhook_changed", "create_webhook", "POST"),
            ("data_exported", "create_export", "POST"),
            ("personal_data_requested", "create_privacy_request", "POST"),
        ] {
            let case = case(operation, &a, &b).await.expect("a case");
            let token = case.caller(&a, &operator).expect("a caller").token().await;
            let request = format!("req-{}", random(20));
            let call = case.request(&platform().http, method).bearer(&token);
            let answer = a.with_approval(call.header("x-request-id", &request)).await;
            assert!(answer.is_success(), "{operation}: {}", answer.told());
            raised(&a, rule, &request).await;
        }
        // What only waits for a second person has changed nothing yet.
        let role = json!({"name": "Own", "replaces": 0, "grants": []});
        let path = format!("/identity/v1/roles/own_{}", random(6).to_lowercase());
        let request = a.admin.request("PUT", &path).await.json(&role);
        let id = format!("req-{}", random(20));
        request.header("x-request-id", &id).send().await.is(202);
        pause(3_000).await;
        let entries = a.all.all("/audit/v1/entries").await;
        let entry = entries
            .iter()
            .find(|e| e["entry"]["request_id"] == id.as_str())
            .expect("an entry");
        assert_eq!(entry["outcome"], "waiting");
        let alerts = a.all.all(ALERTS).await;
        assert!(
            alerts
                .iter()
                .all(|alert| alert["entries"] != json!([entry["id"]])),
            "{alerts:?}"
        );
    });
}

#[test]
fn twice_as_many_refusals_as_in_the_hour_before_raise_one_alert() {
    run(async {
        let tenant = Tenant::new().await;
        let path = "/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        for _ in 0..5 {
            futures::future::join_all((0..9).map(|_| tenant.all.get(path))).await;
        }
        pause(4_000).await;
        let doubled = async || {
            let alerts = tenant.all.all(ALERTS).await;
            alerts
                .into_iter()
                .filter(|a| a["rule"] == "refusals_doubled")
                .collect::<Vec<_>>()
        };
        // Where an hour ends in between, what was counted is of the hour before.
        assert!(doubled().await.is_empty(), "forty-five are not fifty");
        for _ in 0..12 {
            futures::future::join_all((0..9).map(|_| tenant.all.get(path))).await;
        }
        let alert = until("an alert", 60, async || doubled().await.pop()).await;
        assert!(text(&alert, "detail").contains("within this hour"), "{alert}");
        pause(2_000).await;
        assert_eq!(doubled().await.len(), 1);
    });
}

#[test]
fn an_alert_is_mailed_once_to_each_user_that_its_rule_names() {
    run(async {
        let (tenant, stranger) = (Tenant::new().await, Tenant::new().await);
        let me = async |who: &crate::support::Caller| text(&who.get("/identity/v1/me").await.ok(), "id");
        let (ada, other) = (me(&tenant.admin).await, me(&stranger.admin).await);
        let rule = |mail_to: Value| {
            json!({"name": "lost", "enabled": true, "severity": "low", "kind": "count", "per": "tenant",
                "activities": ["billing.read_customer"], "outcomes": ["refused"], "count": 1, "minutes": 1, "mail_to": mail_to})
        };
        let invited = text(
            &tenant.invite(&world::user_body(&["auditor"])).await.is(201),
            "id",
        );
        // Whoever is not an active user of this tenant gets nothing of its log.
        for (mail_to, always, pointer) in [
            (json!([ada, other]), json!([]), "/rules/0/mail_to/1"),
            (json!([invited]), json!([]), "/rules/0/mail_to/0"),
            (json!([]), json!([other]), "/always_mail_to/0"),
            (
                json!(["usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"]),
                json!([]),
                "/rules/0/mail_to/0",
            ),
            (json!(vec![&ada; 11]), json!([]), "/rules/0/mail_to"),
            (json!(["ada@people.example"]), json!([]), "/rules/0/mail_to"),
        ] {
            let body = json!({"rules": [rule(mail_to)], "always_mail_to": always});
            let answer = tenant.both("PUT", RULES, &body).await;
            answer.refused(422, "invalid_input");
            let pointers = answer.pointers();
            assert!(
                pointers.iter().any(|p| p.starts_with(pointer)),
                "{pointer}: {}",
                answer.told()
            );
        }
        let body = json!({"rules": [rule(json!([ada]))]});
        let kept = tenant.both("PUT", RULES, &body).await.is(200);
        assert_eq!(kept["rules"][0]["mail_to"], json!([ada]));

        let path = "/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
        tenant.all.get(path).await.refused(404, "not_found");
        let of_rule = async || {
            let alerts = tenant.all.all(ALERTS).await;
            alerts.into_iter().find(|a| a["rule"] == "lost")
        };
        let alert = until("the alert", 60, of_rule).await;
        assert_eq!(alert["mail_to"], json!([ada]));
        let mails = || {
            let mut all = mail::mailbox(platform(), &tenant.people[0].email);
            all.retain(|m| text(m, "text").contains(&text(&alert, "id")));
            all
        };
        let told = until("a mail", 60, async || mails().pop()).await;
        assert!(text(&told, "text").contains("\"lost\""), "{told}");
        // It says nothing about anybody: neither from where, nor who.
        for hidden in ["127.0.0.1", "cli_"] {
            assert!(!told.to_string().contains(hidden), "{told}");
        }
        pause(3_000).await;
        assert_eq!(mails().len(), 1, "once");
        let second = mail::mailbox(platform(), &tenant.people[1].email);
        assert!(
            second
                .iter()
                .all(|m| !text(m, "text").contains(&text(&alert, "id")))
        );
    });
}

#[test]
fn a_change_of_policy_is_signed_at_once() {
    run(async {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        let newest = async || {
            let all = a.all.get("/audit/v1/checkpoints").await.ok();
            all["data"][0]["size"].as_u64().unwrap_or(0)
        };
        until("the first checkpoint", 60, async || {
            (newest().await > 0).then_some(())
        })
        .await;
        a.customer().await;
        pause(3_000).await;
        let before = newest().await;
        a.customer().await;
        pause(3_000).await;
        assert_eq!(newest().await, before, "other changes wait for the hour");
        for (operation, method) in [
            ("put_role", "PUT"),
            ("replace_alert_rules", "PUT"),
            ("update_tenant", "PATCH"),
        ] {
            let before = newest().await;
            let case = case(operation, &a, &b).await.expect("a case");
            let request = case
                .request(&platform().http, method)
                .bearer(&a.admin.token().await);
            let id = format!("req-{}", random(20));
            let answer = a.with_approval(request.header("x-request-id", &id)).await;
            assert!(answer.is_success(), "{operation}: {}", answer.told());
            let signed = async || (newest().await > before).then_some(());
            until(&format!("a checkpoint after {operation}"), 30, signed).await;
            // Its entry is under it: the proof that an hour would have been waited for is there.
            let entries = a.all.all("/audit/v1/entries").await;
            let entry = entries
                .iter()
                .find(|e| e["entry"]["request_id"] == id.as_str() && e["outcome"] == "succeeded")
                .expect("an entry");
            assert_eq!(entry["entry"]["policy_change"], true, "{entry}");
            let proof = format!("/audit/v1/entries/{}/proof", text(entry, "id"));
            until("a proof", 30, async || {
                a.all.get(&proof).await.is_success().then_some(())
            })
            .await;
        }
        // It gets into the archive, where nobody can change it.
        let archived = async || {
            let all = a.all.get("/audit/v1/checkpoints").await.ok();
            let all = all["data"].as_array().expect("checkpoints").clone();
            all.iter()
                .all(|c| c["archived_at"].is_string())
                .then_some(all.len())
        };
        assert!(until("the archive", 90, archived).await >= 4);
    });
}
