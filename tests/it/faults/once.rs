//! Each fault once, at each call: it is made up for, and nobody notices but by the time it took.

use super::{
    broken,
    jobs::{Job, Kind},
};
use crate::{
    cases::text,
    support::{Platform, Tenant, random, run, world},
};
use futures::future::join_all;
use serde_json::{Value, json};

/// Most calls that a request makes.
const CALLS: u64 = 9;

fn error(code: &str) -> Value {
    json!({"error": {"code": code}})
}

/// A rule for the calls of a job.
pub fn rule(job: &Job, more: &Value) -> Value {
    let mut rule = job.calls();
    if let (Some(rule), Some(more)) = (rule.as_object_mut(), more.as_object()) {
        rule.extend(more.clone());
    }
    rule
}

/// Makes every job meet a fault at its first call, then at its second, and so on until there is no such call.
async fn at_each_call(platform: &Platform, jobs: &[Job], fault: &Value, only: &Value) -> u64 {
    let faults = platform.faults();
    let mut hit = 0;
    for number in 1..=CALLS {
        faults.clear().await;
        let shots = join_all(jobs.iter().map(Job::shot)).await;
        let rules: Vec<Value> = jobs
            .iter()
            .map(|job| {
                let mut rule = rule(job, &json!({"from": number, "to": number, "fault": fault}));
                if let (Some(rule), Some(only)) = (rule.as_object_mut(), only.as_object()) {
                    rule.extend(only.clone());
                }
                rule
            })
            .collect();
        faults.set(&rules).await;
        let answers = join_all(jobs.iter().zip(&shots).map(|(job, shot)| job.fire(shot))).await;
        let hits = faults.hits().await;
        faults.clear().await;
        for ((job, shot), answer) in jobs.iter().zip(&shots).zip(&answers) {
            job.through(answer);
            if ![Kind::SignIn, Kind::Token, Kind::Read].contains(&job.kind) {
                let again = job.fire(shot).await;
                let same = again.text == answer.text || again.code() == "secret_not_repeated";
                assert!(
                    same,
                    "{:?}: {} and then {}",
                    job.kind,
                    answer.told(),
                    again.told()
                );
            }
        }
        hit += hits;
        if hits == 0 {
            break;
        }
    }
    hit
}

fn survives(fault: &Value, only: &Value, least: u64) {
    let (platform, _turn) = broken();
    run(async {
        let jobs = join_all(Kind::ALL.iter().map(|kind| Job::new(platform, *kind))).await;
        let hit = at_each_call(platform, &jobs, fault, only).await;
        assert!(hit >= least, "only {hit} calls were hit");
        join_all(jobs.iter().map(|job| job.settled(platform))).await;
    });
}

#[test]
fn a_throttled_call_is_made_up_for() {
    survives(
        &error("ProvisionedThroughputExceededException"),
        &json!({"service": "dynamodb"}),
        25,
    );
}

#[test]
fn an_internal_error_is_made_up_for() {
    survives(&error("InternalServerError"), &json!({}), 25);
}

#[test]
fn a_conflict_of_transactions_is_made_up_for() {
    survives(
        &json!({"canceled": {"reason": "TransactionConflict"}}),
        &json!({"operation": "TransactWriteItems"}),
        9,
    );
}

#[test]
fn a_connection_that_is_cut_before_anything_happened_is_made_up_for() {
    survives(&json!("drop_before"), &json!({}), 25);
}

#[test]
fn a_write_whose_answer_was_lost_takes_effect_once() {
    survives(&json!("drop_after"), &json!({}), 25);
}

#[test]
fn a_slow_answer_is_waited_for() {
    survives(
        &json!({"slow": {"millis": 1_500}}),
        &json!({"service": "dynamodb"}),
        25,
    );
}

#[test]
fn an_attempt_whose_answer_was_lost_counts_once() {
    let (platform, _turn) = broken();
    run(async {
        let tenant = Tenant::on(platform).await;
        let person = &tenant.people[1];
        let faults = platform.faults();
        let rule =
            json!({"operation": "UpdateItem", "contains": [tenant.id], "every": 2, "fault": "drop_after"});
        faults.set(&[rule]).await;
        let mut wrong = person.clone();
        wrong.password = format!("{}7q", random(22));
        // Ten would lock it.
        for _ in 0..9 {
            Tenant::user(&platform.http, &tenant.id, &wrong)
                .sign_in()
                .await
                .refused(401, "sign_in_refused");
        }
        assert!(faults.hits().await >= 9, "no answer was lost");
        Tenant::user(&platform.http, &tenant.id, person)
            .sign_in()
            .await
            .is(201);
        faults.clear().await;
    });
}

#[test]
fn an_intent_whose_answer_was_lost_is_not_taken_for_somebody_elses() {
    let (platform, _turn) = broken();
    run(async {
        let tenant = Tenant::on(platform).await;
        let buyer = tenant.buyer().await;
        let rule = json!({"operation": "TransactWriteItems", "contains": [tenant.id, "#intent#"], "fault": "drop_after", "to": 6});
        platform.faults().set(&[rule]).await;
        let key = random(20);
        let paid = tenant
            .all
            .post_as("/payments/v1/payments", &key, &buyer.pays(100, true))
            .await
            .is(201);
        assert!(platform.faults().hits().await >= 5, "no answer was lost");
        platform.faults().clear().await;
        assert_eq!(paid["status"], "captured", "{paid}");
        let there = tenant.all.all("/payments/v1/payments").await;
        assert_eq!(there.len(), 1, "{there:?}");
        assert_eq!(text(&there[0], "id"), text(&paid, "id"));
        world::id(
            &tenant
                .all
                .post("/billing/v1/customers", &world::customer_body())
                .await,
        );
    });
}
