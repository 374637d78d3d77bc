//! How fast a rotation goes: no faster than its rate, slower where DynamoDB throttles, and handed over in time.

use super::*;
use crate::faults::Rule;
use serde_json::json;
use shared::time::Clock;
use std::{sync::atomic::Ordering, time::Duration};

impl Stage0 {
    async fn customers(&self, count: usize) -> Vec<CustomerId> {
        let mut ids = Vec::new();
        for n in 0..count {
            ids.push(self.customer(&format!("Customer {n}")).await);
        }
        ids
    }

    /// Gives a job another rate.
    async fn slow_down(&self, job: &RotationItem, rate: u32) {
        let cx = self.cx();
        let old = cx.get::<RotationItem>(job.id.as_str()).await.unwrap();
        let mut new = old.item.clone();
        new.rate = rate;
        let changes = Changes::new().write(cx.replace(&old, &new).unwrap());
        cx.apply(changes).await.unwrap();
    }

    fn waited(&self) -> Duration {
        Duration::from_millis(self.clock.waited.load(Ordering::SeqCst))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_takes_no_more_capacity_than_its_rate() {
    let it = Stage0::set("rotation-pace").await;
    it.customers(50).await;
    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    it.slow_down(&job, 10).await;
    let (before, began) = (it.stand_ins.app.meter.unit_tenths(), it.clock.real.monotonic());
    it.run("rotate_keys").await.unwrap();
    let (after, took) = (
        it.stand_ins.app.meter.unit_tenths(),
        it.clock.real.monotonic() - began,
    );
    let units: u64 = after.iter().sum::<u64>() - before.iter().sum::<u64>();
    // Fifty keys are written before the rate has risen by a third, at a unit or more each.
    assert!(units > 500, "{units} tenths");
    let waited = it.waited();
    assert!(
        waited + took >= Duration::from_secs(3),
        "{waited:?} after {units} tenths in {took:?}"
    );
    let job = it.job(&job).await;
    assert!(
        (11..=400).contains(&job.rate),
        "it goes faster again: {}",
        job.rate
    );
    assert!(job.changed >= 50, "{job:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_it_backs_off_and_ends_all_the_same() {
    let (it, faults) = Stage0::faulty("rotation-throttled").await;
    let ids = it.customers(8).await;
    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    let throttled = json!([{"service": "dynamodb", "operation": "PutItem", "contains": ["ledgerkeep-local-keys"],
        "fault": {"error": {"code": "ProvisionedThroughputExceededException"}}}]);
    faults.set(serde_json::from_value::<Vec<Rule>>(throttled).unwrap());
    it.clock.jump.store(40, Ordering::SeqCst);
    it.run("rotate_keys").await.unwrap();
    let stuck = it.job(&job).await;
    assert!(
        stuck.rate <= 50,
        "half as fast after each refusal: {}",
        stuck.rate
    );
    assert_eq!((stuck.stage, &stuck.lease), (Stage::NewKeys, &None));
    faults.set(Vec::new());
    it.clock.jump.store(0, Ordering::SeqCst);
    it.until(&job, Stage::Kept).await;
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(it.name(id).await.unwrap(), (format!("Customer {n}"), 2));
    }
    assert!(it.job(&job).await.rate > stuck.rate, "it has recovered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_hands_over_before_its_invocation_ends_and_the_next_goes_on_there() {
    let it = Stage0::set("rotation-hand-over").await;
    let ids = it.customers(120).await;
    let job = it.begin(Scope::Subjects, Purpose::Pii).await;
    it.slow_down(&job, 1).await;
    // Each wait takes a twentieth of an invocation.
    it.clock.jump.store(15, Ordering::SeqCst);
    let (mut runs, mut seen, mut stages) = (0, 0, 0);
    loop {
        let began = it.clock.monotonic();
        let before = it.job(&job).await;
        let did = it.run("rotate_keys").await.unwrap();
        let took = it.clock.monotonic() - began;
        assert!(took < Duration::from_secs(300), "cut short after {took:?}");
        let now = it.job(&job).await;
        assert_eq!(now.lease, None, "the next needs not wait for the lease");
        assert!(now.seen >= seen, "it has begun anew");
        (seen, runs) = (now.seen, runs + 1);
        assert!(did["steps"].as_u64() > Some(0) || now.not_before > it.cx().now().as_second());
        if now.stage == before.stage && now.cursors.len() < before.cursors.len() {
            stages += 1;
        }
        if now.stage == Stage::Kept {
            break;
        }
        if now.not_before > it.cx().now().as_second() {
            it.clock.by(400);
        }
        assert!(runs < 60, "{now:?}");
    }
    assert!(runs > 3 && stages > 0, "{runs} runs, {stages} within a stage");
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(it.name(id).await.unwrap(), (format!("Customer {n}"), 2));
    }
}
