//! Passkeys: what an authenticator signs for another site, another challenge, another user or nobody gets nobody in.

use crate::{
    cases::text,
    support::{
        Answer, Caller, Findings, Tenant,
        passkey::{Authenticator, Ceremony, PRESENT},
        platform, random, run,
        world::Joined,
    },
};
use futures::future::join_all;
use serde_json::{Value, json};

const ME: &str = "/identity/v1/me";
const MFA: &str = "/identity/v1/sessions/mfa";
const PASSKEYS: &str = "/identity/v1/me/passkeys";
const OPTIONS: &str = "/identity/v1/me/passkeys/options";
const TOTP: &str = "/identity/v1/me/totp";

/// What a session is asked for a new passkey.
async fn options(caller: &Caller) -> Value {
    caller.post(OPTIONS, &json!({})).await.is(201)["public_key"].clone()
}

/// Registers a passkey: the authenticator, and what the platform said.
async fn registered(caller: &Caller) -> (Authenticator, Value) {
    let (authenticator, body) = Authenticator::make(&options(caller).await, &Ceremony::good().await);
    let answer = caller.post(PASSKEYS, &body).await.is(201);
    (authenticator, answer)
}

/// Signs in with the password: the challenge, and what a passkey is asked to sign.
async fn asked(joined: &Joined) -> (String, Value) {
    let asked = joined.caller.sign_in().await.is(201);
    assert!(asked["access_token"].is_null() && asked["refresh_token"].is_null());
    (text(&asked, "challenge"), asked["public_key"].clone())
}

async fn show(challenge: &str, passkey: &Value) -> Answer {
    let body = json!({"challenge": challenge, "passkey": passkey});
    platform().http.post(MFA, &body).send().await
}

async fn with(session: &Value, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut request = platform().http.request(method, path);
    if let Some(body) = body {
        request = request.json(body).key(&random(22));
    }
    request.bearer(&text(session, "access_token")).send().await
}

#[test]
fn a_passkey_is_registered_shown_and_removed() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["auditor"]).await;
        let creation = options(&joined.caller).await;
        assert_eq!(creation["rp"]["id"], "localhost");
        assert_eq!(creation["authenticatorSelection"]["userVerification"], "required");
        let (mut first, answer) = registered(&joined.caller).await;
        assert_eq!(answer["recovery_codes"].as_array().map(Vec::len), Some(10));
        let id = text(&answer["passkey"], "id");
        let me = joined.caller.get(ME).await.ok();
        assert_eq!(me["passkeys"][0]["name"], answer["passkey"]["name"]);
        let (mut second, more) = registered(&joined.caller).await;
        assert_eq!(more["recovery_codes"], json!([]), "{more}");

        let good = Ceremony::good().await;
        let (challenge, public_key) = asked(&joined).await;
        assert_eq!(public_key["allowCredentials"].as_array().map(Vec::len), Some(2));
        let shown = first.show(&public_key, &good);
        let session = show(&challenge, &shown).await.is(201);
        with(&session, "GET", ME, None).await.is(200);
        // Neither the answer nor the challenge is good twice.
        show(&challenge, &shown)
            .await
            .refused(401, "second_factor_refused");
        let again = second.show(&public_key, &good);
        show(&challenge, &again)
            .await
            .refused(401, "second_factor_refused");
        let (challenge, public_key) = asked(&joined).await;
        show(&challenge, &shown)
            .await
            .refused(401, "second_factor_refused");
        show(&challenge, &second.show(&public_key, &good)).await.is(201);
        let (challenge, _) = asked(&joined).await;
        let code = json!({"challenge": challenge, "code": answer["recovery_codes"][3]});
        platform().http.post(MFA, &code).send().await.is(201);
        let (challenge, _) = asked(&joined).await;
        let code = json!({"challenge": challenge, "code": answer["recovery_codes"][3]});
        platform()
            .http
            .post(MFA, &code)
            .send()
            .await
            .refused(401, "second_factor_refused");

        let path = format!("{PASSKEYS}/{id}");
        with(&session, "DELETE", &path, None).await.is(204);
        with(&session, "DELETE", &path, None)
            .await
            .refused(404, "not_found");
        let (challenge, public_key) = asked(&joined).await;
        let shown = first.show(&public_key, &good);
        show(&challenge, &shown)
            .await
            .refused(401, "second_factor_refused");
        let path = format!("{PASSKEYS}/{}", text(&more["passkey"], "id"));
        with(&session, "DELETE", &path, None).await.is(204);
        assert!(joined.caller.sign_in().await.is(201)["access_token"].is_string());
    });
}

