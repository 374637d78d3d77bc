//! Refresh tokens: each is used once, a lost answer is given again, and a thief ends the session.

use crate::{
    cases::text,
    support::{Answer, Findings, Tenant, platform, random, run, time, world, world::Person},
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TOKEN: &str = "/identity/v1/oauth/token";
const REVOKE: &str = "/identity/v1/oauth/revoke";

async fn form(path: &str, body: &str) -> Answer {
    let request = platform().http.request("POST", path);
    request
        .body("application/x-www-form-urlencoded", body)
        .send()
        .await
}

async fn refresh(token: &str) -> Answer {
    form(TOKEN, &format!("grant_type=refresh_token&refresh_token={token}")).await
}

async fn me(tokens: &Value) -> Answer {
    let token = text(tokens, "access_token");
    platform().http.get("/identity/v1/me").bearer(&token).send().await
}

async fn sign_in(tenant: &Tenant, person: &Person) -> Value {
    Tenant::user(&platform().http, &tenant.id, person)
        .sign_in()
        .await
        .is(201)
}

/// An OAuth refusal (RFC 6749, section 5.2).
#[track_caller]
fn refused(answer: &Answer, error: &str) {
    assert_eq!(answer.status, 400, "{}", answer.told());
    assert_eq!(answer.json()["error"], error, "{}", answer.told());
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn a_session_goes_on_by_refreshing_and_a_lost_answer_is_given_again() {
    run(async {
        let tenant = world::shop().await;
        let mut tokens = sign_in(tenant, &tenant.people[1]).await;
        let session = text(&tokens, "session");
        for _ in 0..3 {
            let presented = text(&tokens, "refresh_token");
            assert!(presented.starts_with(&format!("{}.{session}.", tenant.id)));
            let next = refresh(&presented).await.is(200);
            assert_eq!(
                (&next["token_type"], &next["expires_in"]),
                (&json!("Bearer"), &json!(300))
            );
            assert_eq!(next["scope"], "administrator auditor");
            let again = refresh(&presented).await.is(200);
            assert_ne!(text(&next, "refresh_token"), presented);
            assert_eq!(
                text(&again, "refresh_token"),
                text(&next, "refresh_token"),
                "a sibling was made"
            );
            for answer in [&next, &again] {
                assert_eq!(me(answer).await.is(200)["session"], session.as_str());
            }
            tokens = next;
        }
    });
}

#[test]
fn fifty_hands_with_one_token_get_one_successor() {
    run(async {
        let tenant = world::shop().await;
        let tokens = sign_in(tenant, &tenant.people[1]).await;
        let presented = text(&tokens, "refresh_token");
        let answers = join_all((0..50).map(|_| refresh(&presented))).await;
        let successors: BTreeSet<String> = answers
            .iter()
            .map(|answer| text(&answer.is(200), "refresh_token"))
            .collect();
        assert_eq!(successors.len(), 1, "{} successors", successors.len());
        let successor = successors.first().expect("one");
        let next = refresh(successor).await.is(200);
        me(&next).await.is(200);
    });
}

#[test]
fn a_spent_token_ends_the_session_and_raises_an_alert() {
    run(async {
        let tenant = Tenant::new().await;
        let stolen = sign_in(&tenant, &tenant.people[1]).await;
        let other = sign_in(&tenant, &tenant.people[1]).await;
        let hook = json!({"url": "https://localhost:9/", "event_types": ["session.reuse_detected"]});
        let hook = tenant.all.post("/notifications/v1/webhooks", &hook).await.is(201);
        let owner = refresh(&text(&stolen, "refresh_token")).await.is(200);
        time::pause(10_500).await;
        me(&owner).await.is(200);
        refused(&refresh(&text(&stolen, "refresh_token")).await, "invalid_grant");
        // Thief and owner are out alike; another session of the same person is not.
        me(&owner).await.refused(401, "unauthenticated");
        refused(&refresh(&text(&owner, "refresh_token")).await, "invalid_grant");
        let other = refresh(&text(&other, "refresh_token")).await.is(200);
        me(&other).await.is(200);
        let entries = tenant.all.all("/audit/v1/entries").await;
        let is_alert =
            |e: &&Value| e["entry"]["activity"] == "identity.issue_token" && e["entry"]["code"] == "X";
        let alerts: Vec<&Value> = entries.iter().filter(is_alert).collect();
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        let alert = &alerts[0]["entry"];
        assert_eq!(
            (&alert["events"], &alert["object"], &alert["outcome"]),
            (
                &json!(["session.reuse_detected"]),
                &stolen["session"],
                &json!("refused")
            )
        );
        let path = format!("/notifications/v1/deliveries?webhook={}", text(&hook, "id"));
        let told = async || tenant.all.all(&path).await.first().cloned();
        let delivery = time::until("the webhook is told", 30, told).await;
        assert_eq!(delivery["event_type"], "session.reuse_detected", "{delivery}");
    });
}

#[test]
fn whoever_has_no_token_gets_nothing_and_ends_nothing() {
    run(async {
        let (shop, neighbour) = (world::shop().await, world::neighbour().await);
        let tokens = sign_in(shop, &shop.people[1]).await;
        let colleague = sign_in(shop, &shop.people[0]).await;
        let foreign = sign_in(neighbour, &neighbour.people[1]).await;
        let token = text(&tokens, "refresh_token");
        let (place, secret) = token.rsplit_once('.').expect("a place and a secret");
        let (session, theirs) = (text(&tokens, "session"), text(&colleague, "session"));
        let random43 = random(43);
        let mut findings = Findings::default();
        for (name, bad) in [
            ("a guess", format!("{place}.{random43}")),
            ("another case", format!("{place}.{}", secret.to_uppercase())),
            ("cut", token[..token.len() - 1].to_owned()),
            ("longer", format!("{token}A")),
            ("the other tenant", token.replace(&shop.id, &neighbour.id)),
            (
                "the other tenant's session",
                token.replace(&session, &text(&foreign, "session")),
            ),
            ("a colleague's session", token.replace(&session, &theirs)),
            ("an access token", text(&tokens, "access_token")),
            ("nothing but dots", "..".to_owned()),
            ("a key of the store", format!("{place}%23.{secret}")),
        ] {
            let answer = refresh(&bad).await;
            findings.check(
                answer.status == 400 && answer.json()["error"] == "invalid_grant",
                || format!("{name}: {}", answer.told()),
            );
        }
        findings.none();
        for body in [
            "grant_type=refresh_token",
            "grant_type=refresh_token&refresh_token=",
            "refresh_token=x",
        ] {
            refused(&form(TOKEN, body).await, "invalid_request");
        }
        let password = "grant_type=password&username=a&password=b";
        refused(&form(TOKEN, password).await, "unsupported_grant_type");
        for tokens in [&tokens, &colleague, &foreign] {
            let next = refresh(&text(tokens, "refresh_token")).await.is(200);
            me(&next).await.is(200);
        }
    });
}

#[test]
fn a_session_that_has_ended_is_not_refreshed_nor_is_a_locked_person() {
    run(async {
        let tenant = Tenant::new().await;
        let person = &tenant.people[1];
        let ended = sign_in(&tenant, person).await;
        let path = format!("/identity/v1/sessions/{}", text(&ended, "session"));
        let out = platform()
            .http
            .request("DELETE", &path)
            .bearer(&text(&ended, "access_token"));
        out.send().await.is(204);
        refused(&refresh(&text(&ended, "refresh_token")).await, "invalid_grant");

        let live = sign_in(&tenant, person).await;
        let guess = json!({"old_password": "wrong-wrong-wrong-1", "password": "another-wrong-one-2"});
        for _ in 0..10 {
            let guess = platform()
                .http
                .request("PUT", "/identity/v1/me/password")
                .json(&guess);
            let answer = guess.bearer(&text(&live, "access_token")).send().await;
            answer.refused(403, "password_refused");
        }
        refused(&refresh(&text(&live, "refresh_token")).await, "invalid_grant");
        // A lock is no theft: the session goes on when it has been cleared, and not before.
        me(&live).await.refused(401, "unauthenticated");
        let users = tenant.admin.all("/identity/v1/users").await;
        let locked = users.iter().find(|user| user["email"] == person.email.as_str());
        let id = text(locked.expect("the locked person"), "id");
        let unlock = format!("/identity/v1/users/{id}/unlock");
        tenant.admin.post(&unlock, &json!({})).await.is(204);
        me(&live).await.is(200);
    });
}

#[test]
fn a_token_is_given_back_and_its_session_ends() {
    run(async {
        let shop = world::shop().await;
        for kind in ["refresh_token", "access_token"] {
            let tokens = sign_in(shop, &shop.people[1]).await;
            let place = text(&tokens, "refresh_token");
            let place = place.rsplit_once('.').expect("a place").0;
            for bad in ["garbage", "a.b.c", &format!("{place}.{}", random(43))] {
                form(REVOKE, &format!("token={bad}")).await.is(200);
            }
            me(&tokens).await.is(200);
            let given = format!("token={}&token_type_hint=nonsense", text(&tokens, kind));
            for _ in 0..2 {
                form(REVOKE, &given).await.is(200);
            }
            me(&tokens).await.refused(401, "unauthenticated");
            refused(&refresh(&text(&tokens, "refresh_token")).await, "invalid_grant");
        }
        let client = shop.all.token().await;
        refused(
            &form(REVOKE, &format!("token={client}")).await,
            "unsupported_token_type",
        );
        refused(
            &form(REVOKE, "token_type_hint=refresh_token").await,
            "invalid_request",
        );
    });
}

#[test]
fn nothing_on_disk_is_a_token() {
    run(async {
        let shop = world::shop().await;
        let first = sign_in(shop, &shop.people[1]).await;
        let second = refresh(&text(&first, "refresh_token")).await.is(200);
        for file in ["tables.sqlite", "tables.sqlite-wal"] {
            let bytes = std::fs::read(platform().dir.join(file)).unwrap_or_default();
            for tokens in [&first, &second] {
                let token = text(tokens, "refresh_token");
                let secret = token.rsplit_once('.').expect("a secret").1.as_bytes();
                assert!(
                    !bytes.windows(secret.len()).any(|w| w == secret),
                    "a token stands in {file}"
                );
            }
        }
    });
}
