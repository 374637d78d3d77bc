//! Idempotency: a key and a body have one outcome, whoever else uses the same key for something else.

use crate::{
    cases::{case, text},
    contracts::operations,
    support::{Findings, Tenant, platform, random, run, world},
};
use serde_json::{Value, json};

#[test]
fn every_operation_that_takes_a_key_repeats_its_answer_and_nothing_else() {
    run(async {
        let (a, b, operator) = (
            Tenant::new().await,
            Tenant::new().await,
            world::operator(platform()),
        );
        let mut findings = Findings::default();
        for operation in operations(&platform().http)
            .await
            .into_iter()
            .filter(|o| o.takes_key())
        {
            let Some(case) = case(&operation.id, &a, &b).await else {
                continue;
            };
            let caller = case.caller(&a, &operator).expect("a caller");
            let (key, body) = (random(40), case.body.clone().unwrap_or_default());
            // Where two people are needed, the key stays free until the second one has approved.
            let asked = caller.post_as(&case.path, &key, &body).await;
            let approval = if asked.status == 202 && asked.json()["approval"].is_string() {
                Some(a.decides(&asked, "approve").await)
            } else {
                None
            };
            let call = async |body: &Value| {
                let mut request = caller.request("POST", &case.path).await.json(body).key(&key);
                if let Some(approval) = &approval {
                    request = request.header("approval-id", approval);
                }
                request.send().await
            };
            let first = match approval {
                None => asked,
                Some(_) => call(&body).await,
            };
            findings.check(first.is_success(), || format!("the first call: {}", first.told()));
            let replayed = first.header("idempotent-replayed").is_empty();
            findings.check(replayed, || {
                format!("{}: the first call is a replay", operation.id)
            });
            let before = a.snapshot(&case.watch).await;
            let second = call(&body).await;
            let secret = ["secret", "archive_key", "recovery_codes", "challenge"]
                .iter()
                .any(|s| first.text.contains(s))
                || operation.id == "reveal_payment_method";
            if secret {
                let object = second.json()["object"].clone();
                let refused = second.status == 409
                    && second.code() == "secret_not_repeated"
                    && (object == first.json()["id"] || first.json()["id"].is_null());
                findings.check(refused, || format!("a secret is told twice: {}", second.told()));
            } else {
                let same = second.status == first.status && second.json() == first.json();
                let said = second.header("idempotent-replayed") == "true";
                findings.check(same && said, || {
                    format!("no replay: {} after {}", second.told(), first.told())
                });
            }
            // The same input in another order of names, and with other spaces, is the same call.
            if let Some(names) = body.as_object().filter(|names| names.len() > 1) {
                let pairs: Vec<String> = names
                    .iter()
                    .rev()
                    .map(|(n, v)| format!("{}: {v}", json!(n)))
                    .collect();
                let text = format!("{{\n {} }}", pairs.join(" ,"));
                let mut request = caller.request("POST", &case.path).await;
                request = request.body("application/json", text.as_str()).key(&key);
                if let Some(approval) = &approval {
                    request = request.header("approval-id", approval);
                }
                let again = request.send().await;
                findings.check(again.status == second.status, || {
                    format!("another order of names is another call: {}", again.told())
                });
            }
            let mut other = body.clone();
            other["surprise"] = json!(1);
            let third = call(&other).await;
            let reused = third.status == 422 && third.code() == "idempotency_key_reused";
            findings.check(reused, || format!("another body under the key: {}", third.told()));
            let after = a.snapshot(&case.watch).await;
            findings.check(before == after, || format!("{} took effect again", operation.id));
        }
        findings.none();
    });
}

#[test]
fn keys_of_other_callers_other_tenants_and_other_paths_are_other_keys() {
    run(async {
        let (shop, neighbour) = (Tenant::new().await, world::neighbour().await);
        let (key, body) = (random(255), world::customer_body());
        let colleague = shop.client(&["integration"]).await;
        let mut made = Vec::new();
        for caller in [&shop.all, &colleague, &neighbour.all] {
            made.push(world::id(
                &caller.post_as("/billing/v1/customers", &key, &body).await,
            ));
        }
        made.sort();
        made.dedup();
        assert_eq!(made.len(), 3, "three callers, three customers");
        // The same key on two payments, and for capture and refund of one.
        let [one, two] = [shop.payment(100, false).await, shop.payment(100, false).await];
        for payment in [&one, &two] {
            let path = format!("/payments/v1/payments/{}", text(payment, "id"));
            let captured = shop
                .all
                .post_as(&format!("{path}/capture"), &key, &json!({}))
                .await
                .is(200);
            assert_eq!(
                (&captured["id"], &captured["captured"]),
                (&payment["id"], &json!(100))
            );
            let refund = shop
                .all
                .post_as(&format!("{path}/refunds"), &key, &json!({}))
                .await
                .is(201);
            assert_eq!(refund["payment"], payment["id"]);
        }
    });
}

