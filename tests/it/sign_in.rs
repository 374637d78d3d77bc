//! Sign-in: no answer tells which part was wrong, and no number of hands guesses faster than one.

use crate::{
    cases::text,
    support::{Answer, Caller, Http, Login, Tenant, platform, random, run, world},
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn sign_in(http: &Http, tenant: &str, email: &str, password: &str) -> Answer {
    let body = json!({"tenant": tenant, "email": email, "password": password});
    let answer = http.post("/identity/v1/sessions", &body).send().await;
    assert!(!answer.text.contains(password), "a password is in an answer");
    assert!(
        !answer.text.to_lowercase().contains(&email.to_lowercase()),
        "an address is in an answer"
    );
    answer
}

/// What an answer says beside who asked when.
pub fn shape(answer: &Answer) -> (u16, Value, BTreeMap<String, String>) {
    let mut body = answer.json();
    body.as_object_mut().expect("an object").remove("request_id");
    let varying = ["date", "x-request-id", "x-ledgerkeep-calls"];
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !varying.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| {
        (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    (answer.status, body, headers.collect())
}

#[test]
fn every_refusal_is_the_same() {
    run(async {
        let (tenant, http) = (Tenant::new().await, &platform().http);
        let [known, locked] = &tenant.people;
        let wrong = format!("{}9z", random(20));
        for _ in 0..10 {
            sign_in(http, &tenant.id, &locked.email, &wrong)
                .await
                .refused(401, "sign_in_refused");
        }
        let refusals = [
            (
                "unknown tenant",
                sign_in(
                    http,
                    "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
                    &known.email,
                    &known.password,
                )
                .await,
            ),
            (
                "the platform's tenant",
                sign_in(
                    http,
                    "ten_00000000000000000000000000",
                    &known.email,
                    &known.password,
                )
                .await,
            ),
            (
                "unknown user",
                sign_in(http, &tenant.id, "nobody@people.example", &wrong).await,
            ),
            (
                "wrong password",
                sign_in(http, &tenant.id, &known.email, &wrong).await,
            ),
            (
                "a password cut off",
                sign_in(
                    http,
                    &tenant.id,
                    &known.email,
                    &known.password[..known.password.len() - 1],
                )
                .await,
            ),
            (
                "a password in other case",
                sign_in(http, &tenant.id, &known.email, &known.password.to_uppercase()).await,
            ),
            ("locked", sign_in(http, &tenant.id, &locked.email, &wrong).await),
            (
                "locked, right password",
                sign_in(http, &tenant.id, &locked.email, &locked.password).await,
            ),
        ];
        let reference = shape(&refusals[0].1);
        assert_eq!(
            (reference.0, &reference.1["code"]),
            (401, &json!("sign_in_refused"))
        );
        for (name, refusal) in &refusals {
            assert_eq!(shape(refusal), reference, "{name} is told apart");
        }
        let right = sign_in(http, &tenant.id, &known.email.to_uppercase(), &known.password)
            .await
            .is(201);
        assert!(
            text(&right, "session").starts_with("ses_"),
            "letter case of the address does not matter"
        );
    });
}

#[test]
fn fifty_parallel_wrong_attempts_lock() {
    run(async {
        let (tenant, http) = (&Tenant::new().await, &platform().http);
        let person = &tenant.people[1];
        let attempts = (0..50).map(|n| {
            let password = format!("{}9z{n}", random(20));
            async move { sign_in(http, &tenant.id, &person.email, &password).await }
        });
        for answer in join_all(attempts).await {
            answer.refused(401, "sign_in_refused");
        }
        sign_in(http, &tenant.id, &person.email, &person.password)
            .await
            .refused(401, "sign_in_refused");
        // Others are not locked out with them, and a session that was there goes on.
        let colleague = &tenant.people[0];
        sign_in(http, &tenant.id, &colleague.email, &colleague.password)
            .await
            .is(201);
        tenant.admin.get("/identity/v1/me").await.ok();
    });
}

#[test]
fn nine_wrong_attempts_do_not_lock_and_a_success_starts_the_count_anew() {
    run(async {
        let (tenant, http) = (&Tenant::new().await, &platform().http);
        let person = &tenant.people[1];
        let wrong = format!("{}9z", random(20));
        for round in 0..2 {
            for _ in 0..9 {
                sign_in(http, &tenant.id, &person.email, &wrong)
                    .await
                    .refused(401, "sign_in_refused");
            }
            let right = sign_in(http, &tenant.id, &person.email, &person.password).await;
            assert_eq!(right.status, 201, "round {round}: {}", right.told());
        }
    });
}

#[test]
fn a_parallel_valid_sign_in_does_not_clear_a_lock() {
    run(async {
        let (tenant, http) = (&Tenant::new().await, &platform().http);
        let person = &tenant.people[1];
        let attempts = (0..40).map(|n| {
            let right = n % 10 == 9;
            let password = if right {
                person.password.clone()
            } else {
                format!("{}9z", random(20))
            };
            async move { (right, sign_in(http, &tenant.id, &person.email, &password).await) }
        });
        let answers = join_all(attempts).await;
        assert!(
            answers
                .iter()
                .all(|(right, answer)| *right || answer.status == 401),
            "a wrong password signed in"
        );
        // Whatever the right ones took off the count, twelve more wrong attempts in a row lock.
        let locked =
            join_all((0..12).map(|_| sign_in(http, &tenant.id, &person.email, "wrong-wrong-wrong-1"))).await;
        assert!(locked.iter().all(|answer| answer.status == 401));
        sign_in(http, &tenant.id, &person.email, &person.password)
            .await
            .refused(401, "sign_in_refused");
    });
}

#[test]
fn a_person_sees_their_own_name_and_rights() {
    run(async {
        let tenant = world::shop().await;
        let me = tenant.admin.get("/identity/v1/me").await.ok();
        assert_eq!(
            (&me["email"], &me["name"]),
            (&json!(tenant.people[0].email), &json!(tenant.people[0].name))
        );
        let rights = me["rights"].as_array().cloned().unwrap_or_default();
        assert!(
            rights.contains(&json!("apiclient.write")) && !rights.contains(&json!("platform.tenant")),
            "{me}"
        );
        let client = tenant.all.get("/identity/v1/me").await.ok();
        assert!(
            client["session"].is_null() && client["email"].is_null(),
            "{client}"
        );
        let unknown = Login::User {
            tenant: tenant.id.clone(),
            email: "x@y.example".into(),
            password: "z".into(),
        };
        assert_eq!(Caller::new(&tenant.all.http, unknown).sign_in().await.status, 401);
    });
}

#[test]
fn parallel_right_sign_ins_all_get_in() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = &tenant.person(&["auditor"]).await;
        for _ in 0..3 {
            let answers = join_all((0..6).map(|_| joined.caller.sign_in())).await;
            for answer in answers {
                assert!(answer.is(201)["access_token"].is_string());
            }
        }
    });
}
