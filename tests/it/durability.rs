//! Durability: a platform that is killed in the middle of everything, and started again on what it left behind.

use crate::{
    cases::text,
    support::{
        Platform, Tenant, cards,
        platform::{root, scratch},
        random, run,
        time::{block, until},
        world,
    },
};
use futures::future::join_all;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

const PAYMENTS: &str = "/payments/v1/payments";

/// A payment that a client asked for, and what it heard.
struct Asked {
    key: String,
    body: Value,
    heard: Option<Value>,
}

#[test]
fn no_answer_is_forgotten_and_nothing_is_charged_twice_when_the_platform_is_killed() {
    let (dir, clients) = (scratch("killed"), 8);
    let mut platform = Platform::start(&dir, &root());
    let (tenant, buyers) = run(async {
        let tenant = Tenant::on(&platform).await;
        let buyers = join_all((0..clients).map(|_| tenant.buyer())).await;
        (tenant, buyers)
    });
    let mut asked: Vec<Asked> = Vec::new();
    // Each round kills at another moment.
    for round in 0..3usize {
        let (answers, stop, caller) = (
            AtomicUsize::new(0),
            AtomicBool::new(false),
            tenant.all.at(&platform.http),
        );
        let all: Mutex<Vec<Asked>> = Mutex::default();
        std::thread::scope(|scope| {
            let killer = scope.spawn(|| {
                while answers.load(Ordering::Relaxed) < 12 + 7 * round {
                    assert!(!stop.load(Ordering::Relaxed), "the clients ended before the kill");
                    block(1);
                }
                platform.kill();
            });
            run(join_all(buyers.iter().map(|buyer| {
                let (caller, answers, all) = (&caller, &answers, &all);
                async move {
                    for number in 0..9 {
                        let (key, body) = (random(20), buyer.pays(100 + number, number % 3 != 0));
                        let answer = caller.post_as(PAYMENTS, &key, &body).await;
                        let heard = (answer.status == 201).then(|| answer.json());
                        let went_on = heard.is_some();
                        all.lock().expect("asked").push(Asked { key, body, heard });
                        answers.fetch_add(1, Ordering::Relaxed);
                        if !went_on {
                            return;
                        }
                    }
                }
            })));
            stop.store(true, Ordering::Relaxed);
            killer.join().expect("the kill");
        });
        asked.extend(all.into_inner().expect("asked"));
        drop(platform);
        platform = Platform::start(&dir, &root());
    }
    let unheard = asked.iter().filter(|asked| asked.heard.is_none()).count();
    assert!(
        unheard > 0 && unheard < asked.len(),
        "{unheard} of {} calls were cut off",
        asked.len()
    );
    run(settle(&tenant, &platform, &asked));
}

/// Repeats every call under its key, and compares what is there with what was heard.
async fn settle(tenant: &Tenant, platform: &Platform, asked: &[Asked]) {
    let caller = tenant.all.at(&platform.http);
    let repeat = |asked: &'static str, key: String, body: Value| {
        let caller = caller.clone();
        async move {
            until(asked, 150, async || {
                let answer = caller.post_as(PAYMENTS, &key, &body).await;
                // A call that was cut off between its two transactions is finished by the sweeper.
                let open = ["idempotency_key_in_flight", "outcome_pending"].contains(&answer.code().as_str());
                if open { None } else { Some(answer.is(201)) }
            })
            .await
        }
    };
    let repeated = join_all(
        asked
            .iter()
            .map(|a| repeat("a call is finished", a.key.clone(), a.body.clone())),
    )
    .await;
    let mut ids = BTreeSet::new();
    for (asked, now) in asked.iter().zip(&repeated) {
        if let Some(heard) = &asked.heard {
            assert_eq!(heard, now, "another answer than before under one key");
        }
        assert!(ids.insert(text(now, "id")), "two keys, one payment: {now}");
    }
    let there: BTreeMap<String, Value> = caller
        .all(PAYMENTS)
        .await
        .into_iter()
        .map(|p| (text(&p, "id"), p))
        .collect();
    let unasked: Vec<&String> = there.keys().filter(|id| !ids.contains(*id)).collect();
    assert!(
        unasked.is_empty() && there.len() == ids.len(),
        "payments that no key stands for: {unasked:?}"
    );
    let sum = |payments: &mut dyn Iterator<Item = &Value>, name: &str| {
        payments.filter_map(|p| p[name].as_i64()).sum::<i64>()
    };
    assert_eq!(
        sum(&mut there.values(), "amount"),
        sum(&mut asked.iter().map(|a| &a.body), "amount")
    );
    // A call that was cut off before it reached the provider is closed there, never tried again.
    let arrived = |now: &Value| now["decline_code"] != "never_received";
    let expected: i64 = asked
        .iter()
        .zip(&repeated)
        .filter(|(a, now)| a.body["capture"] == true && arrived(now))
        .filter_map(|(a, _)| a.body["amount"].as_i64())
        .sum();
    assert_eq!(
        sum(&mut there.values(), "captured"),
        expected,
        "what was to be captured is captured, once"
    );
    for (asked, now) in asked.iter().zip(&repeated) {
        let expected = if asked.body["capture"] == true {
            "captured"
        } else {
            "authorized"
        };
        let closed = asked.heard.is_none() && !arrived(now) && now["status"] == "declined";
        assert!(closed || now["status"] == expected, "{now}");
        assert_eq!(now["status"], there[&text(now, "id")]["status"], "{now}");
    }
    // What else was stored before the kills still opens, and the log goes on without a gap.
    let customers = caller.all("/billing/v1/customers").await;
    assert_eq!(customers.len(), 8);
    let (key, card) = (
        random(20),
        world::card_body(&text(&customers[0], "id"), &cards::good()),
    );
    world::id(&caller.post_as("/vault/v1/payment-methods", &key, &card).await);
}
