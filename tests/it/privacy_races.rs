//! Races around an erasure: many at once are one, and payments in flight end one way or the other.

use crate::{
    cases::text,
    privacy::{REQUESTS, ask, erase},
    support::{Tenant, random, run, time::until},
};
use futures::future::{join, join_all};
use serde_json::json;

const HANDS: usize = 50;

#[test]
fn fifty_racers_erase_once() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let body = json!({"customer": buyer.customer, "type": "erasure"});
        let waiting = ask(&tenant, &buyer.customer, "erasure").await;
        let approval = tenant.decides(&waiting, "approve").await;
        let racers = (0..HANDS).map(|_| async {
            let key = random(22);
            until("a racer is answered", 150, async || {
                let request = tenant.all.request("POST", REQUESTS).await.key(&key).json(&body);
                let answer = request.header("approval-id", &approval).send().await;
                let open = answer.status == 503 || answer.code() == "idempotency_key_in_flight";
                (!open).then_some(answer)
            })
            .await
        });
        let answers = join_all(racers).await;
        let done = answers.iter().filter(|a| a.status == 201).count();
        for answer in answers.iter().filter(|a| a.status != 201) {
            assert_eq!(answer.status, 409, "{}", answer.told());
        }
        assert_eq!(done, 1);
        let all = tenant.all.all(REQUESTS).await;
        let erasures = all.iter().filter(|r| r["type"] == "erasure").count();
        assert_eq!(erasures, 1, "{all:?}");
    });
}

#[test]
fn payments_in_flight_are_taken_whole_or_not_at_all() {
    run(async {
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let pays = join_all((0..12).map(|_| async {
            tenant
                .all
                .post("/payments/v1/payments", &buyer.pays(100, true))
                .await
        }));
        let (erased, paid) = join(erase(&tenant, &buyer.customer), pays).await;
        erased.is(201);
        let mut taken = Vec::new();
        for answer in paid {
            let sane = [201, 402, 409, 422, 400, 503].contains(&answer.status);
            assert!(sane, "{}", answer.told());
            if answer.status == 201 {
                taken.push(text(&answer.json(), "id"));
            }
        }
        // Whatever was answered is in the ledger, still, and can be given back.
        for id in taken {
            let path = format!("/payments/v1/payments/{id}");
            let payment = tenant.all.get(&path).await.ok();
            assert_eq!(payment["customer"], buyer.customer.as_str());
            if payment["status"] == "captured" {
                tenant
                    .all
                    .post(&format!("{path}/refunds"), &json!({}))
                    .await
                    .is(201);
            }
        }
        let again = tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(100, true))
            .await;
        again.refused(409, "customer_erased");
    });
}