/// Everything that a ceremony can do wrong, each alone.
async fn wrong() -> Vec<(&'static str, Ceremony)> {
    let good = Ceremony::good().await;
    let change = |name, change: &dyn Fn(&mut Ceremony)| {
        let mut ceremony = good.clone();
        change(&mut ceremony);
        (name, ceremony)
    };
    vec![
        change("wrong origin", &|c| {
            c.origin = "https://localhost.evil.example".into()
        }),
        change("another port", &|c| c.origin = "https://localhost:9443".into()),
        change("no TLS", &|c| c.origin = c.origin.replace("https:", "http:")),
        change("another site", &|c| c.party = "evil.example".into()),
        change("another challenge", &|c| c.challenge = Some(random(43))),
        change("no challenge", &|c| c.challenge = Some(String::new())),
        change("another ceremony", &|c| c.kind = Some("webauthn.other")),
        change("nobody verified", &|c| c.flags = PRESENT),
        change("nobody there", &|c| c.flags = 0b100),
        change("tampered data", &|c| c.tampered = true),
    ]
}

#[test]
fn nothing_that_was_signed_for_something_else_gets_anybody_in() {
    run(async {
        let tenant = Tenant::new().await;
        let (mut findings, good) = (Findings::default(), Ceremony::good().await);
        let refused = |name: &str, answer: &Answer, findings: &mut Findings| {
            let fine = (answer.status, answer.code().as_str()) == (401, "second_factor_refused");
            findings.check(fine, || format!("{name}: {}", answer.told()));
        };
        for (name, ceremony) in wrong().await {
            let joined = tenant.person(&["auditor"]).await;
            let (mut authenticator, _) = registered(&joined.caller).await;
            let (challenge, public_key) = asked(&joined).await;
            let shown = authenticator.show(&public_key, &ceremony);
            refused(name, &show(&challenge, &shown).await, &mut findings);
            // It is the ceremony that was wrong, and nothing else.
            show(&challenge, &authenticator.show(&public_key, &good))
                .await
                .is(201);
        }
        let (one, other) = (
            tenant.person(&["auditor"]).await,
            tenant.person(&["auditor"]).await,
        );
        let (mut mine, _) = registered(&one.caller).await;
        let (mut theirs, _) = registered(&other.caller).await;
        let (challenge, public_key) = asked(&one).await;
        let shown = theirs.show(&public_key, &good);
        refused(
            "another user's passkey",
            &show(&challenge, &shown).await,
            &mut findings,
        );
        let mut posing = shown.clone();
        posing["credential_id"] = mine.show(&public_key, &good)["credential_id"].clone();
        refused(
            "under one's own id",
            &show(&challenge, &posing).await,
            &mut findings,
        );
        let mut handle = mine.show(&public_key, &good);
        handle["user_handle"] = shown["user_handle"].clone();
        refused(
            "another user's handle",
            &show(&challenge, &handle).await,
            &mut findings,
        );
        let mut unsigned = mine.show(&public_key, &good);
        unsigned["signature"] = json!("AA");
        refused("no signature", &show(&challenge, &unsigned).await, &mut findings);
        let (elsewhere, _) = asked(&other).await;
        let shown = mine.show(&public_key, &good);
        refused(
            "at another user's challenge",
            &show(&elsewhere, &shown).await,
            &mut findings,
        );
        let both = json!({"challenge": challenge, "passkey": shown, "code": "000000"});
        platform()
            .http
            .post(MFA, &both)
            .send()
            .await
            .refused(422, "invalid_input");
        let neither = json!({"challenge": challenge});
        platform()
            .http
            .post(MFA, &neither)
            .send()
            .await
            .refused(422, "invalid_input");
        show(&challenge, &shown).await.is(201);
        findings.none();
    });
}

