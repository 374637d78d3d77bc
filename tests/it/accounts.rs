//! Accounts: passwords under their policies, locks, forced resets, and users who are changed while they are signed in.

use crate::{
    cases::{a_role, text},
    sign_in::shape,
    support::{Answer, Caller, Tenant, platform, random, run, world::Joined, world::Person, world::password},
};
use futures::future::join_all;
use serde_json::{Value, json};

const ME: &str = "/identity/v1/me";
const PASSWORD: &str = "/identity/v1/me/password";

async fn sign_in(tenant: &Tenant, email: &str, password: &str) -> Answer {
    let body = json!({"tenant": tenant.id, "email": email, "password": password});
    platform().http.post("/identity/v1/sessions", &body).send().await
}

/// A call with the tokens of a session.
async fn with(session: &Value, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut request = platform().http.request(method, path);
    if let Some(body) = body {
        request = request.json(body).key(&random(22));
    }
    request.bearer(&text(session, "access_token")).send().await
}

async fn change(session: &Value, old: &str, new: &str) -> Answer {
    let body = json!({"old_password": old, "password": new});
    with(session, "PUT", PASSWORD, Some(&body)).await
}

/// Sets a role's policy, with the second administrator's approval.
async fn policy(tenant: &Tenant, role: &str, body: &Value) -> Answer {
    let request = tenant
        .admin
        .request("PUT", &format!("/identity/v1/roles/{role}/password-policy"))
        .await;
    tenant.with_approval(request.json(body)).await
}

/// A new role with a policy, and somebody who holds it.
async fn held_to(tenant: &Tenant, body: Value) -> Joined {
    let (id, role) = a_role(0);
    let path = format!("/identity/v1/roles/{id}");
    let made = tenant.admin.request("PUT", &path);
    tenant.with_approval(made.await.json(&role)).await.is(200);
    let joined = tenant.person(&[&id]).await;
    policy(tenant, &id, &body).await.is(200);
    joined
}

async fn update(tenant: &Tenant, user: &str, body: &Value) -> Answer {
    let path = format!("/identity/v1/users/{user}");
    let request = tenant.admin.request("PATCH", &path).await.json(body);
    tenant.with_approval(request).await
}

#[test]
fn a_changed_password_ends_every_sign_in_and_the_last_four_do_not_come_again() {
    run(async {
        let tenant = Tenant::new().await;
        let Joined { person, .. } = tenant.person(&["auditor"]).await;
        let mut passwords = vec![person.password.clone()];
        for _ in 0..4 {
            let elsewhere = sign_in(&tenant, &person.email, passwords.last().expect("one"))
                .await
                .is(201);
            let here = sign_in(&tenant, &person.email, passwords.last().expect("one"))
                .await
                .is(201);
            let (old, new) = (passwords.last().expect("one").clone(), password());
            for again in &passwords {
                let refused = change(&here, &old, again).await;
                refused.refused(422, "invalid_input");
                assert!(refused.text.contains("last 4"), "{}", refused.told());
            }
            change(&here, &old, "too short 1")
                .await
                .refused(422, "invalid_input");
            let named = format!("{} 42 plenty", person.name);
            change(&here, &old, &named).await.refused(422, "invalid_input");
            change(&here, &old, &new).await.is(204);
            for ended in [&here, &elsewhere] {
                with(ended, "GET", ME, None).await.refused(401, "unauthenticated");
            }
            sign_in(&tenant, &person.email, &old)
                .await
                .refused(401, "sign_in_refused");
            passwords.push(new);
        }
        // Four others came since: the first one may come again.
        let here = sign_in(&tenant, &person.email, &passwords[4]).await.is(201);
        change(&here, &passwords[4], &passwords[0]).await.is(204);
        sign_in(&tenant, &person.email, &passwords[0]).await.is(201);
    });
}

