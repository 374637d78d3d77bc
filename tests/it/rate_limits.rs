//! Rate limits: what a tenant and each of its callers may ask for, and what they hear when it is too much.

use crate::support::{
    Answer, Platform, Tenant, platform,
    platform::scratch,
    run,
    time::{Since, pause},
    world,
};
use futures::future::join_all;
use serde_json::{Value, json};

const READ: &str = "/payments/v1/payments?limit=1";

fn path(tenant: &Tenant) -> String {
    format!("/tenancy/v1/tenants/{}", tenant.id)
}

fn limit(per_second: u32, burst: u32) -> Value {
    json!({"per_second": per_second, "burst": burst})
}

async fn set(tenant: &Tenant, on: &Platform, body: &Value) {
    world::operator(on)
        .change("PATCH", &path(tenant), body)
        .await
        .is(200);
}

/// Remaining calls that an answer's `RateLimit` names for a bucket.
fn remaining(answer: &Answer, bucket: &str) -> i64 {
    let text = answer.header("ratelimit");
    let of = text
        .split(", ")
        .find_map(|part| part.strip_prefix(&format!("\"{bucket}\";r=")));
    let number = of.and_then(|rest| rest.split(';').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {bucket} in {text:?}: {}", answer.told()))
}

fn let_through(answers: &[Answer]) -> usize {
    for answer in answers.iter().filter(|a| a.status != 200) {
        answer.refused(429, "too_many_calls");
        let wait: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=2).contains(&wait), "a token comes back every second: {wait}");
        assert!(answer.header("ratelimit").contains(";r=0;"), "{}", answer.told());
    }
    answers.iter().filter(|a| a.status == 200).count()
}

#[test]
fn fifty_racers_get_the_bucket_and_no_more() {
    run(async {
        let tenant = Tenant::new().await;
        set(&tenant, platform(), &json!({"client_rate_limit": limit(1, 40)})).await;
        let racer = tenant.client(&["integration"]).await;
        racer.token().await;
        let began = Since::now();
        let answers = join_all((0..50).map(|_| racer.get(READ))).await;
        let more = usize::try_from(began.elapsed().as_secs()).expect("seconds") + 1;
        let through = let_through(&answers);
        let block = 2;
        assert!(
            (40..=40 + block + more).contains(&through),
            "{through} of 50 in {more} s"
        );
        // Its neighbours have buckets of their own.
        tenant.all.get(READ).await.is(200);
        // A token comes back.
        pause(2_100).await;
        racer.get(READ).await.is(200);
        let refusals = tenant.all.all("/audit/v1/entries").await;
        let refusals = refusals
            .iter()
            .filter(|e| e["entry"]["problem"] == "too_many_calls");
        assert_eq!(refusals.count(), 50 - through, "each refusal is in the log");
    });
}

#[test]
fn a_tenants_callers_share_its_bucket_and_no_other_tenants() {
    run(async {
        let tenant = Tenant::new().await;
        let callers = [
            tenant.client(&["integration"]).await,
            tenant.client(&["integration"]).await,
        ];
        for caller in &callers {
            caller.get(READ).await.is(200);
        }
        set(&tenant, platform(), &json!({"rate_limit": limit(1, 30)})).await;
        // What was leased under the limit before is handed out first.
        let drain = async || join_all((0..50).map(|n| callers[n % 2].get(READ))).await;
        drain().await;
        let began = Since::now();
        let answers = drain().await;
        let more = usize::try_from(began.elapsed().as_secs()).expect("seconds") + 2;
        let through = let_through(&answers);
        assert!(through <= 30 + 1 + more, "{through} of 50 in {more} s");
        assert!(through < 50, "somebody is refused");
        world::neighbour().await.all.get(READ).await.is(200);
    });
}

#[test]
fn answers_tell_what_remains_and_limits_are_set_by_who_may() {
    run(async {
        let tenant = Tenant::new().await;
        let caller = tenant.client(&["integration"]).await;
        let (first, second) = (caller.get(READ).await, caller.get(READ).await);
        assert_eq!(
            first.header("ratelimit-policy"),
            "\"client\";q=10000;w=10, \"tenant\";q=20000;w=10"
        );
        for bucket in ["client", "tenant"] {
            assert!(remaining(&first, bucket) > 9_000, "{}", first.told());
        }
        assert!(remaining(&second, "client") <= 10_000);
        let shown = tenant.all.get(&path(&tenant)).await.ok();
        assert_eq!(shown["rate_limit"], limit(2_000, 20_000));
        assert_eq!(shown["client_rate_limit"], limit(1_000, 10_000));
        for (body, pointer) in [
            (json!({"client_rate_limit": limit(0, 1)}), "/client_rate_limit"),
            (json!({"client_rate_limit": limit(1, 0)}), "/client_rate_limit"),
            (
                json!({"client_rate_limit": limit(2_001, 1)}),
                "/client_rate_limit",
            ),
            (
                json!({"client_rate_limit": {"per_second": -1, "burst": 5}}),
                "/client_rate_limit",
            ),
            (
                json!({"client_rate_limit": {"per_second": 1}}),
                "/client_rate_limit",
            ),
        ] {
            let refused = tenant.admin.change("PATCH", &path(&tenant), &body).await;
            let refused = refused.refused(422, "invalid_input");
            let at = refused["errors"][0]["pointer"].as_str().expect("a pointer");
            assert!(at.starts_with(pointer), "{refused}");
        }
        let own = json!({"rate_limit": limit(10_000, 100_000)});
        tenant
            .admin
            .change("PATCH", &path(&tenant), &own)
            .await
            .refused(403, "forbidden");
        let each = json!({"client_rate_limit": limit(500, 5_000)});
        let after = tenant.admin.change("PATCH", &path(&tenant), &each).await.is(200);
        assert_eq!(after["client_rate_limit"], limit(500, 5_000));
        // Nobody's calls have no bucket, and say nothing about one.
        let public = platform().http.get("/tenancy/v1/health").send().await;
        assert_eq!(public.header("ratelimit"), "");
    });
}

#[test]
fn without_the_store_nothing_is_let_through() {
    run(async {
        let broken = Platform::faulty(&scratch("rate"));
        let tenant = Tenant::on(&broken).await;
        let caller = tenant.client(&["integration"]).await;
        caller.token().await;
        let lost = json!({"service": "dynamodb", "operation": "UpdateItem", "contains": ["#rate#"],
            "fault": {"error": {"code": "InternalServerError"}}});
        broken.faults().set(&[lost]).await;
        caller.get(READ).await.refused(503, "unavailable");
        assert!(broken.faults().hits().await > 0, "the lease was asked for");
        broken.faults().clear().await;
        caller.get(READ).await.is(200);
        // An answer that was lost is a lease all the same, taken once.
        let other = tenant.client(&["integration"]).await;
        other.token().await;
        let unheard = json!({"service": "dynamodb", "operation": "UpdateItem", "contains": ["#rate#"],
            "from": 1, "to": 1, "fault": "drop_after"});
        broken.faults().set(&[unheard]).await;
        other.get(READ).await.is(200);
        broken.faults().clear().await;
    });
}