#[test]
fn nothing_but_an_answer_to_one_s_own_challenge_is_registered() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["auditor"]).await;
        let (mut findings, good) = (Findings::default(), Ceremony::good().await);
        for (name, ceremony) in wrong().await {
            let (_, body) = Authenticator::make(&options(&joined.caller).await, &ceremony);
            let answer = joined.caller.post(PASSKEYS, &body).await;
            let fine = (answer.status, answer.code().as_str()) == (422, "passkey_refused");
            findings.check(fine, || format!("{name}: {}", answer.told()));
        }
        // A challenge that was answered wrongly is spent, as is one that was answered.
        let creation = options(&joined.caller).await;
        let ceremony = Ceremony {
            flags: PRESENT,
            ..good.clone()
        };
        let (authenticator, body) = Authenticator::make(&creation, &ceremony);
        joined
            .caller
            .post(PASSKEYS, &body)
            .await
            .refused(422, "passkey_refused");
        let late = authenticator.registration(&creation, &good);
        joined
            .caller
            .post(PASSKEYS, &late)
            .await
            .refused(422, "passkey_refused");
        let other = tenant.person(&["auditor"]).await;
        let (_, stolen) = Authenticator::make(&options(&other.caller).await, &good);
        joined
            .caller
            .post(PASSKEYS, &stolen)
            .await
            .refused(422, "passkey_refused");
        assert_eq!(joined.caller.get(ME).await.ok()["passkeys"], json!([]));
        let creation = options(&joined.caller).await;
        let (authenticator, body) = Authenticator::make(&creation, &good);
        joined.caller.post(PASSKEYS, &body).await.is(201);
        joined
            .caller
            .post(PASSKEYS, &body)
            .await
            .refused(422, "passkey_refused");
        // The credential is one user's only.
        let taken = authenticator.registration(&options(&other.caller).await, &good);
        other
            .caller
            .post(PASSKEYS, &taken)
            .await
            .refused(409, "passkey_registered");
        let (_, theirs) = registered(&other.caller).await;
        let path = format!("{PASSKEYS}/{}", text(&theirs["passkey"], "id"));
        joined.caller.delete(&path).await.refused(404, "not_found");
        let taken = authenticator.registration(&options(&joined.caller).await, &good);
        joined
            .caller
            .post(PASSKEYS, &taken)
            .await
            .refused(409, "passkey_registered");
        findings.none();
    });
}

#[test]
fn an_authenticator_whose_counter_goes_back_is_blocked_and_told_of() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["auditor"]).await;
        let (mut authenticator, answer) = registered(&joined.caller).await;
        let good = Ceremony::good().await;
        authenticator.counter = 40;
        let (challenge, public_key) = asked(&joined).await;
        show(&challenge, &authenticator.show(&public_key, &good))
            .await
            .is(201);
        // The clone has signed less often.
        authenticator.counter = 17;
        let (challenge, public_key) = asked(&joined).await;
        let shown = authenticator.show(&public_key, &good);
        show(&challenge, &shown)
            .await
            .refused(401, "second_factor_refused");
        authenticator.counter = 100;
        let shown = authenticator.show(&public_key, &good);
        show(&challenge, &shown)
            .await
            .refused(401, "second_factor_refused");
        let (challenge, public_key) = asked(&joined).await;
        assert_eq!(
            public_key["allowCredentials"],
            json!([]),
            "and it is no longer asked for"
        );
        let shown = authenticator.show(&public_key, &good);
        show(&challenge, &shown)
            .await
            .refused(401, "second_factor_refused");
        let body = json!({"challenge": challenge, "code": answer["recovery_codes"][0]});
        let session = platform().http.post(MFA, &body).send().await.is(201);
        let me = with(&session, "GET", ME, None).await.ok();
        assert_eq!(me["passkeys"][0]["blocked"], true);
        let path = format!("/identity/v1/users/{}/sign-ins?", joined.id);
        let outcomes = tenant.admin.all(&path).await;
        let count = |outcome: &str| outcomes.iter().filter(|s| s["outcome"] == outcome).count();
        assert_eq!((count("cloned_passkey"), count("wrong_passkey")), (1, 2));
        let entries = tenant
            .all
            .all("/audit/v1/entries?activity=identity.answer_challenge")
            .await;
        let told = |e: &&Value| e["entry"]["events"] == json!(["user.passkey_cloned"]);
        let told: Vec<&Value> = entries.iter().filter(told).collect();
        assert_eq!(told.len(), 1, "{entries:?}");
        assert_eq!(
            (&told[0]["entry"]["code"], &told[0]["entry"]["outcome"]),
            (&json!("X"), &json!("refused"))
        );
    });
}