#[test]
fn the_old_password_is_guessed_no_faster_in_a_session_than_at_the_door() {
    run(async {
        let tenant = &Tenant::new().await;
        let Joined { person, id, .. } = tenant.person(&["auditor"]).await;
        let session = &sign_in(tenant, &person.email, &person.password).await.is(201);
        let new = &password();
        let guesses = join_all(
            (0..50).map(|n| async move { change(session, &format!("{}9z{n}", random(20)), new).await }),
        );
        // The tenth locks the session itself with it.
        for guess in guesses.await {
            let refused = [(403, "password_refused"), (401, "unauthenticated")];
            assert!(
                refused.contains(&(guess.status, &guess.code())),
                "{}",
                guess.told()
            );
        }
        change(session, &person.password, new)
            .await
            .refused(401, "unauthenticated");
        sign_in(tenant, &person.email, &person.password)
            .await
            .refused(401, "sign_in_refused");
        // Whoever may, unlocks; nobody unlocks themselves.
        let path = format!("/identity/v1/users/{id}/unlock");
        with(session, "POST", &path, Some(&json!({})))
            .await
            .refused(401, "unauthenticated");
        tenant.admin.post(&path, &json!({})).await.is(204);
        with(session, "POST", &path, Some(&json!({})))
            .await
            .refused(403, "forbidden");
        sign_in(tenant, &person.email, &person.password).await.is(201);
        let own = text(&tenant.admin.get(ME).await.ok(), "id");
        let own = format!("/identity/v1/users/{own}/unlock");
        tenant
            .admin
            .post(&own, &json!({}))
            .await
            .refused(403, "own_account");
    });
}

#[test]
fn fifty_hands_change_one_password_once() {
    run(async {
        let tenant = &Tenant::new().await;
        let Joined { person, .. } = tenant.person(&["auditor"]).await;
        let session = &sign_in(tenant, &person.email, &person.password).await.is(201);
        let old = &person.password;
        let tried = join_all((0..50).map(|_| async move {
            let new = password();
            (change(session, old, &new).await, new)
        }));
        let tried = tried.await;
        let done: Vec<&String> = tried
            .iter()
            .filter(|(a, _)| a.status == 204)
            .map(|(_, p)| p)
            .collect();
        assert!(done.len() <= 1, "{} passwords were set", done.len());
        let locked = tenant.admin.all("/identity/v1/users").await;
        let id = locked
            .iter()
            .find(|u| u["email"] == person.email.as_str())
            .expect("the user");
        let path = format!("/identity/v1/users/{}/unlock", text(id, "id"));
        tenant.admin.post(&path, &json!({})).await.is(204);
        for (_, password) in tried.iter().take(12) {
            let expected = if done.contains(&password) { 201 } else { 401 };
            if expected == 201 || !done.is_empty() {
                tenant.admin.post(&path, &json!({})).await.is(204);
                assert_eq!(sign_in(tenant, &person.email, password).await.status, expected);
            }
        }
    });
}

#[test]
fn a_forced_reset_leaves_nothing_but_changing_the_password() {
    run(async {
        let tenant = Tenant::new().await;
        let Joined { id, person, .. } = tenant.person(&["administrator"]).await;
        let before = sign_in(&tenant, &person.email, &person.password).await.is(201);
        with(&before, "GET", ME, None).await.is(200);
        let path = format!("/identity/v1/users/{id}/password-reset");
        tenant.admin.post(&path, &json!({})).await.is(202);
        with(&before, "GET", ME, None)
            .await
            .refused(401, "unauthenticated");

        let limited = sign_in(&tenant, &person.email, &person.password).await.is(201);
        assert_eq!(limited["password_change_required"], true);
        let own = format!("/identity/v1/sessions/{}", text(&limited, "session"));
        for (method, path, body) in [
            ("GET", ME, None),
            ("GET", "/identity/v1/users", None),
            ("GET", "/identity/v1/approvals", None),
            ("DELETE", own.as_str(), None),
            ("POST", "/identity/v1/users", Some(json!({}))),
            ("GET", "/billing/v1/customers", None),
        ] {
            let answer = with(&limited, method, path, body.as_ref()).await;
            answer.refused(403, "password_change_required");
        }
        let new = password();
        change(&limited, &person.password, &new).await.is(204);
        let free = sign_in(&tenant, &person.email, &new).await.is(201);
        assert_eq!(free["password_change_required"], false);
        with(&free, "GET", ME, None).await.is(200);
        // A colleague was never touched.
        tenant.admin.get(ME).await.is(200);
    });
}

