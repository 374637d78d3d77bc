//! Four eyes: what needs a second person is done once, as it was asked for, and only when somebody else says so.

use crate::{
    cases::{a_role, text},
    support::{Answer, Request, Tenant, mail, platform, random, run, time::until, world},
};
use futures::future::join_all;
use serde_json::{Value, json};

struct Asked {
    path: String,
    body: Value,
    waiting: Answer,
}

impl Asked {
    /// The first administrator asks for a new role.
    async fn for_a_role(tenant: &Tenant) -> Self {
        let (id, body) = a_role(0);
        let path = format!("/identity/v1/roles/{id}");
        let waiting = put(tenant, &path, &body).await.send().await;
        Self { path, body, waiting }
    }

    /// The same call again, with an approval.
    async fn again(&self, tenant: &Tenant, approval: &str) -> Answer {
        let request = put(tenant, &self.path, &self.body).await;
        request.header("approval-id", approval).send().await
    }

    fn approval(&self) -> String {
        text(&self.waiting.is(202), "approval")
    }
}

async fn put(tenant: &Tenant, path: &str, body: &Value) -> Request {
    tenant.admin.request("PUT", path).await.json(body)
}

async fn roles(tenant: &Tenant) -> Vec<String> {
    let roles = tenant.admin.all("/identity/v1/roles").await;
    roles.iter().map(|role| text(role, "id")).collect()
}

#[test]
fn nothing_happens_until_another_person_approves_this_very_call() {
    run(async {
        let tenant = Tenant::new().await;
        let asked = Asked::for_a_role(&tenant).await;
        let (approval, before) = (asked.approval(), roles(&tenant).await);
        assert!(
            !before.iter().any(|id| asked.path.ends_with(id)),
            "it was only asked for"
        );
        asked
            .again(&tenant, &approval)
            .await
            .refused(409, "approval_pending");

        let path = format!("/identity/v1/approvals/{approval}");
        let yes = json!({"decision": "approve"});
        tenant.admin.post(&path, &yes).await.refused(403, "own_request");
        let listed = tenant.second.all("/identity/v1/approvals").await;
        assert_eq!(text(&listed[0], "id"), approval);
        assert_eq!(listed[0]["request"]["replaces"], 0, "{}", listed[0]);
        assert_eq!(tenant.decides(&asked.waiting, "approve").await, approval);
        assert_eq!(roles(&tenant).await, before, "an approval executes nothing");
        tenant.second.post(&path, &yes).await.refused(409, "wrong_state");

        let mut other = asked.body.clone();
        other["name"] = json!("Large payments");
        let altered = put(&tenant, &asked.path, &other)
            .await
            .header("approval-id", &approval);
        altered.send().await.refused(409, "approval_mismatch");
        let elsewhere = put(&tenant, "/identity/v1/roles/elsewhere", &asked.body).await;
        let elsewhere = elsewhere.header("approval-id", &approval).send().await;
        elsewhere.refused(409, "approval_mismatch");
        let thief = tenant.second.request("PUT", &asked.path).await.json(&asked.body);
        let thief = thief.header("approval-id", &approval).send().await;
        thief.refused(404, "approval_not_found");
        let stranger = Tenant::new().await;
        asked
            .again(&stranger, &approval)
            .await
            .refused(404, "approval_not_found");
        for made_up in ["apr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "' OR 1=1", "T#x#y"] {
            asked
                .again(&tenant, made_up)
                .await
                .refused(404, "approval_not_found");
        }
        assert_eq!(roles(&tenant).await, before);

        asked.again(&tenant, &approval).await.is(200);
        assert!(roles(&tenant).await.iter().any(|id| asked.path.ends_with(id)));
        asked
            .again(&tenant, &approval)
            .await
            .refused(409, "version_conflict");
    });
}

