//! Forgotten passwords: nobody learns who has an account, and whoever reads the mail signs everybody else out.

use crate::{
    cases::text,
    support::{Answer, Tenant, mail, platform, run, time, world, world::password, world::user_body},
};
use futures::future::join_all;
use serde_json::{Value, json};

const RESETS: &str = "/identity/v1/password-resets";

async fn ask(tenant: &str, email: &str) -> Answer {
    let body = json!({"tenant": tenant, "email": email});
    platform().http.post(RESETS, &body).send().await
}

async fn confirm(code: &str, password: &str) -> Answer {
    let body = json!({"token": code, "password": password});
    let path = format!("{RESETS}/confirm");
    platform().http.post(&path, &body).send().await
}

async fn sign_in(tenant: &Tenant, email: &str, password: &str) -> Answer {
    let body = json!({"tenant": tenant.id, "email": email, "password": password});
    platform().http.post("/identity/v1/sessions", &body).send().await
}

async fn me(tokens: &Value) -> Answer {
    let token = text(tokens, "access_token");
    platform().http.get("/identity/v1/me").bearer(&token).send().await
}

#[test]
fn no_answer_tells_who_has_an_account() {
    run(async {
        let (tenant, other) = (Tenant::new().await, world::neighbour().await);
        let known = &tenant.people[1].email;
        let mut invited = user_body(&["auditor"]);
        invited["email"] = json!(format!("invited.{}", text(&invited, "email")));
        tenant.invite(&invited).await.is(201);
        // The first call of each warms what is cached.
        ask(&tenant.id, known).await.is(202);
        ask("ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", known).await.is(202);
        let answers = [
            ask(&tenant.id, known).await,
            ask(&tenant.id, &known.to_uppercase()).await,
            ask(&tenant.id, "nobody@people.example").await,
            ask(&tenant.id, &text(&invited, "email")).await,
            ask(&tenant.id, &other.people[1].email).await,
            ask("ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", known).await,
        ];
        for answer in &answers {
            answer.is(202);
            assert_eq!(answer.text, answers[0].text, "told apart");
            let (own, first) = (answer.calls(), answers[0].calls());
            assert_eq!(
                (own.dynamodb, own.kms),
                (first.dynamodb, first.kms),
                "told apart by what it costs"
            );
        }
        mail::nth_code(platform(), known, 3).await;
        // Only what is somebody's, and active, gets mail: three requests, three mails.
        time::pause(1_000).await;
        assert_eq!(mail::mailbox(platform(), known).len(), 3);
        assert!(mail::mailbox(platform(), "nobody@people.example").is_empty());
        assert!(mail::mailbox(platform(), &other.people[1].email).is_empty());
        let invitations = mail::mailbox(platform(), &text(&invited, "email"));
        assert_eq!(invitations.len(), 1, "an invited person gets the invitation only");
    });
}

#[test]
fn a_new_password_ends_every_session_and_every_other_code() {
    run(async {
        let tenant = Tenant::new().await;
        let person = &tenant.people[1];
        let before = sign_in(&tenant, &person.email, &person.password).await.is(201);
        for _ in 0..2 {
            ask(&tenant.id, &person.email).await.is(202);
        }
        let second = mail::nth_code(platform(), &person.email, 2).await;
        let first = mail::code(platform(), &person.email).await;
        assert_ne!(first, second);
        let foreign = first.replace(&tenant.id, &world::neighbour().await.id);
        confirm(&foreign, &password()).await.refused(400, "token_refused");
        me(&before).await.is(200);

        let new = password();
        confirm(&first, &new).await.is(204);
        me(&before).await.refused(401, "unauthenticated");
        let body = format!(
            "grant_type=refresh_token&refresh_token={}",
            text(&before, "refresh_token")
        );
        let refreshed = platform()
            .http
            .request("POST", "/identity/v1/oauth/token")
            .body("application/x-www-form-urlencoded", body);
        assert_eq!(refreshed.send().await.is(400)["error"], "invalid_grant");
        sign_in(&tenant, &person.email, &person.password)
            .await
            .refused(401, "sign_in_refused");
        let after = sign_in(&tenant, &person.email, &new).await.is(201);
        for code in [&first, &second] {
            confirm(code, &password()).await.refused(400, "token_refused");
        }
        me(&after).await.is(200);
        // A colleague is not signed out with them.
        tenant.admin.get("/identity/v1/me").await.is(200);
    });
}

#[test]
fn fifty_hands_with_two_codes_set_one_password() {
    run(async {
        let tenant = Tenant::new().await;
        let person = &tenant.people[1];
        for _ in 0..2 {
            ask(&tenant.id, &person.email).await.is(202);
        }
        let second = mail::nth_code(platform(), &person.email, 2).await;
        let codes = [mail::code(platform(), &person.email).await, second];
        let answers = join_all((0..50).map(|n| {
            let (code, password) = (&codes[n % 2], password());
            async move { (confirm(code, &password).await, password) }
        }))
        .await;
        let won: Vec<&String> = answers
            .iter()
            .filter(|(answer, _)| answer.status == 204)
            .map(|(_, password)| password)
            .collect();
        assert_eq!(won.len(), 1, "{} passwords were set", won.len());
        for (answer, _) in answers.iter().filter(|(answer, _)| answer.status != 204) {
            answer.refused(400, "token_refused");
        }
        sign_in(&tenant, &person.email, won[0]).await.is(201);
    });
}

#[test]
fn fifty_requests_at_once_make_five_mails() {
    run(async {
        let tenant = Tenant::new().await;
        let email = &tenant.people[1].email;
        for answer in join_all((0..50).map(|_| ask(&tenant.id, email))).await {
            answer.is(202);
        }
        mail::nth_code(platform(), email, 5).await;
        time::pause(1_000).await;
        assert_eq!(mail::mailbox(platform(), email).len(), 5);
    });
}
