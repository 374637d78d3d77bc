//! Budgets: what a warm call costs in calls of DynamoDB and KMS, counted by the platform itself.

use crate::{
    cases::case,
    contracts::operations,
    support::{Findings, Tenant, platform, run, world},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

/// Most calls of DynamoDB in a warm read.
const READ: u64 = 3;
/// Most in a warm write, also in one that calls the outside world: its intent and its outcome are two transactions.
const WRITE: u64 = 4;
/// How often a call over its budget is made again: one a minute also notes when its caller was last seen, and one in a block also
/// fetches tokens of the rate limit.
const ATTEMPTS: usize = 3;

#[test]
fn a_warm_read_and_a_warm_write_stay_within_their_calls() {
    run(async {
        let (a, b, operator) = (
            Tenant::new().await,
            Tenant::new().await,
            world::operator(platform()),
        );
        let mut findings = Findings::default();
        let mut table = Vec::new();
        for operation in operations(&platform().http).await {
            let reads = operation.method == "GET"
                || (operation.method == "POST" && !operation.takes_key() && operation.access != "public");
            let most = if reads { READ } else { WRITE };
            let mut least = None;
            // The first call warms what is cached.
            for attempt in 0..=ATTEMPTS {
                let Some(case) = case(&operation.id, &a, &b).await else {
                    break;
                };
                let answer = case.send(&a, &operator, &operation.method).await;
                findings.check(answer.is_success(), || answer.told());
                if attempt == 0 || !answer.is_success() {
                    continue;
                }
                let (dynamodb, kms) = (answer.calls().dynamodb, answer.calls().kms);
                let (calls, keys) = least.unwrap_or((dynamodb, kms));
                least = Some((calls.min(dynamodb), keys.min(kms)));
                if dynamodb <= most {
                    break;
                }
            }
            let Some((calls, keys)) = least else {
                continue;
            };
            table.push(format!("{calls:>2} of {most:>2}  {}", operation.id));
            findings.check(calls <= most, || {
                format!("{}: {calls} calls of DynamoDB, not {most}", operation.id)
            });
            let founds = operation.id == "create_tenant";
            findings.check(keys == 0 || founds, || {
                format!("{}: {keys} calls of KMS when warm", operation.id)
            });
        }
        println!("calls of DynamoDB, warm:\n  {}", table.join("\n  "));
        findings.none();
    });
}

/// The keys of the people on a page are read with the caller, and never kept: erasing one takes effect at once.
#[test]
fn every_page_of_people_stays_within_the_calls_of_a_read() {
    run(async {
        let tenant = Tenant::new().await;
        for _ in 0..3 {
            tenant
                .all
                .post("/billing/v1/customers", &world::customer_body())
                .await
                .ok();
        }
        let list = "/billing/v1/customers?limit=1";
        let (mut path, mut found) = (list.to_owned(), 0);
        loop {
            let (mut least, mut page) = (u64::MAX, Value::Null);
            for _ in 0..=ATTEMPTS {
                let answer = tenant.all.get(&path).await;
                least = least.min(answer.calls().dynamodb);
                page = answer.ok();
            }
            assert!(least <= READ, "{least} calls of DynamoDB for {path}");
            found += page["data"].as_array().map_or(0, Vec::len);
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("{list}&cursor={cursor}");
        }
        assert_eq!(found, 3);
    });
}

/// A batch of 40 events of up to 512 bytes each, of a meter that adds up: its calls, and the units of an event with its share of the
/// hour, the audit entry and the record of the call.
#[test]
fn a_batch_of_forty_events_costs_four_calls_and_six_units_an_event_at_most() {
    run(async {
        let tenant = Tenant::new().await;
        let (meter, customer) = (tenant.meter("sum").await, tenant.customer().await);
        let (mut least, mut cheapest) = (u64::MAX, f64::MAX);
        for _ in 0..=ATTEMPTS {
            let event = |_| {
                let mut event = world::usage(&meter, &customer, "123456.789");
                event["properties"] = json!({"region": "x".repeat(200), "note": "y".repeat(85)});
                assert!((480..=512).contains(&event.to_string().len()), "{event}");
                event
            };
            let body = json!({"events": (0..40).map(event).collect::<Vec<_>>()});
            let answer = tenant.all.post("/billing/v1/usage-events", &body).await;
            assert_eq!(answer.status, 200, "{}", answer.told());
            least = least.min(answer.calls().dynamodb);
            cheapest = cheapest.min(answer.calls().written / 40.0);
        }
        println!("a batch of 40 events: {least} calls, {cheapest} units an event");
        assert!(least <= WRITE, "{least} calls of DynamoDB");
        assert!(cheapest <= 6.0, "{cheapest} units an event");
    });
}

#[test]
fn a_thousand_requests_of_ten_tenants_need_five_calls_of_kms_at_most() {
    run(async {
        let mut tenants = Vec::new();
        for _ in 0..10 {
            let tenant = Tenant::new().await;
            let payment = tenant.payment(100, true).await;
            tenants.push((tenant, payment));
        }
        let call = async |number: usize| {
            let (tenant, payment) = &tenants[number % tenants.len()];
            let text = |name: &str| payment[name].as_str().expect("an id").to_owned();
            let answer = match number / tenants.len() % 5 {
                0 => {
                    tenant
                        .all
                        .get(&format!("/payments/v1/payments/{}", text("id")))
                        .await
                }
                1 => {
                    tenant
                        .all
                        .get(&format!("/billing/v1/customers/{}", text("customer")))
                        .await
                }
                2 => {
                    tenant
                        .all
                        .get(&format!("/vault/v1/payment-methods/{}", text("payment_method")))
                        .await
                }
                3 => tenant.all.get("/billing/v1/customers?limit=5").await,
                _ => {
                    tenant
                        .all
                        .post("/billing/v1/customers", &world::customer_body())
                        .await
                }
            };
            answer.ok();
            answer.calls().kms
        };
        let call = &call;
        // Every function that is called has keys of its own to fetch, and a list needs one more once it has a second page.
        let warm: Vec<u64> = stream::iter((0..350).map(call))
            .buffer_unordered(4)
            .collect()
            .await;
        assert_eq!(warm.len(), 350);
        let counts: Vec<u64> = stream::iter((0..1_000).map(call))
            .buffer_unordered(4)
            .collect()
            .await;
        let sum: u64 = counts.iter().sum();
        assert!(sum <= 5, "{sum} calls of KMS in {} requests", counts.len());
    });
}

#[test]
fn a_refusal_costs_no_more_than_what_it_refuses() {
    run(async {
        let shop = world::shop().await;
        shop.all.get("/identity/v1/me").await.ok();
        let weak = shop.client(&["auditor"]).await;
        let body = Value::Null;
        for answer in [
            platform().http.get("/billing/v1/customers").send().await,
            platform()
                .http
                .get("/billing/v1/customers")
                .bearer("garbage")
                .send()
                .await,
            weak.get("/billing/v1/customers").await,
            shop.all.post("/billing/v1/customers", &body).await,
        ] {
            assert!((400..500).contains(&answer.status), "{}", answer.told());
            let calls = answer.calls();
            assert!(
                calls.dynamodb <= 4 && calls.kms == 0,
                "{calls:?}: {}",
                answer.told()
            );
        }
    });
}

/// Bodies and headers that are made to be dear: as many and as long as the gateway takes.
fn dear() -> Vec<(&'static str, String)> {
    let many: serde_json::Map<String, Value> = (0..9_000)
        .map(|n| (format!("unknown-{n}"), Value::Null))
        .collect();
    let long: serde_json::Map<String, Value> = (0..60)
        .map(|n| (format!("{n:03}{}", "\u{1f4b8}~/".repeat(40)), Value::Null))
        .collect();
    vec![
        ("unknown fields", Value::Object(many).to_string()),
        ("long names", Value::Object(long).to_string()),
        (
            "one long text",
            json!({"email": "x".repeat(100_000), "name": "\"".repeat(40_000)}).to_string(),
        ),
        ("no JSON", "{".repeat(200_000)),
        ("nothing", "{}".to_owned()),
    ]
}

#[test]
fn what_a_refusal_writes_is_bounded_whatever_the_request_holds() {
    run(async {
        let tenant = Tenant::new().await;
        let mut findings = Findings::default();
        let agent = "\"\\".repeat(100);
        let public = [
            "/identity/v1/sessions",
            "/identity/v1/password-resets",
            "/identity/v1/password-resets/confirm",
        ];
        let signed = [
            "/billing/v1/customers",
            "/billing/v1/invoices",
            "/risk/v1/checks",
            "/notifications/v1/webhooks",
        ];
        for (what, body) in dear() {
            let mut requests = Vec::new();
            for path in public.iter().chain(&signed) {
                requests.push((4.0, *path, platform().http.request("POST", path)));
            }
            for path in signed {
                requests.push((12.0, path, tenant.all.request("POST", path).await.key("dear")));
            }
            for (most, path, request) in requests {
                let request = request
                    .header("user-agent", &agent)
                    .header("x-access-reason", &agent)
                    .body("application/json", body.clone());
                let mut answer = request.clone().send().await;
                // One call in a block also fetches tokens of the rate limit.
                if answer.calls().written > most {
                    answer = request.send().await;
                }
                let (status, written) = (answer.status, answer.calls().written);
                findings.check((400..500).contains(&status), || {
                    format!("{what} at {path}: {}", answer.told())
                });
                findings.check(written <= most, || {
                    format!("{what} at {path}: {written} units, not {most}")
                });
                findings.check(answer.text.len() < 32 * 1024, || {
                    format!("{what} at {path}: a long answer")
                });
                findings.check(answer.pointers().len() <= 50, || {
                    format!("{what} at {path}: many errors")
                });
            }
        }
        findings.none();
    });
}
