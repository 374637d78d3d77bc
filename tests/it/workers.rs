//! Workers behind the stream of audit entries: killed, started again, and handed every record again.

use crate::{
    cases::text,
    support::{
        Platform, Tenant,
        platform::{binary, root, scratch},
        run,
        time::{block, pause, until},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, process::Command};

const ENTRIES: &str = "/audit/v1/entries";

#[test]
fn every_entry_is_sealed_and_heard_once_though_workers_are_killed_and_get_their_records_again() {
    let dir = scratch("workers");
    let mut platform = Platform::start(&dir, &root());
    let mut tenant = run(async {
        let tenant = Tenant::on(&platform).await;
        let rule = json!({"name": "each", "enabled": true, "severity": "low", "kind": "count", "per": "tenant",
            "activities": ["billing.read_customer"], "outcomes": ["refused"], "count": 1, "minutes": 1});
        let rules = json!({"rules": [rule]});
        tenant.both("PUT", "/audit/v1/alert-rules", &rules).await.is(200);
        tenant
    });
    let path = "/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
    for round in 0..3 {
        run(tenant.all.token());
        // Each round kills at another moment, with calls, sealers and listeners at work.
        std::thread::scope(|scope| {
            let (killed, tenant) = (&platform, &tenant);
            scope.spawn(move || {
                // Long enough for functions that start anew, each under its own role, to answer some calls.
                block(800 + 250 * round);
                killed.kill();
            });
            run(async {
                for _ in 0..12 {
                    join_all((0..10).map(|_| tenant.all.get(path))).await;
                }
            });
        });
        // Whatever the workers were at, they get all of it again, from the beginning.
        for name in ["raise_alerts-audit", "seal_entries-audit"] {
            let _ = fs::remove_file(dir.join("streams").join(name));
        }
        platform = Platform::start(&dir, &root());
        tenant = Tenant {
            admin: tenant.admin.at(&platform.http),
            all: tenant.all.at(&platform.http),
            ..tenant
        };
    }
    run(async {
        let search = format!("{ENTRIES}?activity=billing.read_customer&outcome=refused");
        let refused: BTreeSet<String> = tenant
            .all
            .all(&search)
            .await
            .iter()
            .map(|e| text(e, "id"))
            .collect();
        assert!(refused.len() >= 20, "{} calls got through", refused.len());
        // Others, about the tenant's first client, were raised before its rules were replaced.
        let alerts = async || {
            let mut all = tenant.all.all("/audit/v1/alerts").await;
            all.retain(|a| a["rule"] == "each");
            all
        };
        let all = until("an alert for each entry", 90, async || {
            Some(alerts().await).filter(|a| a.len() >= refused.len())
        });
        all.await;
        pause(3_000).await;
        let heard: Vec<String> = alerts()
            .await
            .iter()
            .map(|a| a["entries"][0].as_str().expect("an entry").to_owned())
            .collect();
        assert_eq!(heard.len(), refused.len(), "none twice");
        assert_eq!(
            heard.into_iter().collect::<BTreeSet<_>>(),
            refused,
            "none left out"
        );

        let made = tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        let path = format!("/audit/v1/exports/{}", text(&made, "id"));
        let ready = async || Some(tenant.all.get(&path).await.ok()).filter(|e| e["status"] == "ready");
        let export = until("the export", 90, ready).await;
        let mut bundle = String::new();
        for part in 0..export["parts"].as_u64().expect("parts") {
            for line in tenant.all.get(&format!("{path}?part={part}")).await.ok()["lines"]
                .as_array()
                .expect("lines")
            {
                bundle.push_str(line.as_str().expect("a line"));
                bundle.push('\n');
            }
        }
        let parsed: Vec<Value> = bundle
            .lines()
            .map(|l| serde_json::from_str(l).expect("JSON"))
            .collect();
        let sealed: Vec<&str> = parsed
            .iter()
            .filter(|l| l["type"] == "entry")
            .filter_map(|l| l["id"].as_str())
            .collect();
        let once: BTreeSet<&str> = sealed.iter().copied().collect();
        assert_eq!(once.len(), sealed.len(), "nothing is sealed twice");
        assert!(
            refused.iter().all(|id| once.contains(id.as_str())),
            "nothing is skipped"
        );
        let key = text(&tenant.all.get("/audit/v1/checkpoints").await.ok(), "public_key");
        fs::write(dir.join("key.pem"), key).expect("a file");
        fs::write(dir.join("bundle.jsonl"), bundle).expect("a file");
        let mut command = Command::new(binary());
        command
            .arg("verify")
            .arg("--key")
            .arg(dir.join("key.pem"))
            .arg(dir.join("bundle.jsonl"));
        let output = command.output().expect("the verifier");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    });
}
