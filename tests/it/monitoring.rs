//! What whoever runs the platform sees: traces from call to webhook, and live figures.

use crate::{
    cases::text,
    support::{
        Caller, Tenant,
        platform::{binary, platform, scratch},
        random,
        receiver::Receiver,
        run,
        time::until,
        world,
    },
    webhooks::subscribe,
};
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// The trace id, the parent id and the flags of a `traceparent` of version 00 (W3C Trace Context, section 3.2.2).
#[track_caller]
fn fields(trace: &str) -> [&str; 3] {
    let parts: Vec<&str> = trace.split('-').collect();
    let [version, id, parent, flags] = parts[..] else {
        panic!("{trace:?} has not four fields")
    };
    let hex = |t: &str| {
        t.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let valid = version == "00"
        && [id.len(), parent.len(), flags.len()] == [32, 16, 2]
        && [id, parent, flags].into_iter().all(hex)
        && id.bytes().any(|b| b != b'0')
        && parent.bytes().any(|b| b != b'0');
    assert!(valid, "{trace:?} is no traceparent");
    [id, parent, flags]
}

/// Creates a customer with these `traceparent` headers: its id and the request's.
async fn create(caller: &Caller, traces: &[&str]) -> (String, String) {
    let request = format!("req-{}", random(20));
    let mut create = caller
        .request("POST", "/billing/v1/customers")
        .await
        .key(&random(20))
        .header("x-request-id", &request);
    for trace in traces {
        create = create.header("traceparent", trace);
    }
    let created = create.json(&world::customer_body()).send().await;
    (text(&created.is(201), "id"), request)
}

/// What the audit entry of a request says that its trace is.
async fn audited(caller: &Caller, customer: &str, request: &str) -> String {
    let entries = format!("/audit/v1/entries?object={customer}");
    let found = until("the audit entry", 30, async || {
        let listed = caller.get(&entries).await.ok();
        let of_request = |item: &&Value| item["entry"]["request_id"] == request;
        listed["data"].as_array()?.iter().find(of_request).cloned()
    })
    .await;
    text(&found["entry"], "trace")
}

#[test]
fn a_trace_goes_from_the_call_over_its_entry_to_the_webhook() {
    run(async {
        let tenant = Tenant::new().await;
        let receiver = Receiver::start(platform(), |_| "200 OK".into()).await;
        subscribe(&tenant.all, &receiver, &["customer.created"]).await;
        let (given, parent) = (hex::encode([0xa7; 16]), hex::encode([0xb9; 8]));
        let good = format!("00-{given}-{parent}-00");
        let invalid = [
            format!("00-{given}-{parent}-0"),
            format!("00-{}-{parent}-01", "0".repeat(32)),
            format!("00-{given}-{}-01", "0".repeat(16)),
            format!("ff-{given}-{parent}-01"),
            format!("00-{}-{parent}-01", given.to_uppercase()),
            format!("00-{given}-{parent}-01-more"),
        ];
        let mut calls: Vec<(Vec<&str>, bool)> = vec![(vec![&good], true), (vec![], false)];
        calls.extend(invalid.iter().map(|trace| (vec![trace.as_str()], false)));
        for (traces, continued) in calls {
            let (customer, request) = create(&tenant.all, &traces).await;
            let entry = audited(&tenant.all, &customer, &request).await;
            let sent = until("the event", 40, async || {
                let seen = receiver.seen();
                let of =
                    |r: &&crate::support::receiver::Received| r.json()["data"]["id"] == customer.as_str();
                let event = seen.iter().find(of)?;
                Some(event.headers.get("traceparent")?.to_str().ok()?.to_owned())
            })
            .await;
            assert_eq!(sent, entry, "what the call causes names the call as its parent");
            let [id, span, flags] = fields(&sent);
            assert_eq!(id == given, continued, "{traces:?}: {sent}");
            assert_ne!(span, parent, "the call is a span of its own");
            assert_eq!(flags, if continued { "00" } else { "01" }, "{traces:?}");
        }
    });
}

fn top(dir: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.arg("top").arg("--data-dir").arg(dir).args(more);
    command.stdin(Stdio::null()).output().expect("the command runs")
}

#[test]
fn top_shows_what_the_platform_is_doing() {
    run(async {
        let tenant = Tenant::new().await;
        let found = until("figures of a call", 30, async || {
            tenant.all.get("/billing/v1/customers?limit=1").await.ok();
            let told = top(&platform().dir, &["--json"]);
            assert!(told.status.success(), "{told:?}");
            let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
            let functions = told["functions"].as_array()?.clone();
            let own = functions.iter().find(|f| f["function"] == "list_customers")?;
            (told["sealer_lag"].is_object() && own["p50_ms"].is_number()).then_some(told)
        })
        .await;
        assert!(
            found["calls"]["per_second"].as_f64().is_some_and(|n| n > 0.0),
            "{found}"
        );
        assert!(
            found["all"]["dynamodb_per_second"]
                .as_f64()
                .is_some_and(|n| n > 0.0),
            "{found}"
        );
        assert!(
            found["all"]["write_units_per_second"]
                .as_f64()
                .is_some_and(|n| n > 0.0),
            "{found}"
        );

        // Where the output is no terminal it is shown once, without control characters.
        for arguments in [&["--once"][..], &[]] {
            let told = top(&platform().dir, arguments);
            assert!(told.status.success(), "{told:?}");
            let text = String::from_utf8(told.stdout).expect("UTF-8");
            for part in [
                "requests",
                "latency ms",
                "RCU/s",
                "KMS",
                "sealer lag",
                "deliveries",
                "function",
            ] {
                assert!(text.contains(part), "{part}:\n{text}");
            }
            assert!(!text.contains('\x1b'), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    });
}

#[test]
fn the_live_figures_are_for_the_owner_of_the_data_directory() {
    run(async {
        let http = &platform().http;
        let told = std::fs::read(platform().dir.join("platform.json")).expect("platform.json");
        let told: Value = serde_json::from_slice(&told).expect("JSON");
        let live = told["live"].as_str().expect("the address of the figures");
        let path = &live[live.rfind('/').expect("a path")..];
        assert!(
            live.starts_with("http://127.0.0.1:") && path.len() == 33,
            "{live}"
        );
        // The gateway does not know the path.
        let answer = http.get(path).send().await;
        assert!(matches!(answer.status, 403 | 404), "{}", answer.told());
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(platform().dir.join("platform.json")).expect("platform.json");
        assert_eq!(file.permissions().mode() & 0o077, 0);
    });
}

#[test]
fn top_says_so_where_no_platform_runs() {
    let dir = scratch("nobody");
    let says = |what: &str| {
        let told = top(&dir, &[]);
        let text = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!told.status.success() && text.contains(what), "{told:?}");
        assert_eq!(text.trim().lines().count(), 1, "{text}");
    };
    says("no platform runs");
    // One that was killed leaves its file behind; nobody listens on port 1.
    let stale = r#"{"address":"https://localhost:1","live":"http://127.0.0.1:1/0"}"#;
    std::fs::write(dir.join("platform.json"), stale).expect("a file");
    says("no platform runs");
    std::fs::write(dir.join("platform.json"), "{").expect("a file");
    says("damaged");
}