#[test]
fn a_refused_call_does_not_use_its_key_up() {
    run(async {
        let shop = Tenant::new().await;
        let (key, buyer) = (random(20), shop.buyer().await);
        let mut wrong = buyer.pays(100, true);
        wrong["currency"] = json!("XXX");
        for _ in 0..2 {
            shop.all
                .post_as("/payments/v1/payments", &key, &wrong)
                .await
                .refused(422, "invalid_input");
        }
        let paid = shop
            .all
            .post_as("/payments/v1/payments", &key, &buyer.pays(100, true))
            .await
            .is(201);
        let again = shop
            .all
            .post_as("/payments/v1/payments", &key, &buyer.pays(100, true))
            .await
            .is(201);
        assert_eq!(paid["id"], again["id"]);
        shop.all
            .post_as("/payments/v1/payments", &key, &buyer.pays(101, true))
            .await
            .refused(422, "idempotency_key_reused");
        shop.all
            .post_as("/payments/v1/payments", &key, &buyer.pays(100, false))
            .await
            .refused(422, "idempotency_key_reused");
    });
}

#[test]
fn what_moves_money_needs_a_key() {
    run(async {
        let shop = Tenant::new().await;
        let (buyer, authorized, captured) = (
            shop.buyer().await,
            shop.payment(100, false).await,
            shop.payment(100, true).await,
        );
        let invoice = shop.open_invoice(&buyer.customer, &["100"]).await;
        let before = shop.snapshot(&[]).await;
        let of =
            |payment: &Value, verb: &str| format!("/payments/v1/payments/{}/{verb}", text(payment, "id"));
        for (path, body) in [
            ("/payments/v1/payments".to_owned(), buyer.pays(100, true)),
            (of(&authorized, "capture"), json!({})),
            (of(&authorized, "cancel"), json!({})),
            (of(&captured, "refunds"), json!({})),
            (format!("{invoice}/pay"), json!({})),
        ] {
            let answer = shop.all.request("POST", &path).await.json(&body).send().await;
            answer.refused(400, "idempotency_key_required");
        }
        assert_eq!(before, shop.snapshot(&[]).await);
        let declared = operations(&platform().http)
            .await
            .into_iter()
            .filter(|o| o.effect);
        let declared: Vec<String> = declared.map(|operation| operation.id).collect();
        assert_eq!(declared.len(), 5, "a new effect needs a line here: {declared:?}");
    });
}

#[test]
fn a_replay_is_only_for_who_may_still_call() {
    run(async {
        let shop = Tenant::new().await;
        let (key, body) = (random(20), world::customer_body());
        let made = shop
            .all
            .post_as("/billing/v1/customers", &key, &body)
            .await
            .is(201);
        // Neither nobody nor a caller without the right gets the stored answer, which holds personal data.
        let nobody = platform()
            .http
            .post("/billing/v1/customers", &body)
            .key(&key)
            .send()
            .await;
        nobody.refused(401, "unauthenticated");
        let weak = shop.client(&["auditor"]).await;
        weak.post_as("/billing/v1/customers", &key, &body)
            .await
            .refused(403, "forbidden");
        assert_eq!(
            shop.all
                .post_as("/billing/v1/customers", &key, &body)
                .await
                .is(201),
            made
        );
    });
}

#[test]
fn what_must_stand_once_and_stands_twice_is_refused_and_changes_nothing() {
    run(async {
        let shop = Tenant::new().await;
        let list = "/billing/v1/customers";
        let before = shop.all.get(list).await.ok();
        let token = shop.all.token().await;
        let post = || platform().http.post(list, &world::customer_body()).bearer(&token);
        // Whichever of the two the gateway, the function or a proxy before them would take: none is.
        let keys = post().key(&random(20)).also("idempotency-key", &random(20));
        keys.send().await.refused(400, "bad_idempotency_key");
        let tokens = post().also("authorization", "Bearer of-somebody-else");
        tokens.send().await.refused(401, "unauthenticated");
        let media = post().also("content-type", "text/plain");
        media.send().await.refused(415, "unsupported_media_type");
        assert_eq!(shop.all.get(list).await.ok(), before);
        post().key(&random(20)).send().await.is(201);
    });
}