#[test]
fn fifty_hands_use_one_approval_once() {
    run(async {
        let tenant = Tenant::new().await;
        let asked = Asked::for_a_role(&tenant).await;
        let approval = tenant.decides(&asked.waiting, "approve").await;
        let (asked, tenant, approval) = (&asked, &tenant, &approval);
        let answers = join_all((0..50).map(|_| asked.again(tenant, approval))).await;
        let done = answers.iter().filter(|a| a.status == 200).count();
        assert_eq!(done, 1);
        for answer in answers.iter().filter(|a| a.status != 200) {
            assert_eq!(answer.status, 409, "{}", answer.told());
        }
        let roles = tenant.admin.all("/identity/v1/roles").await;
        let role = roles.iter().find(|r| asked.path.ends_with(&text(r, "id")));
        assert_eq!(role.expect("the role")["version"], 1);
    });
}

#[test]
fn fifty_decisions_on_one_request_are_one() {
    run(async {
        let tenant = Tenant::new().await;
        let asked = Asked::for_a_role(&tenant).await;
        let path = format!("/identity/v1/approvals/{}", asked.approval());
        let (path, tenant) = (&path, &tenant);
        let answers = join_all((0..50).map(|i| async move {
            let decision = if i % 2 == 0 { "approve" } else { "refuse" };
            tenant.second.post(path, &json!({"decision": decision})).await
        }))
        .await;
        let decided: Vec<&Answer> = answers.iter().filter(|a| a.status == 200).collect();
        assert_eq!(decided.len(), 1);
        let outcome = asked.again(tenant, &asked.approval()).await;
        match decided[0].json()["status"].as_str() {
            Some("approved") => assert_eq!(outcome.status, 200, "{}", outcome.told()),
            _ => drop(outcome.refused(403, "approval_refused")),
        }
    });
}

#[test]
fn what_was_refused_or_has_changed_meanwhile_is_not_done() {
    run(async {
        let tenant = Tenant::new().await;
        let refused = Asked::for_a_role(&tenant).await;
        let approval = tenant.decides(&refused.waiting, "refuse").await;
        refused
            .again(&tenant, &approval)
            .await
            .refused(403, "approval_refused");

        // Two ask for the next version of one role; the second to come finds another version than was approved.
        let (id, body) = a_role(0);
        let path = format!("/identity/v1/roles/{id}");
        tenant
            .with_approval(put(&tenant, &path, &body).await)
            .await
            .is(200);
        let mut next = body.clone();
        next["replaces"] = json!(1);
        let slow = Asked {
            waiting: put(&tenant, &path, &next).await.send().await,
            path: path.clone(),
            body: next.clone(),
        };
        let approval = tenant.decides(&slow.waiting, "approve").await;
        next["name"] = json!("Another name");
        tenant
            .with_approval(put(&tenant, &path, &next).await)
            .await
            .is(200);
        slow.again(&tenant, &approval)
            .await
            .refused(409, "version_conflict");
    });
}

#[test]
fn an_approver_who_loses_the_right_has_approved_nothing() {
    run(async {
        let tenant = Tenant::new().await;
        let asked = Asked::for_a_role(&tenant).await;
        let approval = tenant.decides(&asked.waiting, "approve").await;
        let roles = tenant.admin.all("/identity/v1/roles").await;
        let own = roles.iter().find(|r| text(r, "id") == "administrator");
        let own = own.expect("the shipped role");
        let kept: Vec<Value> = own["grants"].as_array().expect("grants").clone();
        let kept: Vec<Value> = kept
            .into_iter()
            .filter(|g| g["right"] != "approval.decide")
            .collect();
        let less = json!({"name": "Administrator", "replaces": own["version"], "grants": kept});
        let request = put(&tenant, "/identity/v1/roles/administrator", &less).await;
        tenant.with_approval(request).await.is(200);
        asked
            .again(&tenant, &approval)
            .await
            .refused(409, "approval_withdrawn");
    });
}

