//! The second factor: each code once, however many hands present it, and no way around it.

use crate::{
    cases::text,
    support::{Answer, Tenant, mail, platform, random, run, world::Enrolled},
};
use futures::future::join_all;
use serde_json::{Value, json};

const ME: &str = "/identity/v1/me";
const MFA: &str = "/identity/v1/sessions/mfa";
const TOTP: &str = "/identity/v1/me/totp";

/// Signs in with the password, and gives the challenge.
async fn challenge(enrolled: &Enrolled) -> String {
    let asked = enrolled.joined.caller.sign_in().await.is(201);
    assert!(
        asked["access_token"].is_null() && asked["session"].is_null() && asked["refresh_token"].is_null(),
        "a password alone gives no session"
    );
    text(&asked, "challenge")
}

async fn show(challenge: &str, code: &str) -> Answer {
    let body = json!({"challenge": challenge, "code": code});
    platform().http.post(MFA, &body).send().await
}

async fn with(session: &Value, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut request = platform().http.request(method, path);
    if let Some(body) = body {
        request = request.json(body).key(&random(22));
    }
    request.bearer(&text(session, "access_token")).send().await
}

fn done(answers: &[Answer]) -> usize {
    for answer in answers.iter().filter(|a| a.status != 201) {
        answer.refused(401, "second_factor_refused");
    }
    answers.iter().filter(|a| a.status == 201).count()
}

async fn unlock(tenant: &Tenant, enrolled: &Enrolled) {
    let path = format!("/identity/v1/users/{}/unlock", enrolled.joined.id);
    tenant.admin.post(&path, &json!({})).await.is(204);
}

#[test]
fn a_lost_second_factor_is_taken_away_by_two_people_and_its_owner_is_told() {
    run(async {
        let tenant = Tenant::new().await;
        let enrolled = tenant.enrolled(&["auditor"]).await;
        let (email, caller) = (&enrolled.joined.person.email, &enrolled.joined.caller);
        let path = format!("/identity/v1/users/{}", enrolled.joined.id);
        let factors = async || tenant.admin.get(&path).await.ok()["second_factors"].clone();
        let there = json!({"totp": true, "passkeys": 0, "recovery_codes": 10});
        assert_eq!(factors().await, there);
        let reset = tenant
            .admin
            .request("POST", &format!("{path}/second-factor-reset"))
            .await;
        let reset = reset.json(&json!({})).key(&random(22));
        let waiting = reset.clone().send().await;
        waiting.is(202);
        assert_eq!(factors().await, there, "nobody has agreed");
        let approval = tenant.decides(&waiting, "approve").await;
        reset.header("approval-id", &approval).send().await.is(204);
        assert_eq!(
            factors().await,
            json!({"totp": false, "passkeys": 0, "recovery_codes": 0})
        );
        caller.get(ME).await.refused(401, "unauthenticated");
        let again = caller.sign_in().await.is(201);
        assert!(again["session"].is_string() && again["challenge"].is_null());
        for subject in [
            "A new second factor for Ledgerkeep",
            "A second factor for Ledgerkeep was removed",
        ] {
            let mail = mail::about(platform(), email, subject).await;
            assert!(text(&mail, "text").contains("tell your administrators"), "{mail}");
        }
        let own = text(&tenant.admin.get(ME).await.ok(), "id");
        let own = format!("/identity/v1/users/{own}/second-factor-reset");
        tenant
            .admin
            .post(&own, &json!({}))
            .await
            .refused(403, "own_account");
    });
}

#[test]
fn a_sign_in_takes_password_and_code_and_each_code_once() {
    run(async {
        let tenant = Tenant::new().await;
        let enrolled = tenant.enrolled(&["auditor"]).await;
        let now = enrolled.authenticator.code(0).await;
        let first = challenge(&enrolled).await;
        show(&first, "000000").await.refused(401, "second_factor_refused");
        let session = show(&first, &now).await.is(201);
        with(&session, "GET", ME, None).await.is(200);
        let next = enrolled.authenticator.code(1).await;
        show(&first, &next).await.refused(401, "second_factor_refused");
        let second = challenge(&enrolled).await;
        show(&second, &now).await.refused(401, "second_factor_refused");
        show(&second, &next).await.is(201);
        let third = challenge(&enrolled).await;
        for foreign in [
            third.replace(&tenant.id, &Tenant::new().await.id),
            format!("{third}x"),
            random(80),
        ] {
            show(&foreign, &enrolled.codes[0])
                .await
                .refused(401, "second_factor_refused");
        }
        show(&third, &enrolled.codes[0].to_lowercase()).await.is(201);
        let fourth = challenge(&enrolled).await;
        show(&fourth, &enrolled.codes[0])
            .await
            .refused(401, "second_factor_refused");
        show(&fourth, &enrolled.codes[1]).await.is(201);
    });
}

#[test]
fn many_hands_use_a_code_a_recovery_code_and_a_challenge_once() {
    run(async {
        let tenant = Tenant::new().await;
        let enrolled = &tenant.enrolled(&["auditor"]).await;
        // Few enough that nobody is locked: exactly one gets in.
        let asked = &challenge(enrolled).await;
        let code = &enrolled.authenticator.code(0).await;
        let answers = join_all((0..6).map(|_| show(asked, code))).await;
        assert_eq!(done(&answers), 1, "one step");
        unlock(&tenant, enrolled).await;
        let asked = [challenge(enrolled).await, challenge(enrolled).await];
        let answers = join_all((0..6).map(|n| show(&asked[n % 2], &enrolled.codes[0]))).await;
        assert_eq!(done(&answers), 1, "one recovery code with two challenges");
        unlock(&tenant, enrolled).await;
        let asked = &challenge(enrolled).await;
        let answers = join_all((1..7).map(|n| show(asked, &enrolled.codes[n]))).await;
        assert_eq!(done(&answers), 1, "one challenge with six codes");
    });
}

