//! Invitations: a person is invited, reads the mail, chooses a password and signs in; and everything that others try.

use crate::{
    cases::text,
    support::{
        Answer, Caller, Findings, Tenant, mail, platform, run, time, world,
        world::{Person, password, user_body},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};

const USERS: &str = "/identity/v1/users";
const CONFIRM: &str = "/identity/v1/password-resets/confirm";

async fn confirm(code: &str, password: &str) -> Answer {
    let body = json!({"token": code, "password": password});
    let answer = platform().http.post(CONFIRM, &body).send().await;
    assert!(
        !answer.text.contains(code) && !answer.text.contains(password),
        "a secret is in an answer"
    );
    answer
}

fn person(tenant: &Tenant, body: &Value, password: &str) -> Caller {
    let who = Person {
        email: text(body, "email"),
        name: text(body, "name"),
        password: password.to_owned(),
    };
    Tenant::user(&platform().http, &tenant.id, &who)
}

/// Invites, and gives the code that came by mail.
async fn invite(tenant: &Tenant, body: &Value) -> (Value, String) {
    let invited = tenant.invite(body).await;
    let user = invited.is(201);
    let code = mail::code(platform(), &text(body, "email")).await;
    let secret = code.rsplit_once('.').expect("a secret").1;
    assert!(!invited.text.contains(secret), "the code is in the answer");
    (user, code)
}

/// Somebody with these roles who has chosen a password, and what invited them.
pub async fn joined(tenant: &Tenant, roles: &[&str]) -> (Caller, Value) {
    let body = user_body(roles);
    let (user, code) = invite(tenant, &body).await;
    let chosen = password();
    confirm(&code, &chosen).await.is(204);
    (person(tenant, &body, &chosen), user)
}

#[test]
fn a_person_is_invited_chooses_a_password_and_signs_in() {
    run(async {
        let tenant = Tenant::new().await;
        let body = user_body(&["auditor", "webhook_manager", "auditor"]);
        let (user, code) = invite(&tenant, &body).await;
        assert_eq!(
            (&user["status"], &user["email"], &user["name"], &user["roles"]),
            (
                &json!("invited"),
                &body["email"],
                &body["name"],
                &json!(["auditor", "webhook_manager"])
            )
        );
        let good = password();
        let caller = person(&tenant, &body, &good);
        caller.sign_in().await.refused(401, "sign_in_refused");
        // A code is not spent by a password that is no good.
        let own = format!("{}-{}", text(&body, "name"), text(&body, "email"));
        for weak in [
            "short1",
            "aaaaaaaaaaaaaaaaaaaaaaa1",
            "onlyletterswithoutdigits",
            &own,
        ] {
            let refusal = confirm(&code, weak).await;
            assert_eq!(refusal.pointers(), ["/password"], "{}", refusal.told());
            refusal.refused(422, "invalid_input");
        }
        confirm(&code, &good).await.is(204);
        confirm(&code, &password()).await.refused(400, "token_refused");
        let me = caller.get("/identity/v1/me").await.is(200);
        assert_eq!((&me["id"], &me["email"]), (&user["id"], &body["email"]));
        let path = format!("{USERS}/{}", text(&user, "id"));
        let read = tenant.admin.get(&path).await.is(200);
        assert_eq!(read["status"], "active");
        let listed = tenant.admin.all(USERS).await;
        assert_eq!(listed.len(), 3);
        // Which second factors somebody has is read for one person at a time.
        let mut row = read.clone();
        assert!(row["second_factors"].is_object(), "{read}");
        row["second_factors"] = Value::Null;
        assert!(listed.contains(&row), "{listed:?}");
        let shown = json!(listed).to_string();
        assert!(
            !shown.contains("argon2") && !shown.contains("password") && !shown.contains("digest"),
            "{shown}"
        );
        // The audit log names everybody and shows nothing of them.
        let log = json!(tenant.all.all("/audit/v1/entries").await).to_string();
        for hidden in [text(&body, "email"), text(&body, "name"), good, code] {
            assert!(!log.contains(&hidden), "the log shows {hidden}");
        }
        assert!(log.contains("identity.create_user") && log.contains("identity.confirm_password_reset"));
    });
}

#[test]
fn nobody_gives_more_than_they_hold_and_no_field_slips_in() {
    run(async {
        let tenant = Tenant::new().await;
        let mut findings = Findings::default();
        // Whoever may invite but not assign roles gives away only what they hold.
        let grants: Vec<Value> = ["user.write", "user.read"]
            .iter()
            .map(|right| json!({"right": right, "effect": "allow"}))
            .collect();
        let role = json!({"name": "Inviter", "replaces": 0, "grants": grants});
        let request = tenant.admin.request("PUT", "/identity/v1/roles/inviter").await;
        tenant.with_approval(request.json(&role)).await.is(200);
        let body = user_body(&["inviter"]);
        let (_, code) = invite(&tenant, &body).await;
        let chosen = password();
        confirm(&code, &chosen).await.is(204);
        let inviter = person(&tenant, &body, &chosen);
        inviter.post(USERS, &user_body(&["inviter"])).await.is(202);
        for roles in [
            vec!["finance"],
            vec!["integration"],
            vec!["support"],
            vec!["risk_analyst"],
            vec!["administrator"],
            vec!["inviter", "finance"],
        ] {
            let answer = inviter.post(USERS, &user_body(&roles)).await;
            findings.check(
                answer.status == 403 && answer.code() == "role_exceeds_yours",
                || format!("{roles:?}: {}", answer.told()),
            );
        }
        // An invited auditor invites nobody, not even another auditor.
        let body = user_body(&["auditor"]);
        let (_, code) = invite(&tenant, &body).await;
        let chosen = password();
        confirm(&code, &chosen).await.is(204);
        let auditor = person(&tenant, &body, &chosen);
        for roles in [["auditor"], ["administrator"]] {
            let answer = auditor.post(USERS, &user_body(&roles)).await;
            findings.check(answer.status == 403 && answer.code() == "forbidden", || {
                answer.told()
            });
        }
        for roles in [
            json!([]),
            json!(["operator"]),
            json!(["nobody"]),
            json!(["Administrator"]),
            json!(["../administrator"]),
            json!((0..11).map(|n| format!("auditor{n}")).collect::<Vec<_>>()),
        ] {
            let mut body = user_body(&[]);
            body["roles"] = roles.clone();
            let answer = tenant.admin.post(USERS, &body).await;
            findings.check(answer.status == 422, || format!("{roles}: {}", answer.told()));
        }
        for (field, value) in [
            ("status", json!("active")),
            ("id", json!("usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A")),
            ("tenant", json!(world::neighbour().await.id)),
            ("password", json!(password())),
            ("rights", json!(["payment.refund"])),
            ("created_at", json!("2020-01-01T00:00:00Z")),
        ] {
            let mut body = user_body(&["auditor"]);
            body[field] = value;
            let answer = tenant.admin.post(USERS, &body).await;
            findings.check(
                answer.status == 422 && answer.pointers() == [format!("/{field}")],
                || format!("{field}: {}", answer.told()),
            );
        }
        for email in [
            "a@b.example\nBcc: c@d.example",
            "a@b.example, c@d.example",
            "<a@b.example>",
        ] {
            let mut body = user_body(&["auditor"]);
            body["email"] = json!(email);
            let answer = tenant.admin.post(USERS, &body).await;
            findings.check(answer.status == 422, || format!("{email}: {}", answer.told()));
        }
        findings.check(tenant.admin.all(USERS).await.len() == 4, || {
            "somebody was invited".into()
        });
        findings.none();
        // No machine makes people.
        let body = json!({"name": "Maker", "roles": ["administrator"]});
        let made = tenant.admin.post("/tenancy/v1/api-clients", &body).await;
        made.refused(422, "invalid_input");
    });
}

#[test]
fn an_address_is_one_user_s_in_a_tenant() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let body = user_body(&["auditor"]);
        let answers = join_all((0..50).map(|n| {
            let mut body = body.clone();
            if n % 2 == 1 {
                body["email"] = json!(text(&body, "email").to_uppercase());
            }
            let tenant = &tenant;
            async move { tenant.invite(&body).await }
        }))
        .await;
        for answer in answers.iter().filter(|a| a.status != 201) {
            answer.refused(409, "email_taken");
        }
        assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
        assert_eq!(tenant.admin.all(USERS).await.len(), 3);
        let mut taken = body.clone();
        taken["email"] = json!(tenant.people[1].email);
        tenant.invite(&taken).await.refused(409, "email_taken");
        other.invite(&body).await.is(201);
    });
}

