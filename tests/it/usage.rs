//! Usage: events are counted once, whoever sends them how often, read at once, and billed when their period has ended.

use crate::{
    cases::text,
    support::{Tenant, random, run, time, world},
};
use futures::future::join_all;
use serde_json::{Value, json};

const EVENTS: &str = "/billing/v1/usage-events";
/// How many race.
const HANDS: usize = 50;
const DAY: u64 = 86_400;

fn ago(days: u64) -> String {
    time::rfc3339(time::unix() - days * DAY)
}

/// So many events of one unit, so many days ago.
fn events(meter: &str, customer: &str, count: usize, days: u64) -> Value {
    let event = |_| {
        let mut event = world::usage(meter, customer, "1");
        event["timestamp"] = json!(ago(days));
        event
    };
    json!({"events": (0..count).map(event).collect::<Vec<_>>()})
}

async fn read(tenant: &Tenant, meter: &str, customer: &str, more: &str) -> Value {
    let path = format!("{}{more}", world::usage_path(meter, customer, "day"));
    tenant.all.get(&path).await.is(200)
}

#[test]
fn fifty_writers_of_one_hour_lose_nothing_and_what_is_repeated_changes_nothing() {
    run(async {
        let tenant = Tenant::new().await;
        let (meter, customer) = (tenant.meter("sum").await, tenant.customer().await);
        let shared = world::usage(&meter, &customer, "0.1");
        let send = async || {
            let own = || world::usage(&meter, &customer, "0.1");
            let body = json!({"events": [own(), shared, own(), shared]});
            loop {
                let answer = tenant.all.post(EVENTS, &body).await;
                match answer.status {
                    200 => return answer.json(),
                    // Whoever waits for too many others tries again.
                    status => assert!([409, 503].contains(&status), "{}", answer.told()),
                }
            }
        };
        let answers = join_all((0..HANDS).map(|_| send())).await;
        let accepted: u64 = answers
            .iter()
            .filter_map(|answer| answer["accepted"].as_u64())
            .sum();
        let counted = HANDS as u64 * 2 + 1;
        // A hand whose answer was lost is told that its events were counted before.
        assert!(accepted <= counted);
        let found = read(&tenant, &meter, &customer, "").await;
        assert_eq!(
            (&found["events"], &found["quantity"]),
            (&json!(counted), &json!("10.1"))
        );
        let again = tenant
            .all
            .post(EVENTS, &json!({"events": [shared]}))
            .await
            .is(200);
        assert_eq!((&again["accepted"], &again["repeated"]), (&json!(0), &json!(1)));
        let mut other = shared.clone();
        other["value"] = json!("0.2");
        let refused = tenant.all.post(EVENTS, &json!({"events": [other]})).await.is(409);
        assert_eq!(refused["code"], "usage_event_changed");
        assert_eq!(read(&tenant, &meter, &customer, "").await["quantity"], "10.1");
    });
}

