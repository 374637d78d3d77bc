//! What is taken away is gone at the next call, all of a thousand times: sessions, users who are disabled or locked, rights.

use crate::{
    cases::text,
    support::{Answer, Caller, Login, Tenant, platform, random, run, world::Joined},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

const ME: &str = "/identity/v1/me";
const SESSIONS: &str = "/identity/v1/sessions";

async fn with(token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut request = platform().http.request(method, path).bearer(token);
    if let Some(body) = body {
        request = request.json(body).key(&random(22));
    }
    request.send().await
}

/// A person and a token of theirs.
async fn signed_in(tenant: &Tenant) -> (Joined, String) {
    let joined = tenant.person(&["auditor"]).await;
    let token = text(&joined.caller.sign_in().await.is(201), "access_token");
    (joined, token)
}

#[test]
fn a_session_that_is_ended_is_refused_at_the_next_call_250_times() {
    run(async {
        let tenant = Tenant::new().await;
        let people: Vec<Caller> = {
            let mut people = Vec::new();
            for _ in 0..5 {
                people.push(tenant.person(&["auditor"]).await.caller);
            }
            people
        };
        // Each person's sign-ins are one after another.
        let tries = people.iter().map(async |caller| {
            for _ in 0..50 {
                let session = caller.sign_in().await.is(201);
                let token = text(&session, "access_token");
                with(&token, "GET", ME, None).await.is(200);
                let path = format!("{SESSIONS}/{}", text(&session, "session"));
                with(&token, "DELETE", &path, None).await.is(204);
                with(&token, "GET", ME, None)
                    .await
                    .refused(401, "unauthenticated");
            }
        });
        stream::iter(tries).buffer_unordered(5).collect::<Vec<()>>().await;
    });
}

#[test]
fn a_user_who_is_disabled_is_refused_at_the_next_call_100_times() {
    run(async {
        let tenant = Tenant::new().await;
        let (joined, mut token) = signed_in(&tenant).await;
        let path = format!("/identity/v1/users/{}", joined.id);
        let set = async |status: &str| {
            let body = json!({"status": status});
            tenant.both("PATCH", &path, &body).await.is(200);
        };
        for round in 0..100 {
            if round % 50 == 49 {
                // Tokens are good for five minutes.
                token = text(&joined.caller.sign_in().await.is(201), "access_token");
            }
            with(&token, "GET", ME, None).await.is(200);
            set("disabled").await;
            with(&token, "GET", ME, None)
                .await
                .refused(401, "unauthenticated");
            set("active").await;
            if with(&token, "GET", ME, None).await.status != 200 {
                // Whoever comes back signs in anew.
                token = text(&joined.caller.sign_in().await.is(201), "access_token");
            }
        }
    });
}

#[test]
fn guesses_in_a_session_lock_it_at_the_next_call_and_guesses_at_the_door_lock_no_session() {
    run(async {
        let tenant = Tenant::new().await;
        for _ in 0..2 {
            let (joined, token) = signed_in(&tenant).await;
            let Login::User {
                tenant: id, email, ..
            } = &*joined.caller.login
            else {
                unreachable!("a person")
            };
            let wrong = json!({"tenant": id, "email": email, "password": format!("{}9z", random(20))});
            let guess = json!({"old_password": wrong["password"], "password": format!("{}9z", random(20))});
            let unlock = format!("/identity/v1/users/{}/unlock", joined.id);
            for _ in 0..2 {
                for left in (0..10).rev() {
                    with(&token, "GET", ME, None).await.is(200);
                    with(&token, "PUT", "/identity/v1/me/password", Some(&guess))
                        .await
                        .refused(403, "password_refused");
                    if left == 0 {
                        with(&token, "GET", ME, None)
                            .await
                            .refused(401, "unauthenticated");
                    }
                }
                tenant.admin.post(&unlock, &json!({})).await.is(204);
                with(&token, "GET", ME, None).await.is(200);
            }
            // Whoever knows an address must not be able to end the sessions of its owner.
            for _ in 0..11 {
                let at_the_door = platform().http.post(SESSIONS, &wrong).send().await;
                at_the_door.refused(401, "sign_in_refused");
            }
            with(&token, "GET", ME, None).await.is(200);
            let user = tenant
                .admin
                .get(&format!("/identity/v1/users/{}", joined.id))
                .await
                .ok();
            assert!(user["locked_until"].is_string(), "{user}");
        }
    });
}

#[test]
fn a_right_that_is_taken_away_is_gone_at_the_next_call_350_times() {
    run(async {
        let tenant = &Tenant::new().await;
        let roles: Vec<String> = (0..5)
            .map(|_| format!("reader_{}", random(10).to_lowercase()))
            .collect();
        let put = async |id: &str, replaces: u32, right: &str| {
            let grants = json!([{"right": right, "effect": "allow"}]);
            let body = json!({"name": "Reader", "replaces": replaces, "grants": grants});
            tenant
                .both("PUT", &format!("/identity/v1/roles/{id}"), &body)
                .await
                .is(200);
        };
        let (put, path) = (&put, "/billing/v1/customers");
        let tries = roles.iter().map(async |id| {
            put(id, 0, "customer.read").await;
            let client = tenant.client(&[id]).await;
            for round in 0..70 {
                client.get(path).await.is(200);
                put(id, 2 * round + 1, "payment.read").await;
                client.get(path).await.refused(403, "forbidden");
                put(id, 2 * round + 2, "customer.read").await;
            }
        });
        stream::iter(tries).buffer_unordered(5).collect::<Vec<()>>().await;
    });
}

#[test]
fn a_client_that_is_revoked_is_refused_at_the_next_call_290_times() {
    run(async {
        let tenant = &Tenant::new().await;
        let tries = (0..290).map(async |_| {
            let client = tenant.client(&["auditor"]).await;
            let me = client.get(ME).await.is(200);
            let path = format!("/tenancy/v1/api-clients/{}", text(&me, "id"));
            tenant.admin.delete(&path).await.is(204);
            client.get(ME).await.refused(401, "unauthenticated");
        });
        stream::iter(tries).buffer_unordered(5).collect::<Vec<()>>().await;
    });
}