#[test]
fn fifty_hands_with_one_code_set_one_password() {
    run(async {
        let tenant = Tenant::new().await;
        let body = user_body(&["auditor"]);
        let (_, code) = invite(&tenant, &body).await;
        let answers = join_all((0..50).map(|_| {
            let (code, password) = (&code, password());
            async move { (confirm(code, &password).await, password) }
        }))
        .await;
        let mut won = Vec::new();
        for (answer, password) in &answers {
            if answer.status == 204 {
                won.push(password);
            } else {
                answer.refused(400, "token_refused");
            }
        }
        assert_eq!(won.len(), 1);
        person(&tenant, &body, won[0]).sign_in().await.is(201);
        let lost = answers.iter().find(|(answer, _)| answer.status != 204);
        let lost = &lost.expect("somebody lost").1;
        person(&tenant, &body, lost)
            .sign_in()
            .await
            .refused(401, "sign_in_refused");
    });
}

#[test]
fn a_code_works_in_its_own_tenant_only_and_no_guess_is_told_apart() {
    run(async {
        let (tenant, other) = (Tenant::new().await, world::neighbour().await);
        let body = user_body(&["auditor"]);
        let (_, code) = invite(&tenant, &body).await;
        let (place, secret) = code.rsplit_once('.').expect("a place and a secret");
        let bad = [
            code.replace(&tenant.id, &other.id),
            code.replace(&tenant.id, "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
            format!("{place}.{}", secret.to_uppercase()),
            format!("{code}A"),
            secret.to_owned(),
            "garbage".to_owned(),
        ];
        let reference = confirm("nothing", &password()).await;
        for bad in bad {
            let refusal = confirm(&bad, &password()).await;
            refusal.refused(400, "token_refused");
            assert_eq!(refusal.json()["detail"], reference.json()["detail"]);
        }
        confirm(&code, &password()).await.is(204);
    });
}

#[test]
fn mail_that_is_not_taken_at_once_is_tried_again_and_rejected_mail_is_not() {
    run(async {
        let tenant = Tenant::new().await;
        let (mut throttled, mut rejected) = (user_body(&["auditor"]), user_body(&["auditor"]));
        // The client tries three times by itself; the fourth is the worker's, a minute later.
        throttled["email"] = json!(format!("throttled-3.{}", text(&throttled, "email")));
        rejected["email"] = json!(format!("rejected.{}", text(&rejected, "email")));
        for body in [&throttled, &rejected] {
            tenant.invite(body).await.is(201);
        }
        let to = text(&throttled, "email");
        let there = async || mail::mailbox(platform(), &to).first().map(mail::code_in);
        let code = time::until("the second attempt", 200, there).await;
        confirm(&code, &password()).await.is(204);
        assert_eq!(mail::mailbox(platform(), &to).len(), 1);
        assert!(mail::mailbox(platform(), &text(&rejected, "email")).is_empty());
    });
}

#[test]
fn roles_and_rights_are_told_to_whoever_may_know() {
    run(async {
        let tenant = world::shop().await;
        let rights = tenant.admin.get("/identity/v1/rights").await.is(200);
        let find = |name: &str| {
            rights["data"]
                .as_array()
                .expect("rights")
                .iter()
                .find(|r| r["name"] == name)
        };
        assert_eq!(
            find("payment.refund").expect("a right")["attributes"],
            json!(["amount", "currency", "customer", "operation_amount"])
        );
        let roles = tenant.admin.all("/identity/v1/roles").await;
        let admin = roles.iter().find(|r| r["id"] == "administrator").expect("a role");
        let grants = admin["grants"].as_array().expect("grants");
        assert!(
            grants.contains(&json!({"right": "user.write", "effect": "allow", "filter": null})),
            "{admin}"
        );
        for role in &roles {
            for grant in role["grants"].as_array().expect("grants") {
                assert!(find(&text(grant, "right")).is_some(), "{grant} is of no right");
            }
        }
    });
}