#[test]
fn fifty_hands_get_in_once_at_most() {
    run(async {
        let tenant = Tenant::new().await;
        let enrolled = &tenant.enrolled(&["auditor"]).await;
        let asked = &challenge(enrolled).await;
        let code = &enrolled.authenticator.code(0).await;
        let answers = join_all((0..50).map(|_| show(asked, code))).await;
        assert!(
            done(&answers) <= 1,
            "one step and one challenge let {} in",
            done(&answers)
        );
        unlock(&tenant, enrolled).await;
        let asked = &challenge(enrolled).await;
        let code = &enrolled.codes[3];
        let answers = join_all((0..50).map(|_| show(asked, code))).await;
        assert!(done(&answers) <= 1, "one recovery code let {} in", done(&answers));
    });
}

#[test]
fn whoever_knows_the_password_guesses_ten_codes_and_no_more() {
    run(async {
        let tenant = Tenant::new().await;
        let enrolled = &tenant.enrolled(&["auditor"]).await;
        let asked = &challenge(enrolled).await;
        let guesses = join_all((0..50).map(|n| async move { show(asked, &format!("{n:06}")).await })).await;
        assert_eq!(done(&guesses), 0);
        show(asked, &enrolled.codes[0])
            .await
            .refused(401, "second_factor_refused");
        enrolled
            .joined
            .caller
            .sign_in()
            .await
            .refused(401, "sign_in_refused");
        unlock(&tenant, enrolled).await;
        // New challenges do not start the count anew.
        for _ in 0..10 {
            enrolled.joined.caller.sign_in().await.is(201);
        }
        enrolled
            .joined
            .caller
            .sign_in()
            .await
            .refused(401, "sign_in_refused");
        let path = format!("/identity/v1/users/{}/sign-ins?", enrolled.joined.id);
        let outcomes = tenant.admin.all(&path).await;
        let count = |outcome: &str| outcomes.iter().filter(|s| s["outcome"] == outcome).count();
        assert_eq!(count("wrong_code"), 9);
        assert_eq!(count("challenged"), 11);
    });
}

#[test]
fn a_role_that_needs_a_second_factor_lets_its_holders_do_nothing_but_enrol() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["support"]).await;
        let body = json!({"replaces": 1, "profile": "mfa"});
        let path = "/identity/v1/roles/support/password-policy";
        let set = tenant.admin.request("PUT", path).await.json(&body);
        tenant.with_approval(set).await.is(200);
        let session = joined.caller.sign_in().await.is(201);
        for (method, path) in [("GET", ME), ("GET", "/billing/v1/customers"), ("DELETE", TOTP)] {
            with(&session, method, path, None)
                .await
                .refused(403, "second_factor_required");
        }
        let enrolled = with(&session, "POST", TOTP, Some(&json!({}))).await.is(201);
        with(&session, "GET", ME, None)
            .await
            .refused(403, "second_factor_required");
        let authenticator = crate::support::totp::Authenticator::scan(&text(&enrolled, "uri"));
        let confirm = format!("{TOTP}/confirm");
        for wrong in [
            "000000",
            "",
            "abcdef",
            enrolled["recovery_codes"][0].as_str().expect("a code"),
        ] {
            with(&session, "POST", &confirm, Some(&json!({"code": wrong})))
                .await
                .refused(422, "invalid_input");
        }
        let code = authenticator.code(0).await;
        with(&session, "POST", &confirm, Some(&json!({"code": code})))
            .await
            .is(204);
        with(&session, "GET", ME, None).await.is(200);
        with(&session, "POST", &confirm, Some(&json!({"code": code})))
            .await
            .refused(409, "wrong_state");
        with(&session, "POST", TOTP, Some(&json!({})))
            .await
            .refused(409, "already_enrolled");
    });
}

#[test]
fn only_a_session_that_showed_it_removes_it_and_one_s_sessions_are_told() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["auditor"]).await;
        let without = joined.caller.sign_in().await.is(201);
        let enrolled = joined.caller.post(TOTP, &json!({})).await.is(201);
        let authenticator = crate::support::totp::Authenticator::scan(&text(&enrolled, "uri"));
        let code = json!({"code": authenticator.code(0).await});
        joined
            .caller
            .post(&format!("{TOTP}/confirm"), &code)
            .await
            .is(204);
        with(&without, "DELETE", TOTP, None)
            .await
            .refused(403, "second_factor_not_shown");
        let mine = joined.caller.all("/identity/v1/sessions").await;
        assert_eq!(mine.len(), 2, "{mine:?}");
        let current: Vec<&Value> = mine.iter().filter(|s| s["current"] == true).collect();
        assert!(
            current.len() == 1 && current[0]["second_factor"] == true,
            "{mine:?}"
        );
        assert!(
            mine.iter()
                .all(|s| s["address"].is_string() && s["seen_at"].is_string()),
            "{mine:?}"
        );
        joined.caller.delete(TOTP).await.is(204);
        joined.caller.delete(TOTP).await.refused(404, "not_found");
        let again = joined.caller.sign_in().await.is(201);
        with(&again, "DELETE", "/identity/v1/sessions", None)
            .await
            .is(204);
        for session in [&without, &again] {
            with(session, "GET", ME, None)
                .await
                .refused(401, "unauthenticated");
        }
        joined.caller.sign_in().await.is(201);
        // API clients have neither sessions nor second factors.
        tenant
            .all
            .get("/identity/v1/sessions")
            .await
            .refused(404, "not_found");
        tenant
            .all
            .post(TOTP, &json!({}))
            .await
            .refused(401, "insufficient_user_authentication");
    });
}