#[test]
fn a_disabled_user_is_refused_at_the_next_call_and_told_apart_from_nobody() {
    run(async {
        let tenant = &Tenant::new().await;
        let Joined { id, person, .. } = tenant.person(&["auditor"]).await;
        let session = &sign_in(tenant, &person.email, &person.password).await.is(201);
        with(session, "GET", ME, None).await.is(200);
        update(tenant, &id, &json!({"status": "disabled"})).await.is(200);
        let calls = join_all((0..50).map(|n| async move {
            let path = if n % 2 == 0 {
                ME
            } else {
                "/audit/v1/entries?limit=1"
            };
            with(session, "GET", path, None).await
        }));
        for call in calls.await {
            call.refused(401, "unauthenticated");
        }
        let refusals = [
            sign_in(tenant, "nobody@people.example", &person.password).await,
            sign_in(tenant, &person.email, &person.password).await,
            sign_in(tenant, &person.email, "wrong-wrong-wrong-1").await,
        ];
        for refusal in &refusals {
            assert_eq!(shape(refusal), shape(&refusals[0]));
            assert_eq!(refusal.calls().dynamodb, refusals[0].calls().dynamodb);
        }
        update(tenant, &id, &json!({"status": "active"})).await.is(200);
        with(session, "GET", ME, None)
            .await
            .refused(401, "unauthenticated");
        sign_in(tenant, &person.email, &person.password).await.is(201);
    });
}

#[test]
fn a_re_roled_user_holds_the_new_rights_at_the_next_call() {
    run(async {
        let tenant = &Tenant::new().await;
        let Joined { id, person, .. } = tenant.person(&["auditor"]).await;
        let session = &sign_in(tenant, &person.email, &person.password).await.is(201);
        with(session, "GET", "/audit/v1/entries?limit=1", None)
            .await
            .is(200);
        update(tenant, &id, &json!({"roles": ["support"]})).await.is(200);
        let calls = join_all((0..50).map(|_| with(session, "GET", "/audit/v1/entries?limit=1", None)));
        for call in calls.await {
            call.refused(401, "unauthenticated");
        }
        let session = sign_in(tenant, &person.email, &person.password).await.is(201);
        with(&session, "GET", "/audit/v1/entries?limit=1", None)
            .await
            .refused(403, "forbidden");
        with(&session, "GET", "/billing/v1/customers", None).await.is(200);
        for (body, status, code) in [
            (json!({"roles": ["operator"]}), 422, "invalid_input"),
            (json!({"roles": []}), 422, "invalid_input"),
            (json!({"roles": ["no_such_role"]}), 422, "invalid_input"),
            (json!({"status": "invited"}), 422, "invalid_input"),
            (
                json!({"status": "disabled", "email": "x@y.example"}),
                422,
                "invalid_input",
            ),
        ] {
            update(tenant, &id, &body).await.refused(status, code);
        }
        let own = text(&tenant.admin.get(ME).await.ok(), "id");
        update(tenant, &own, &json!({"roles": ["auditor"]}))
            .await
            .refused(403, "own_account");
        let path = format!("/identity/v1/users/{id}");
        let alone = tenant.admin.request("PATCH", &path).await;
        alone.json(&json!({"status": "disabled"})).send().await.is(202);
        with(&session, "GET", "/billing/v1/customers", None).await.is(200);
    });
}

