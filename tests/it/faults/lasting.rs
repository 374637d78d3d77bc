//! Faults that last: the call fails closed, in time, and goes through once AWS is well again.

use super::{
    broken,
    jobs::{Job, Kind},
    once::rule,
};
use crate::support::{
    Platform, Tenant, cards,
    platform::scratch,
    run,
    time::{Since, until},
    world,
};
use futures::future::join_all;
use serde_json::{Value, json};

/// Each job with a fault that begins at one of its calls and does not end by itself.
fn bad_days() -> Vec<(Kind, Value)> {
    let writes = [
        Kind::Customer,
        Kind::Card,
        Kind::Payment,
        Kind::Capture,
        Kind::Refund,
        Kind::Webhook,
    ];
    let mut days = Vec::new();
    for kind in writes {
        let throttled = json!({"error": {"code": "ThrottlingException"}});
        days.push((kind, json!({"service": "dynamodb", "fault": throttled})));
        days.push((kind, json!({"from": 2, "fault": "drop_after"})));
        let failing = json!({"error": {"code": "InternalServerError"}});
        days.push((kind, json!({"from": 3, "fault": failing})));
    }
    for kind in [Kind::Payment, Kind::SignIn, Kind::Token, Kind::Read] {
        days.push((
            kind,
            json!({"service": "dynamodb", "fault": {"slow": {"millis": 60_000}}}),
        ));
    }
    days
}

#[test]
fn what_does_not_go_through_is_a_503_and_goes_through_later_once() {
    let (platform, _turn) = broken();
    run(async {
        let mut jobs = Vec::new();
        for few in bad_days().chunks(3) {
            let made = few
                .iter()
                .map(|(kind, day)| async move { (Job::new(platform, *kind).await, day.clone()) });
            jobs.extend(join_all(made).await);
        }
        let shots = join_all(jobs.iter().map(|(job, _)| job.shot())).await;
        let rules: Vec<Value> = jobs.iter().map(|(job, day)| rule(job, day)).collect();
        platform.faults().set(&rules).await;
        let answers = join_all(jobs.iter().zip(&shots).map(|((job, _), shot)| job.fire(shot))).await;
        platform.faults().clear().await;
        let failed = answers.iter().filter(|answer| answer.status == 503).count();
        assert!(failed >= jobs.len() / 2, "{failed} of {} failed", jobs.len());
        join_all(jobs.iter().zip(&shots).map(|((job, _), shot)| job.finish(shot))).await;
        for few in jobs.chunks(6) {
            join_all(few.iter().map(|(job, _)| job.settled(platform))).await;
        }
    });
}

#[test]
fn without_kms_a_cold_process_fails_closed_within_three_seconds_and_recovers_by_itself() {
    let dir = scratch("cold");
    let platform = Platform::faulty(&dir);
    let (tenant, customer) = run(async {
        let tenant = Tenant::on(&platform).await;
        let customer = tenant.customer().await;
        (tenant, customer)
    });
    let token = run(tenant.all.token());
    let mut platform = platform;
    for fault in [
        json!({"error": {"code": "ThrottlingException"}}),
        json!({"error": {"code": "KMSInternalException", "status": 500}}),
        json!({"error": {"code": "DisabledException"}}),
        json!({"slow": {"millis": 30_000}}),
        json!("drop_before"),
    ] {
        drop(platform);
        platform = Platform::faulty(&dir);
        run(async {
            let faults = platform.faults();
            faults.set(&[json!({"service": "kms", "fault": fault})]).await;
            let request = |card: &str| {
                let request = platform
                    .http
                    .post("/vault/v1/payment-methods", &world::card_body(&customer, card));
                request.bearer(&token).key(card)
            };
            let card = cards::good();
            let began = Since::now();
            let answer = request(&card).send().await;
            let took = began.elapsed();
            answer.refused(503, "unavailable");
            assert!(!answer.header("retry-after").is_empty(), "{}", answer.told());
            assert!(took.as_millis() < 3_500, "{fault}: {took:?}");
            assert!(faults.hits().await > 0, "KMS was not asked");
            faults.clear().await;
            let answer = request(&card).send().await;
            world::id(&answer);
        });
    }
}

#[test]
fn without_its_secret_nobody_signs_in_and_nothing_is_told() {
    let dir = scratch("pepper");
    let platform = Platform::faulty(&dir);
    let tenant = run(Tenant::on(&platform));
    drop(platform);
    let platform = Platform::faulty(&dir);
    run(async {
        let faults = platform.faults();
        faults
            .set(&[
                json!({"service": "secretsmanager", "fault": {"error": {"code": "InternalServiceError"}}}),
            ])
            .await;
        let admin = tenant.admin.at(&platform.http);
        let answer = admin.sign_in().await;
        answer.refused(503, "unavailable");
        assert!(
            !answer.text.to_lowercase().contains("pepper"),
            "{}",
            answer.told()
        );
        assert!(!answer.header("retry-after").is_empty(), "{}", answer.told());
        faults.clear().await;
        admin.sign_in().await.is(201);
    });
}

#[test]
fn events_wait_for_a_queue_that_does_not_answer() {
    let (platform, _turn) = broken();
    run(async {
        let job = Job::new(platform, Kind::Payment).await;
        let faults = platform.faults();
        faults
            .set(&[json!({"service": "sqs", "fault": {"error": {"code": "InternalFailure", "status": 500}}})])
            .await;
        for _ in 0..3 {
            let shot = job.shot().await;
            job.finish(&shot).await;
        }
        until("the queue was asked", 30, async || {
            (faults.hits().await > 0).then_some(())
        })
        .await;
        faults.clear().await;
        job.settled(platform).await;
    });
}