#[test]
fn a_role_is_what_its_filters_let_through() {
    run(async {
        let tenant = Tenant::new().await;
        let (id, body) = a_role(0);
        let path = format!("/identity/v1/roles/{id}");
        let made = tenant
            .with_approval(put(&tenant, &path, &body).await)
            .await
            .is(200);
        assert_eq!(made["version"], 1);
        let (small, large) = (
            tenant.payment(1_000, true).await,
            tenant.payment(1_001, true).await,
        );
        let clerk = tenant.client(&[&id]).await;
        let one = |payment: &Value| format!("/payments/v1/payments/{}", text(payment, "id"));
        clerk.get(&one(&small)).await.is(200);
        clerk.get(&one(&large)).await.refused(404, "not_found");
        let listed = clerk.all("/payments/v1/payments").await;
        assert_eq!(listed.len(), 1, "{listed:?}");

        // The next version excludes what the other role of the same holder allows.
        let mut next = body.clone();
        next["replaces"] = json!(1);
        next["exclusions"] = json!([{"one": "payment.read", "other": "payment.capture"}]);
        let both = tenant.client(&[&id, "finance"]).await;
        both.get(&one(&large)).await.is(200);
        tenant
            .with_approval(put(&tenant, &path, &next).await)
            .await
            .is(200);
        both.get(&one(&large)).await.refused(403, "forbidden");
        let body = json!({"name": "Both", "roles": [id, "finance"]});
        let refused = tenant.admin.post("/tenancy/v1/api-clients", &body).await;
        refused.refused(422, "invalid_input");
    });
}

#[test]
fn refunds_up_to_an_amount_and_why_not_more() {
    run(async {
        let tenant = Tenant::new().await;
        let id = format!("r_{}", random(8).to_lowercase());
        let up_to = |attribute: &str, value: i64| json!({"le": {"attribute": attribute, "value": value}});
        let refund =
            json!({"right": "payment.refund", "effect": "allow", "filter": up_to("operation_amount", 50)});
        let read = json!({"right": "payment.read", "effect": "allow", "filter": up_to("amount", 5_000)});
        let role = json!({"name": "Desk", "replaces": 0, "grants": [refund, read]});
        let path = format!("/identity/v1/roles/{id}");
        tenant
            .with_approval(put(&tenant, &path, &role).await)
            .await
            .is(200);
        let desk = tenant.client(&[&id]).await;
        let paid = tenant.payment(1_000, true).await;
        let refunds = format!("/payments/v1/payments/{}/refunds", text(&paid, "id"));
        let first = json!({"amount": 50});
        desk.post_as(&refunds, "refund-1", &first).await.is(201);
        desk.post_as(&refunds, "refund-1", &first).await.is(201);
        for body in [json!({"amount": 51}), json!({})] {
            let refused = desk.post(&refunds, &body).await;
            let detail = text(&refused.refused(403, "forbidden"), "detail");
            assert!(detail.contains("operation_amount"), "{detail}");
        }
        assert_eq!(
            tenant
                .all
                .get(&format!("/payments/v1/payments/{}", text(&paid, "id")))
                .await
                .ok()["refunded"],
            50
        );
        // What it may not read is not there.
        let large = tenant.payment(5_001, true).await;
        let others = format!("/payments/v1/payments/{}/refunds", text(&large, "id"));
        desk.post(&others, &json!({"amount": 51}))
            .await
            .refused(404, "not_found");

        // What it may read, and may not refund at all, it is told of.
        let only = json!({"right": "payment.refund", "effect": "allow", "filter": up_to("amount", 100)});
        let all = json!({"right": "payment.read", "effect": "allow"});
        let role = json!({"name": "Desk", "replaces": 1, "grants": [only, all]});
        tenant
            .with_approval(put(&tenant, &path, &role).await)
            .await
            .is(200);
        for refunds in [&refunds, &others] {
            desk.post(refunds, &json!({"amount": 1}))
                .await
                .refused(403, "forbidden");
        }
        // What was answered before is not given again to who may no longer do it.
        let replayed = desk.post_as(&refunds, "refund-1", &first).await;
        replayed.refused(403, "forbidden");
        let nowhere = "/payments/v1/payments/pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A/refunds";
        desk.post(nowhere, &json!({"amount": 1}))
            .await
            .refused(404, "not_found");
    });
}