#[test]
fn a_role_s_policy_holds_for_its_holders_and_no_policy_goes_below_the_floors() {
    run(async {
        let tenant = &Tenant::new().await;
        let strict = json!({"replaces": 1, "profile": "pci-single-factor", "max_attempts": 3, "min_length": 30, "classes": ["upper"]});
        let Joined { id, person, .. } = held_to(tenant, strict).await;
        let session = sign_in(tenant, &person.email, &person.password).await.is(201);
        let short = change(&session, &person.password, &password()).await;
        assert!(
            short.refused(422, "invalid_input")["errors"][0]["detail"]
                .to_string()
                .contains("30 characters")
        );
        for _ in 0..3 {
            sign_in(tenant, &person.email, "wrong-wrong-wrong-1")
                .await
                .refused(401, "sign_in_refused");
        }
        sign_in(tenant, &person.email, &person.password)
            .await
            .refused(401, "sign_in_refused");
        let outcomes: Vec<Value> = tenant
            .admin
            .all(&format!("/identity/v1/users/{id}/sign-ins?"))
            .await
            .iter()
            .map(|s| {
                assert!(s["address"].is_string(), "{s}");
                s["outcome"].clone()
            })
            .collect();
        assert_eq!(
            outcomes.iter().filter(|o| **o == "wrong_password").count(),
            3,
            "{outcomes:?}"
        );
        assert_eq!(
            outcomes.iter().filter(|o| **o == "succeeded").count(),
            1,
            "{outcomes:?}"
        );
        assert_eq!(
            outcomes.iter().filter(|o| **o == "locked").count(),
            1,
            "{outcomes:?}"
        );

        for wrong in [
            json!({"profile": "pci-single-factor", "min_length": 14}),
            json!({"profile": "mfa", "min_length": 11}),
            json!({"profile": "pci-single-factor", "max_age_days": 91}),
            json!({"profile": "mfa", "second_factor": false}),
            json!({"profile": "mfa", "max_attempts": 11}),
            json!({"profile": "mfa", "lock_seconds": 1799}),
            json!({"profile": "mfa", "idle_seconds": 901}),
            json!({"profile": "mfa", "absolute_seconds": 43201}),
            json!({"profile": "mfa", "history": 3}),
            json!({"profile": "mfa", "min_score": 2}),
            json!({"profile": "tenant-default", "min_length": 20}),
            json!({"profile": "none"}),
        ] {
            let mut body = wrong.clone();
            body["replaces"] = json!(1);
            policy(tenant, "support", &body)
                .await
                .refused(422, "invalid_input");
        }
        let mfa = json!({"replaces": 1, "profile": "mfa"});
        let set = policy(tenant, "support", &mfa).await.is(200);
        assert_eq!(
            (&set["version"], &set["password_policy"]["min_length"]),
            (&json!(2), &json!(12))
        );
        policy(tenant, "support", &mfa)
            .await
            .refused(409, "version_conflict");
        // A new version of the role keeps its policy.
        let (_, mut role) = a_role(2);
        role["name"] = json!("Support");
        let put = tenant
            .admin
            .request("PUT", "/identity/v1/roles/support")
            .await
            .json(&role);
        assert_eq!(
            tenant.with_approval(put).await.is(200)["password_policy"]["second_factor"],
            true
        );
        let none = json!({"replaces": 3, "profile": "tenant-default"});
        assert!(policy(tenant, "support", &none).await.is(200)["password_policy"].is_null());
    });
}

#[test]
fn whoever_must_have_a_second_factor_does_nothing_without_it() {
    run(async {
        let tenant = &Tenant::new().await;
        let Joined { person, .. } = tenant.person(&["support"]).await;
        let before = sign_in(tenant, &person.email, &person.password).await.is(201);
        with(&before, "GET", ME, None).await.is(200);
        policy(tenant, "support", &json!({"replaces": 1, "profile": "mfa"}))
            .await
            .is(200);
        let after = sign_in(tenant, &person.email, &person.password).await.is(201);
        for session in [&before, &after] {
            for path in [ME, "/billing/v1/customers", "/identity/v1/users"] {
                with(session, "GET", path, None)
                    .await
                    .refused(403, "second_factor_required");
            }
        }
    });
}

