//! What is changed about webhooks and deliveries: retries, rotated secrets, other events.

use crate::{
    cases::text,
    support::{
        Tenant, platform,
        receiver::{Received, Receiver},
        run,
        time::{pause, until},
    },
    webhooks::{WEBHOOKS, deliveries, subscribe},
};
use futures::future::join_all;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::collections::BTreeSet;

const DELIVERIES: &str = "/notifications/v1/deliveries";

/// A receiver that answers the first so many with this status, and 200 from then on.
async fn receiver(first: usize, status: &'static str) -> Receiver {
    let script = move |n: usize| {
        if n < first {
            status.to_owned()
        } else {
            "200 OK".into()
        }
    };
    Receiver::start(platform(), script).await
}

async fn seen(receiver: &Receiver, count: usize) -> Vec<Received> {
    until(&format!("{count} requests"), 40, async || {
        (receiver.seen().len() >= count).then(|| receiver.seen())
    })
    .await
}

/// The only delivery of a webhook, once it stands like this after so many attempts.
async fn delivery(tenant: &Tenant, webhook: &Value, status: &str, attempts: usize) -> Value {
    until(&format!("{attempts} attempts, {status}"), 40, async || {
        let found = deliveries(&tenant.all, webhook).await.into_iter().next()?;
        let tries = found["attempts"].as_array().map_or(0, Vec::len);
        (found["status"] == status && tries == attempts).then_some(found)
    })
    .await
}

fn of(webhook: &Value) -> String {
    format!("{WEBHOOKS}/{}", text(webhook, "id"))
}

async fn change(tenant: &Tenant, webhook: &Value, body: &Value) -> Value {
    tenant
        .all
        .request("PATCH", &of(webhook))
        .await
        .json(body)
        .send()
        .await
        .is(200)
}

fn signatures(event: &Received) -> usize {
    let header = event.headers["webhook-signature"].to_str().expect("a text");
    header
        .split(' ')
        .filter(|signature| signature.starts_with("v1,"))
        .count()
}

fn verified(event: &Received, secret: &str) -> bool {
    let verifier = Webhook::new(secret).expect("a secret in the form of Standard Webhooks");
    verifier.verify(&event.body, &event.headers).is_ok()
}

#[test]
fn fifty_who_ask_for_a_pending_delivery_get_one_attempt() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = receiver(2, "500 Internal Server Error").await;
        let webhook = subscribe(&tenant.all, &receiver, &["customer.created"]).await;
        tenant.customer().await;
        // After the second failure the next attempt is minutes away.
        let waiting = delivery(&tenant, &webhook, "pending", 2).await;
        let retry = format!("{DELIVERIES}/{}/retry", text(&waiting, "id"));
        let answers = join_all((0..50).map(async |_| tenant.all.post(&retry, &json!({})).await)).await;
        // Whoever is so late that it has been delivered gets it once more.
        let mut late = false;
        for answer in &answers {
            let told = answer.is(202);
            assert_eq!(told["id"], waiting["id"]);
            late |= told["attempts"]
                .as_array()
                .is_some_and(|attempts| attempts.len() > 2);
        }
        if !late {
            let done = delivery(&tenant, &webhook, "delivered", 3).await;
            assert!(done["next_attempt_at"].is_null(), "{done}");
            pause(3_000).await;
            assert_eq!(receiver.seen().len(), 3, "one attempt for all who asked");
        }
        let of_state = |state: &str| format!("{DELIVERIES}?webhook={}&status={state}", text(&webhook, "id"));
        assert_eq!(tenant.all.all(&of_state("delivered")).await.len(), 1);
        assert!(tenant.all.all(&of_state("failed")).await.is_empty());
        tenant
            .all
            .get(&of_state("lost"))
            .await
            .refused(422, "invalid_input");
        // A receiver that has lost what it took is sent it again, as the same event.
        let before = receiver.seen().len();
        tenant.all.post(&retry, &json!({})).await.is(202);
        let seen = seen(&receiver, before + 1).await;
        assert_eq!(seen[before].headers["webhook-id"], seen[0].headers["webhook-id"]);
        // A webhook that is made now is told of nothing that was before it.
        let after = subscribe(&tenant.all, &receiver, &["customer.created"]).await;
        tenant
            .all
            .post(
                &format!("{DELIVERIES}/del_01JD3X8M9V5T2Q4R6S8W0Y1Z2A/retry"),
                &json!({}),
            )
            .await
            .refused(404, "not_found");
        let other = Tenant::new().await;
        other.all.post(&retry, &json!({})).await.refused(404, "not_found");
        pause(2_000).await;
        let told = tenant
            .all
            .all(&format!("{DELIVERIES}?webhook={}", text(&after, "id")))
            .await;
        assert!(told.is_empty(), "{told:?}");
    });
}

