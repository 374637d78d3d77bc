//! API clients: listed without secrets, rotated with an overlap, revoked at once.

use crate::{
    cases::text,
    support::{
        Answer, Caller, Login, Tenant, random, run,
        time::{pause, until},
        world,
    },
};
use futures::future::join_all;
use serde_json::{Value, json};

const CLIENTS: &str = "/tenancy/v1/api-clients";

async fn made(tenant: &Tenant, roles: &[&str]) -> Value {
    let body = json!({"name": format!("Client {}", random(6)), "roles": roles});
    tenant.issued(&body).await.is(201)
}

fn caller(tenant: &Tenant, credentials: &Value) -> Caller {
    let login = Login::Client {
        id: text(credentials, "client_id"),
        secret: text(credentials, "client_secret"),
    };
    Caller::new(&tenant.admin.http, login)
}

fn path(client: &Value) -> String {
    format!("{CLIENTS}/{}", text(client, "id"))
}

async fn rotate(by: &Caller, client: &Value, body: &Value) -> Answer {
    by.post(&format!("{}/rotate", path(client)), body).await
}

#[test]
fn a_list_shows_every_client_and_no_secret() {
    run(async {
        let tenant = Tenant::new().await;
        let client = made(&tenant, &["support"]).await;
        let page = tenant.admin.get(&format!("{CLIENTS}?limit=1")).await;
        assert!(
            !page.text.contains("secret") && !page.text.contains("digest"),
            "{}",
            page.text
        );
        let listed = tenant.admin.all(CLIENTS).await;
        let found = listed
            .iter()
            .find(|c| c["id"] == client["id"])
            .expect("it is listed");
        assert_eq!(
            (&found["status"], &found["roles"], &found["name"]),
            (&json!("active"), &json!(["support"]), &client["name"])
        );
        let weak = tenant.client(&["support"]).await;
        weak.get(CLIENTS).await.refused(403, "forbidden");
    });
}

#[test]
fn the_secret_before_the_new_one_overlaps_for_as_long_as_the_call_says() {
    run(async {
        let tenant = Tenant::new().await;
        let first = made(&tenant, &["support"]).await;
        for (body, pointer) in [
            (json!({"overlap_seconds": 604_801}), "/overlap_seconds"),
            (json!({"overlap_seconds": -1}), "/overlap_seconds"),
            (json!({"overlap": 1}), "/overlap"),
        ] {
            let answer = rotate(&tenant.admin, &first, &body).await;
            assert_eq!(
                answer.refused(422, "invalid_input")["errors"][0]["pointer"],
                pointer
            );
        }
        let second = rotate(&tenant.admin, &first, &json!({"overlap_seconds": 4}))
            .await
            .is(200);
        assert_ne!(first["client_secret"], second["client_secret"]);
        assert_eq!(first["client_id"], second["client_id"]);
        caller(&tenant, &second).sign_in().await.ok();
        caller(&tenant, &first).sign_in().await.ok();
        let over = async || {
            let answer = caller(&tenant, &first).sign_in().await;
            (answer.status == 401).then_some(())
        };
        until("the overlap ends", 30, over).await;
        caller(&tenant, &second).sign_in().await.ok();

        // A third secret ends what is left of the first ones: two at most.
        let third = rotate(&tenant.admin, &first, &json!({})).await.is(200);
        assert!(text(&third, "previous_secret_until") > text(&first, "created_at"));
        let fourth = rotate(&tenant.admin, &first, &json!({})).await.is(200);
        assert_eq!(caller(&tenant, &second).sign_in().await.status, 401);
        caller(&tenant, &third).sign_in().await.ok();
        caller(&tenant, &fourth).sign_in().await.ok();

        // Without an overlap the new one stands alone.
        let alone = rotate(&tenant.admin, &first, &json!({"overlap_seconds": 0}))
            .await
            .is(200);
        assert!(alone["previous_secret_until"].is_null());
        for old in [&third, &fourth] {
            assert_eq!(caller(&tenant, old).sign_in().await.status, 401);
        }
        caller(&tenant, &alone).sign_in().await.ok();
    });
}

#[test]
fn whoever_rotates_somebody_elses_client_ends_their_secret_and_their_tokens() {
    run(async {
        let tenant = Tenant::new().await;
        let client = made(&tenant, &["support"]).await;
        let theirs = caller(&tenant, &client);
        theirs.get("/billing/v1/customers").await.ok();
        let answer = rotate(&tenant.second, &client, &json!({"overlap_seconds": 60})).await;
        answer.refused(422, "invalid_input");
        theirs.get("/billing/v1/customers").await.ok();
        // Whoever takes it over needs a second person.
        let request = tenant
            .second
            .request("POST", &format!("{}/rotate", path(&client)))
            .await;
        let request = request.key(&random(22)).json(&json!({}));
        let taken = world::approved(&tenant.admin, request).await.is(200);
        assert!(taken["previous_secret_until"].is_null());
        theirs
            .get("/billing/v1/customers")
            .await
            .refused(401, "unauthenticated");
        assert_eq!(theirs.sign_in().await.status, 401);
        // Tokens of that very second have ended, too.
        pause(1_100).await;
        caller(&tenant, &taken).get("/billing/v1/customers").await.ok();
        let listed = tenant.admin.all(CLIENTS).await;
        let found = listed
            .iter()
            .find(|c| c["id"] == client["id"])
            .expect("it is listed");
        let second = tenant.second.get("/identity/v1/me").await.ok();
        assert_eq!(found["issued_by"], second["id"], "{found} {second}");
    });
}