#[test]
fn an_invited_user_is_not_made_active_and_a_disabled_one_gets_no_reset() {
    run(async {
        let tenant = &Tenant::new().await;
        let invited = tenant
            .invite(&crate::support::world::user_body(&["auditor"]))
            .await
            .is(201);
        let id = text(&invited, "id");
        update(tenant, &id, &json!({"status": "active"}))
            .await
            .refused(409, "wrong_state");
        let path = format!("/identity/v1/users/{id}/password-reset");
        tenant
            .admin
            .post(&path, &json!({}))
            .await
            .refused(409, "wrong_state");
        update(tenant, &id, &json!({"status": "disabled"})).await.is(200);
        tenant
            .admin
            .post(&path, &json!({}))
            .await
            .refused(409, "wrong_state");
        let stranger: &Caller = &Tenant::new().await.admin;
        stranger.post(&path, &json!({})).await.refused(404, "not_found");
        let nobody = Person::new();
        sign_in(tenant, &nobody.email, &nobody.password)
            .await
            .refused(401, "sign_in_refused");
    });
}

#[test]
fn the_tenants_default_holds_where_a_role_says_nothing_and_the_strictest_wins() {
    run(async {
        let tenant = Tenant::new().await;
        let path = "/identity/v1/password-policy";
        let set = async |body: Value| tenant.both("PUT", path, &body).await;
        let joined = tenant.person(&["auditor"]).await;
        let session = joined.caller.sign_in().await.is(201);
        // One person alone changes nothing, and nobody sets less than the platform asks for.
        let long = json!({"profile": "pci-single-factor", "min_length": 40});
        let alone = tenant.admin.request("PUT", path).await.json(&long);
        alone.clone().send().await.is(202);
        for (weak, field) in [
            (
                json!({"profile": "pci-single-factor", "min_length": 14}),
                "/min_length",
            ),
            (
                json!({"profile": "pci-single-factor", "max_attempts": 11}),
                "/max_attempts",
            ),
            (json!({"profile": "tenant-default"}), "/profile"),
            (json!({"profile": "mfa", "lock_seconds": 60}), "/lock_seconds"),
        ] {
            let refused = set(weak).await;
            refused.refused(422, "invalid_input");
            assert_eq!(refused.pointers(), [field]);
        }
        let lenient = held_to(
            &tenant,
            json!({"replaces": 1, "profile": "pci-single-factor", "history": 6}),
        )
        .await;
        let own = &joined.person.password;
        let short = password();
        assert!(short.chars().count() < 40);
        assert_eq!(set(long).await.is(200)["min_length"], 40);
        change(&session, own, &short).await.refused(422, "invalid_input");
        // A role with a policy of its own is held to that one; with both, to the stricter of each field.
        let theirs = lenient.caller.sign_in().await.is(201);
        let shorter = password();
        change(&theirs, &lenient.person.password, &shorter).await.is(204);
        let roles = tenant
            .admin
            .get(&format!("/identity/v1/users/{}", lenient.id))
            .await
            .ok()["roles"]
            .clone();
        let both = json!({"roles": [roles[0], "support"]});
        update(&tenant, &lenient.id, &both).await.is(200);
        let theirs = sign_in(&tenant, &lenient.person.email, &shorter).await.is(201);
        change(&theirs, &shorter, &password())
            .await
            .refused(422, "invalid_input");
        // It holds at the next call of whoever is signed in.
        with(&session, "GET", ME, None).await.is(200);
        set(json!({"profile": "mfa"})).await.is(200);
        with(&session, "GET", ME, None)
            .await
            .refused(403, "second_factor_required");
    });
}