#[test]
fn a_session_that_showed_nothing_makes_itself_no_second_factor() {
    run(async {
        let tenant = Tenant::new().await;
        let (good, joined) = (Ceremony::good().await, tenant.person(&["auditor"]).await);
        let before = joined.caller.sign_in().await.is(201);
        let pending = with(&before, "POST", TOTP, Some(&json!({}))).await.is(201);
        let early = with(&before, "POST", OPTIONS, Some(&json!({}))).await.is(201);
        let (_, mine) = registered(&joined.caller).await;
        // The session before knows the password only: nothing that it began may be finished.
        let (_, body) = Authenticator::make(&early["public_key"], &good);
        let scanned = crate::support::totp::Authenticator::scan(&text(&pending, "uri"));
        let code = json!({"code": scanned.code(0).await});
        let path = format!("{PASSKEYS}/{}", text(&mine["passkey"], "id"));
        for (method, path, body) in [
            ("POST", PASSKEYS, Some(&body)),
            ("POST", OPTIONS, Some(&json!({}))),
            ("POST", TOTP, Some(&json!({}))),
            ("POST", "/identity/v1/me/totp/confirm", Some(&code)),
            ("DELETE", path.as_str(), None),
        ] {
            with(&before, method, path, body)
                .await
                .refused(403, "second_factor_not_shown");
        }
        let enrolled = tenant.enrolled(&["auditor"]).await;
        let asked = enrolled.joined.caller.sign_in().await.is(201);
        assert!(asked["challenge"].is_string() && asked.get("public_key").is_none());
        // Both factors count, and either is enough.
        let (mut authenticator, _) = registered(&enrolled.joined.caller).await;
        let (challenge, public_key) = self::asked(&enrolled.joined).await;
        show(&challenge, &authenticator.show(&public_key, &good))
            .await
            .is(201);
        let (challenge, _) = self::asked(&enrolled.joined).await;
        let body = json!({"challenge": challenge, "code": enrolled.authenticator.code(0).await});
        platform().http.post(MFA, &body).send().await.is(201);
        // API clients have none.
        let refused = tenant.all.post(OPTIONS, &json!({})).await;
        refused.refused(401, "insufficient_user_authentication");
    });
}

#[test]
fn a_role_that_needs_a_second_factor_takes_a_passkey() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["support"]).await;
        let body = json!({"replaces": 1, "profile": "mfa"});
        let path = "/identity/v1/roles/support/password-policy";
        tenant.both("PUT", path, &body).await.is(200);
        joined.caller.get(ME).await.refused(403, "second_factor_required");
        registered(&joined.caller).await;
        joined.caller.get(ME).await.is(200);
    });
}

#[test]
fn fifty_hands_use_an_assertion_and_a_challenge_once() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["auditor"]).await;
        let good = Ceremony::good().await;
        let creation = options(&joined.caller).await;
        let bodies: Vec<Value> = (0..50).map(|_| Authenticator::make(&creation, &good).1).collect();
        let caller = &joined.caller;
        let answers = join_all(bodies.iter().map(|body| caller.post(PASSKEYS, body))).await;
        let made = answers.iter().filter(|a| a.status == 201).count();
        assert_eq!(made, 1, "one challenge made {made} passkeys");
        assert_eq!(
            caller.get(ME).await.ok()["passkeys"].as_array().map(Vec::len),
            Some(1)
        );
        let other = tenant.person(&["auditor"]).await;
        let (mut authenticator, _) = registered(&other.caller).await;
        let (challenge, public_key) = asked(&other).await;
        let shown = &authenticator.show(&public_key, &good);
        let challenge = challenge.as_str();
        let answers = join_all((0..50).map(|_| show(challenge, shown))).await;
        let got = answers.iter().filter(|a| a.status == 201).count();
        assert!(got <= 1, "one assertion let {got} in");
    });
}