#[test]
fn fifty_rotations_leave_two_secrets() {
    run(async {
        let tenant = Tenant::new().await;
        let client = made(&tenant, &["support"]).await;
        let body = json!({});
        let answers = join_all((0..50).map(|_| rotate(&tenant.admin, &client, &body))).await;
        let fresh: Vec<Value> = answers
            .iter()
            .filter(|a| a.is_success())
            .map(Answer::json)
            .collect();
        for answer in answers.iter().filter(|a| !a.is_success()) {
            assert_eq!(answer.status, 503, "{}", answer.told());
        }
        assert!(fresh.len() >= 2, "somebody gets through");
        let mut good = 0;
        for credentials in fresh.iter().chain([&client]) {
            good += usize::from(caller(&tenant, credentials).sign_in().await.is_success());
        }
        assert_eq!(good, 2, "of {} secrets", fresh.len() + 1);
    });
}

#[test]
fn a_revoked_client_is_refused_at_its_next_call_and_for_good() {
    run(async {
        let tenant = Tenant::new().await;
        let client = made(&tenant, &["support"]).await;
        let caller = caller(&tenant, &client);
        caller.get("/billing/v1/customers").await.ok();
        let weak = tenant.client(&["support"]).await;
        weak.delete(&path(&client)).await.refused(403, "forbidden");
        let other = world::neighbour().await;
        other.admin.delete(&path(&client)).await.refused(404, "not_found");
        rotate(&other.admin, &client, &json!({}))
            .await
            .refused(404, "not_found");
        caller.get("/billing/v1/customers").await.ok();

        assert_eq!(tenant.admin.delete(&path(&client)).await.status, 204);
        caller
            .get("/billing/v1/customers")
            .await
            .refused(401, "unauthenticated");
        assert_eq!(caller.sign_in().await.status, 401);
        let gone = tenant
            .admin
            .delete(&path(&client))
            .await
            .refused(409, "wrong_state");
        assert_eq!(gone["state"], "revoked");
        rotate(&tenant.admin, &client, &json!({}))
            .await
            .refused(409, "wrong_state");
        let listed = tenant.admin.all(CLIENTS).await;
        assert!(
            listed
                .iter()
                .any(|c| c["id"] == client["id"] && c["status"] == "revoked")
        );
    });
}

#[test]
fn nobody_gets_the_secret_of_a_client_that_may_more_than_they_could_give() {
    run(async {
        let tenant = Tenant::new().await;
        let strong = made(&tenant, &["integration"]).await;
        // Somebody who makes clients, and holds nothing else.
        let id = format!("clerk_{}", random(8).to_lowercase());
        let grants = ["apiclient.write", "apiclient.read"].map(|r| json!({"right": r, "effect": "allow"}));
        let role = json!({"name": "Clerk", "replaces": 0, "grants": grants});
        let request = tenant
            .admin
            .request("PUT", &format!("/identity/v1/roles/{id}"))
            .await;
        tenant.with_approval(request.json(&role)).await.is(200);
        let (clerk, _) = crate::invitations::joined(&tenant, &[&id]).await;
        clerk.get(CLIENTS).await.ok();
        rotate(&clerk, &strong, &json!({"overlap_seconds": 0}))
            .await
            .refused(403, "role_exceeds_yours");
        caller(&tenant, &strong).sign_in().await.ok();
    });
}

#[test]
fn beyond_ones_own_rights_a_client_takes_a_second_person() {
    run(async {
        let tenant = Tenant::new().await;
        let before = tenant.admin.all(CLIENTS).await.len();
        for role in ["finance", "privacy_officer", "card_custodian", "support"] {
            let body = json!({"name": "Mine", "roles": ["auditor", role]});
            let alone = tenant.admin.post(CLIENTS, &body).await;
            assert!(alone.is(202)["approval"].is_string(), "{role}: {}", alone.told());
        }
        assert_eq!(
            tenant.admin.all(CLIENTS).await.len(),
            before,
            "nothing was issued"
        );
        // What one holds oneself one gives alone.
        let body = json!({"name": "Reader", "roles": ["auditor"]});
        tenant.admin.post(CLIENTS, &body).await.is(201);
    });
}

#[test]
fn what_somebody_held_ends_with_them_and_is_handed_over_by_two() {
    run(async {
        let tenant = Tenant::new().await;
        let joined = tenant.person(&["administrator", "auditor"]).await;
        let body = json!({"name": "Theirs", "roles": ["auditor"]});
        let made = joined.caller.post(CLIENTS, &body).await.is(201);
        let client = caller(&tenant, &made);
        client.get("/identity/v1/me").await.ok();
        let user = format!("/identity/v1/users/{}", joined.id);
        let set = async |status: &str| {
            tenant
                .both("PATCH", &user, &json!({"status": status}))
                .await
                .is(200)
        };
        set("disabled").await;
        client
            .get("/identity/v1/me")
            .await
            .refused(401, "unauthenticated");
        assert_eq!(caller(&tenant, &made).sign_in().await.status, 401);
        let shown = async || {
            let listed = tenant.admin.all(CLIENTS).await;
            listed
                .into_iter()
                .find(|c| c["id"] == made["id"])
                .expect("it is listed")
        };
        assert_eq!(shown().await["status"], "revoked");
        // It does not come back with them.
        set("active").await;
        client
            .get("/identity/v1/me")
            .await
            .refused(401, "unauthenticated");
        assert_eq!(caller(&tenant, &made).sign_in().await.status, 401);
        assert_eq!(shown().await["status"], "revoked");

        let rotate = format!("{}/rotate", path(&made));
        let alone = tenant.admin.post(&rotate, &json!({})).await;
        assert!(alone.is(202)["approval"].is_string(), "{}", alone.told());
        let taken = tenant.both("POST", &rotate, &json!({})).await.is(200);
        pause(1_100).await;
        caller(&tenant, &taken).get("/identity/v1/me").await.ok();
        assert_eq!(shown().await["status"], "active");
    });
}