#[test]
fn a_failed_delivery_is_attempted_again_once_its_webhook_is_enabled() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = receiver(1, "410 Gone").await;
        let webhook = subscribe(&tenant.all, &receiver, &["customer.created"]).await;
        tenant.customer().await;
        let failed = delivery(&tenant, &webhook, "failed", 1).await;
        let disabled = async || {
            let listed = tenant.all.all(WEBHOOKS).await;
            (listed[0]["status"] == "disabled").then(|| listed[0].clone())
        };
        assert_eq!(
            until("it is disabled", 20, disabled).await["disabled_reason"],
            "gone"
        );
        let retry = format!("{DELIVERIES}/{}/retry", text(&failed, "id"));
        tenant
            .all
            .post(&retry, &json!({}))
            .await
            .refused(409, "webhook_disabled");
        let enabled = change(&tenant, &webhook, &json!({"status": "enabled"})).await;
        assert!(
            enabled["status"] == "enabled" && enabled["disabled_reason"].is_null(),
            "{enabled}"
        );
        let asked = tenant.all.post(&retry, &json!({})).await.is(202);
        assert_eq!(asked["status"], "pending", "{asked}");
        delivery(&tenant, &webhook, "delivered", 2).await;
        let seen = receiver.seen();
        assert_eq!(seen[0].body, seen[1].body, "the same bytes");
        assert!(verified(&seen[1], &text(&webhook, "secret")));
    });
}

#[test]
fn both_secrets_sign_after_a_rotation_and_never_more_than_two() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = receiver(0, "").await;
        let webhook = subscribe(&tenant.all, &receiver, &["customer.created"]).await;
        let rotate = format!("{}/rotate", of(&webhook));
        let mut secrets = vec![text(&webhook, "secret")];
        for n in 1..=3 {
            let rotated = tenant.all.post(&rotate, &json!({})).await.is(200);
            assert_eq!(rotated["id"], webhook["id"]);
            assert!(text(&rotated, "previous_secret_until").ends_with('Z'));
            secrets.insert(0, text(&rotated, "secret"));
            tenant.customer().await;
            let event = seen(&receiver, n).await.remove(n - 1);
            let good: Vec<bool> = secrets.iter().map(|secret| verified(&event, secret)).collect();
            let expected: Vec<bool> = (0..secrets.len()).map(|age| age < 2).collect();
            assert_eq!((good, signatures(&event)), (expected, 2), "rotation {n}");
        }
        let key = crate::support::random(22);
        tenant.all.post_as(&rotate, &key, &json!({})).await.is(200);
        let again = tenant.all.post_as(&rotate, &key, &json!({})).await;
        assert!(
            again.status == 409 && !again.text.contains("whsec_"),
            "{}",
            again.told()
        );
        let listed = tenant.all.get(WEBHOOKS).await;
        assert!(
            !listed.text.contains("whsec_") && !listed.text.contains("secret"),
            "{}",
            listed.text
        );
        let entries = tenant.all.get("/audit/v1/entries?limit=20").await;
        assert!(!entries.text.contains("whsec_"));
    });
}