#[test]
fn roles_that_are_no_roles_are_refused_before_anybody_is_asked() {
    run(async {
        let tenant = Tenant::new().await;
        let path = format!("/identity/v1/roles/r_{}", random(8).to_lowercase());
        let role = |grants: Value| json!({"name": "A role", "replaces": 0, "grants": grants});
        let allow =
            |right: &str, filter: Value| json!([{"right": right, "effect": "allow", "filter": filter}]);
        let mut deep = json!({"eq": {"attribute": "amount", "value": 1}});
        for _ in 0..6 {
            deep = json!({"not": deep});
        }
        for grants in [
            allow("payment.everything", Value::Null),
            allow(
                "payment.read",
                json!({"eq": {"attribute": "email", "value": "a"}}),
            ),
            allow("payment.read", json!({"eq": {"attribute": "amount"}})),
            allow(
                "payment.read",
                json!({"le": {"attribute": "amount", "value": "5000"}}),
            ),
            allow(
                "payment.read",
                json!({"self_eq": {"attribute": "customer", "principal": "password"}}),
            ),
            allow("payment.read", deep),
            json!([{"right": "payment.read", "effect": "maybe"}]),
        ] {
            let answer = put(&tenant, &path, &role(grants)).await.send().await;
            answer.refused(422, "invalid_input");
        }
        let typed = json!({"le": {"attribute": "amount", "value": "5000"}});
        let typed = put(&tenant, &path, &role(allow("payment.refund", typed))).await;
        assert_eq!(typed.send().await.pointers(), ["/grants/0/filter/le/value"]);
        let platform = put(&tenant, &path, &role(allow("platform.tenant", Value::Null))).await;
        platform.send().await.refused(403, "role_exceeds_yours");
        let waiting = tenant.second.all("/identity/v1/approvals").await;
        assert!(waiting.is_empty(), "{waiting:?}");
    });
}

#[test]
fn whoever_decides_and_whoever_asked_see_exactly_what_is_asked() {
    run(async {
        let tenant = Tenant::new().await;
        let body = world::user_body(&["auditor"]);
        let waiting = tenant.admin.post("/identity/v1/users", &body).await;
        let approval = text(&waiting.is(202), "approval");
        let path = format!("/identity/v1/approvals/{approval}");
        for who in [&tenant.second, &tenant.admin] {
            let seen = who.get(&path).await.ok();
            for field in ["email", "name", "roles"] {
                assert_eq!(seen["request"][field], body[field], "{seen}");
            }
            assert_eq!(seen["masked"], false, "{seen}");
        }
        let listed = tenant.second.all("/identity/v1/approvals").await;
        assert_eq!(listed[0]["request"]["email"], "[personal]", "lists stay masked");
        // Whoever neither decides nor asked sees nothing of it.
        let (clerk, _) = crate::invitations::joined(&tenant, &["auditor"]).await;
        for stranger in [&clerk, &world::neighbour().await.admin] {
            stranger.get(&path).await.refused(404, "not_found");
            stranger.delete(&path).await.refused(404, "not_found");
        }
        let entries = tenant
            .all
            .all("/audit/v1/entries?activity=identity.read_approval")
            .await;
        let read = entries
            .iter()
            .find(|e| e["outcome"] == "succeeded")
            .expect("its entry");
        assert_eq!(read["entry"]["code"], "S", "{read}");
        assert!(!read.to_string().contains(&text(&body, "email")), "{read}");
        // Who may decide is told by mail, and who asked is not.
        let told = async || {
            let mails = mail::requests(platform(), &tenant.people[1].email);
            mails
                .into_iter()
                .find(|mail| mail.to_string().contains(&approval))
        };
        let told = until("a mail", 30, told).await;
        assert!(!told.to_string().contains(&text(&body, "email")), "{told}");
        let own = mail::requests(platform(), &tenant.people[0].email);
        assert!(own.iter().all(|mail| !mail.to_string().contains(&approval)));

        tenant.decides(&waiting, "approve").await;
        let again = tenant.admin.request("POST", "/identity/v1/users").await;
        again
            .json(&body)
            .key(&random(20))
            .header("approval-id", &approval)
            .send()
            .await
            .is(201);
        let over = tenant.second.get(&path).await.ok();
        assert_eq!(
            (&over["masked"], &over["status"], &over["request"]["email"]),
            (&json!(true), &json!("used"), &json!("[personal]")),
            "{over}"
        );
    });
}