#[test]
fn what_was_used_is_billed_with_its_period_and_what_comes_late_is_corrected() {
    run(async {
        let tenant = Tenant::new().await;
        let meter = tenant.meter("sum").await;
        let (price, customer) = (tenant.metered(&meter, "1000").await, tenant.customer().await);
        let body = json!({"customer": customer, "items": [{"price": price}], "starts_at": ago(33)});
        let made = tenant.all.post("/billing/v1/subscriptions", &body).await.is(201);
        let path = format!("/billing/v1/subscriptions/{}", text(&made, "id"));
        let post = async |verb: &str| {
            let answer = tenant.all.post(&format!("{path}/{verb}"), &json!({})).await;
            answer.is(200)
        };
        let send = async |count, days| {
            let body = events(&meter, &customer, count, days);
            tenant.all.post(EVENTS, &body).await.is(200)
        };
        // The first period begins: nothing is owed for it yet.
        assert_eq!(post("bill").await["invoice"], Value::Null);
        send(5, 32).await;
        let preview = post("preview").await;
        assert_eq!(preview["total"], 5000);
        let invoice = text(&post("bill").await, "invoice");
        let invoice = tenant
            .all
            .get(&format!("/billing/v1/invoices/{invoice}"))
            .await
            .ok();
        assert_eq!(invoice["lines"], preview["lines"]);
        let usage = &invoice["lines"][0]["rated"]["usage"];
        assert_eq!((&usage["events"], &usage["quantity"]), (&json!(5), &json!("5")));
        let first = invoice["lines"][0]["rated"]["from"].clone();
        // 5 × 10.00 billed, 2 late and 3 new: 20.00 on the old period, 30.00 on the new.
        send(2, 32).await;
        send(3, 1).await;
        post("cancel").await;
        let preview = post("preview").await;
        let invoice = text(&post("bill").await, "invoice");
        let invoice = tenant
            .all
            .get(&format!("/billing/v1/invoices/{invoice}"))
            .await
            .ok();
        assert_eq!(invoice["lines"], preview["lines"]);
        let line = |late: bool| {
            let lines = invoice["lines"].as_array().expect("lines");
            let found = lines.iter().find(|line| (line["rated"]["from"] == first) == late);
            found.expect("a line").clone()
        };
        let (late, new) = (line(true), line(false));
        assert_eq!((&late["amount"], &new["amount"]), (&json!(2000), &json!(3000)));
        let usage = &late["rated"]["usage"];
        assert_eq!(
            (&usage["events"], &usage["billed_amount"]),
            (&json!(7), &json!(5000))
        );
        tenant.all.post(&format!("{path}/bill"), &json!({})).await.is(409);
    });
}

#[test]
fn usage_is_told_apart_by_groups_and_counted_by_kinds_and_a_batch_that_is_too_wide_is_refused() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let body = json!({"name": "Bytes", "aggregation": "sum", "group_by": ["place"]});
        let meter = world::id(&tenant.all.post("/billing/v1/meters", &body).await);
        let event = |place: &str, value: &str| {
            let mut event = world::usage(&meter, &customer, value);
            event["properties"] = json!({"place": place, "note": random(8)});
            event
        };
        let few = json!({"events": [event("north", "1"), event("south", "2"), event("north", "0.5")]});
        tenant.all.post(EVENTS, &few).await.is(200);
        let found = read(&tenant, &meter, &customer, "&breakdown=group").await;
        let groups = found["data"].as_array().expect("windows");
        let of = |place: &str| {
            let found = groups.iter().find(|window| window["group"]["place"] == place);
            found.map(|window| window["quantity"].clone())
        };
        assert_eq!((of("north"), of("south")), (Some(json!("1.5")), Some(json!("2"))));
        assert_eq!(found["quantity"], "3.5");
        assert_eq!(read(&tenant, &meter, &customer, "").await["quantity"], "3.5");
        // 40 events, each in an hour and a group of its own.
        let wide: Vec<Value> = (0..40u64)
            .map(|n| {
                let mut event = event(&format!("place {n}"), "1");
                event["timestamp"] = json!(time::rfc3339(time::unix() - n * 3_600));
                event
            })
            .collect();
        let refused = tenant.all.post(EVENTS, &json!({"events": wide})).await.is(422);
        assert!(refused.to_string().contains("120 items"), "{refused}");

        let meter = tenant.meter("unique").await;
        let of = |user: &str| {
            let mut event = world::usage(&meter, &customer, "1");
            event["properties"] = json!({"user": user});
            event
        };
        for batch in [json!([of("ada"), of("bob")]), json!([of("bob"), of("cyd")])] {
            tenant.all.post(EVENTS, &json!({"events": batch})).await.is(200);
        }
        let found = read(&tenant, &meter, &customer, "").await;
        assert_eq!((&found["events"], &found["quantity"]), (&json!(4), &json!("3")));
    });
}