#[test]
fn fifty_rotations_leave_the_two_newest() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = receiver(0, "").await;
        let webhook = subscribe(&tenant.all, &receiver, &["customer.created"]).await;
        let rotate = format!("{}/rotate", of(&webhook));
        let answers = join_all((0..50).map(async |_| tenant.all.post(&rotate, &json!({})).await)).await;
        let secrets: BTreeSet<String> = answers
            .iter()
            .map(|answer| text(&answer.is(200), "secret"))
            .collect();
        assert_eq!(secrets.len(), 50, "each answer has a secret of its own");
        tenant.customer().await;
        let event = seen(&receiver, 1).await.remove(0);
        let good = secrets.iter().filter(|secret| verified(&event, secret)).count();
        assert_eq!((good, signatures(&event)), (2, 2));
        assert!(
            !verified(&event, &text(&webhook, "secret")),
            "the first one is long gone"
        );
    });
}

#[test]
fn a_webhook_changes_and_goes() {
    run(async {
        let tenant = Tenant::new().await;
        let (old, new) = (receiver(0, "").await, receiver(0, "").await);
        let webhook = subscribe(&tenant.all, &old, &["refund.failed"]).await;
        let changed = change(
            &tenant,
            &webhook,
            &json!({"url": new.url(), "event_types": ["customer.created"], "description": "New"}),
        )
        .await;
        assert_eq!(
            (&changed["url"], &changed["description"]),
            (&json!(new.url()), &json!("New"))
        );
        tenant.customer().await;
        assert!(
            verified(&seen(&new, 1).await[0], &text(&webhook, "secret")),
            "the secret stays"
        );
        for (body, pointer) in [
            (json!({}), ""),
            (json!({"url": "https://10.0.0.1/"}), "/url"),
            (json!({"url": "http://example.com/"}), "/url"),
            (json!({"event_types": []}), "/event_types"),
            (json!({"event_types": ["payment.sneezed"]}), "/event_types"),
            (json!({"status": "gone"}), "/status"),
            (json!({"secret": "whsec_x"}), "/secret"),
        ] {
            let answer = tenant
                .all
                .request("PATCH", &of(&webhook))
                .await
                .json(&body)
                .send()
                .await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), [pointer], "{}", answer.told());
        }
        change(&tenant, &webhook, &json!({"status": "disabled"})).await;
        tenant.customer().await;
        pause(2_000).await;
        assert_eq!(
            (old.seen().len(), new.seen().len()),
            (0, 1),
            "nothing is sent while it is disabled"
        );
        let answers = join_all((0..50).map(async |_| tenant.all.delete(&of(&webhook)).await)).await;
        let gone = answers.iter().filter(|answer| answer.status == 204).count();
        assert_eq!(gone, 1, "removed once");
        for answer in answers.iter().filter(|answer| answer.status != 204) {
            answer.refused(404, "not_found");
        }
        assert!(tenant.all.all(WEBHOOKS).await.is_empty());
        tenant
            .all
            .request("PATCH", &of(&webhook))
            .await
            .json(&json!({"description": "x"}))
            .send()
            .await
            .refused(404, "not_found");
        tenant
            .all
            .post(&format!("{}/rotate", of(&webhook)), &json!({}))
            .await
            .refused(404, "not_found");
        // Its place is free again, and only once.
        let body = json!({"url": new.url(), "event_types": ["refund.failed"]});
        let mut made = 0;
        for _ in 0..2 {
            let answers = join_all((0..50).map(|_| tenant.all.post(WEBHOOKS, &body))).await;
            made += answers.iter().filter(|answer| answer.is_success()).count();
        }
        assert_eq!(made, 50);
    });
}

#[test]
fn what_is_on_its_way_to_a_removed_webhook_fails() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = receiver(9, "503 Service Unavailable").await;
        let webhook = subscribe(&tenant.all, &receiver, &["customer.created"]).await;
        tenant.customer().await;
        let waiting = delivery(&tenant, &webhook, "pending", 1).await;
        tenant.all.delete(&of(&webhook)).await.is(204);
        let retry = format!("{DELIVERIES}/{}/retry", text(&waiting, "id"));
        tenant
            .all
            .post(&retry, &json!({}))
            .await
            .refused(409, "webhook_disabled");
        let failed = delivery(&tenant, &webhook, "failed", 2).await;
        assert_eq!(failed["attempts"][1]["error"], "webhook_disabled", "{failed}");
        assert_eq!(receiver.seen().len(), 1);
    });
}