#[test]
fn an_address_that_is_taken_is_refused_before_anybody_is_asked() {
    run(async {
        let tenant = Tenant::new().await;
        let mut body = world::user_body(&["auditor"]);
        body["email"] = json!(tenant.people[1].email);
        let refused = tenant.admin.post("/identity/v1/users", &body).await;
        refused.refused(409, "email_taken");
        let waiting = tenant.second.all("/identity/v1/approvals").await;
        assert!(waiting.is_empty(), "{waiting:?}");
    });
}

#[test]
fn fifty_hands_use_or_withdraw_one_approval() {
    run(async {
        let tenant = Tenant::new().await;
        let asked = Asked::for_a_role(&tenant).await;
        let approval = tenant.decides(&asked.waiting, "approve").await;
        let path = format!("/identity/v1/approvals/{approval}");
        let (asked, tenant, approval, path) = (&asked, &tenant, &approval, &path);
        let answers = join_all((0..50).map(|n| async move {
            match n % 2 {
                0 => asked.again(tenant, approval).await,
                _ => tenant.admin.delete(path).await,
            }
        }))
        .await;
        let done: Vec<u16> = answers.iter().map(|a| a.status).filter(|s| *s < 300).collect();
        assert_eq!(done.len(), 1, "{done:?}");
        let mine = tenant.admin.all("/identity/v1/me/approvals").await;
        let mine = mine
            .iter()
            .find(|a| text(a, "id") == *approval)
            .expect("one's own request");
        let there = roles(tenant).await.iter().any(|id| asked.path.ends_with(id));
        assert_eq!(there, done == [200], "{mine}");
        assert_eq!(mine["status"], if there { "used" } else { "withdrawn" });
        // What was withdrawn is nobody's to decide, or to do.
        let late = Asked::for_a_role(tenant).await;
        let path = format!("/identity/v1/approvals/{}", late.approval());
        tenant.second.delete(&path).await.refused(404, "not_found");
        tenant.admin.delete(&path).await.is(204);
        let decision = json!({"decision": "approve"});
        tenant
            .second
            .post(&path, &decision)
            .await
            .refused(409, "wrong_state");
        late.again(tenant, &late.approval())
            .await
            .refused(409, "approval_withdrawn");
        assert!(tenant.second.all("/identity/v1/me/approvals").await.is_empty());
    });
}

#[test]
fn a_client_whose_role_came_to_hold_what_people_do_does_not_have_it() {
    run(async {
        let tenant = Tenant::new().await;
        let (id, mut body) = a_role(0);
        let path = format!("/identity/v1/roles/{id}");
        tenant
            .with_approval(put(&tenant, &path, &body).await)
            .await
            .is(200);
        let client = tenant.client(&[&id]).await;
        let allow = |right: &str| json!({"right": right, "effect": "allow"});
        let people = [
            "apiclient.write",
            "approval.decide",
            "role.assign",
            "role.write",
            "user.write",
        ];
        body["replaces"] = json!(1);
        let grants: Vec<Value> = people
            .iter()
            .chain(&["apiclient.read", "role.read"])
            .map(|r| allow(r))
            .collect();
        body["grants"] = json!(grants);
        tenant
            .with_approval(put(&tenant, &path, &body).await)
            .await
            .is(200);
        let waiting = Asked::for_a_role(&tenant).await;

        let calls = [
            (
                "POST",
                "/tenancy/v1/api-clients".to_owned(),
                json!({"name": "Next", "roles": ["auditor"]}),
            ),
            (
                "POST",
                "/identity/v1/users".to_owned(),
                world::user_body(&["auditor"]),
            ),
            ("PUT", "/identity/v1/roles/another".to_owned(), a_role(0).1),
            (
                "POST",
                format!("/identity/v1/approvals/{}", waiting.approval()),
                json!({"decision": "approve"}),
            ),
        ];
        for (method, path, body) in calls {
            let answer = client.change(method, &path, &body).await;
            answer.refused(403, "people_only");
        }
        client.get("/tenancy/v1/api-clients").await.ok();
        let me = client.get("/identity/v1/me").await.ok();
        let rights = me["rights"].as_array().expect("rights");
        assert!(people.iter().all(|right| !rights.contains(&json!(right))), "{me}");
    });
}
