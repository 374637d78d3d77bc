//! Purges: only what is past retention goes, what is left stays provable, and a removal without a purge does not pass.

use crate::{
    cases::text,
    support::{
        Platform, Tenant, merkle, platform,
        platform::{binary, root, scratch},
        run,
        tables::Tables,
        time::{block, until},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::{fs, process::Command};

const ENTRIES: &str = "/audit/v1/entries";
const PURGES: &str = "/audit/v1/purges";

/// The id of an entry of the year 2023, and of a number.
fn old(n: usize) -> String {
    format!("aud_01GZZZZZZZ{n:016}")
}

/// Writes entries that are older than the platform: as a tenant that has been here for years has them.
async fn age(tables: &Tables, tenant: &Tenant, count: usize) {
    for n in 0..count {
        let id = old(n);
        let large = n == 3;
        let details = if large {
            json!({"chunks": 1, "bytes": 2, "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"})
        } else {
            json!({})
        };
        let body = json!({"id": id, "tenant": tenant.id, "region": "eu-west-1", "at": "2023-05-09T00:00:00.000Z",
            "activity": "billing.read_customer", "code": "S", "actor": "cli_old", "outcome": "succeeded", "status": 200,
            "details": details});
        let list = format!("T#{}#entries", tenant.id);
        let item = json!({"pk": {"S": format!("T#{}#audit-entry#{id}", tenant.id)}, "sk": {"S": "-"}, "rev": {"N": "1"},
            "id": {"S": id}, "body": {"S": body.to_string()}, "activity": {"S": "billing.read_customer"},
            "actor": {"S": "cli_old"}, "outcome": {"S": "succeeded"}, "gsi1pk": {"S": list}, "gsi1sk": {"S": id}});
        tables
            .call(
                "PutItem",
                &json!({"TableName": "ledgerkeep-local-audit", "Item": item}),
            )
            .await;
        if large {
            let chunk = json!({"pk": {"S": format!("T#{}#audit-entry#{id}", tenant.id)}, "sk": {"S": "chunk#0000"},
                "rev": {"N": "1"}, "id": {"S": id}, "part": {"N": "0"}, "text": {"S": "{}"},
                "activity": {"S": "billing.read_customer"}, "outcome": {"S": "succeeded"}});
            tables
                .call(
                    "PutItem",
                    &json!({"TableName": "ledgerkeep-local-audit", "Item": chunk}),
                )
                .await;
        }
    }
}

/// Downloads the entries of a tenant's archive, as an auditor does with the tools of S3, and has them verified.
fn verify_archive(platform: &Platform, tenant: &Tenant, key: &str) -> (bool, String) {
    let bucket = "aws/s3/ledgerkeep-local-archive-000000000000-eu-west-1";
    let objects = platform
        .dir
        .join(bucket)
        .join(&tenant.id)
        .join("eu-west-1/0/entries");
    let folder = scratch("archived");
    for object in fs::read_dir(objects).expect("an archive") {
        let object = object.expect("an object").path();
        let versions = fs::read_dir(&object).expect("versions");
        let versions = versions.map(|v| v.expect("a version").path());
        let newest = versions
            .filter(|v| v.extension().is_some_and(|e| e == "object"))
            .max();
        let name = object.file_name().expect("a name");
        fs::copy(newest.expect("a version"), folder.join(name)).expect("a copy");
    }
    fs::write(folder.join("key.pem"), key).expect("a file");
    let mut command = Command::new(binary());
    command
        .arg("verify")
        .arg("--key")
        .arg(folder.join("key.pem"))
        .arg(&folder);
    let output = command.output().expect("the verifier");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// The bundle of a tenant's log, and the key to check it with.
pub async fn bundle(tenant: &Tenant) -> (String, String) {
    let made = tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
    let path = format!("/audit/v1/exports/{}", text(&made, "id"));
    let ready = async || Some(tenant.all.get(&path).await.ok()).filter(|e| e["status"] == "ready");
    let export = until("the export", 60, ready).await;
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
    let key = text(&tenant.all.get("/audit/v1/checkpoints").await.ok(), "public_key");
    (bundle, key)
}

pub fn verify(name: &str, bundle: &str, key: &str) -> (bool, String) {
    let dir = scratch("purged");
    fs::write(dir.join("key.pem"), key).expect("a file");
    fs::write(dir.join(name), bundle).expect("a file");
    let mut command = Command::new(binary());
    command
        .arg("verify")
        .arg("--key")
        .arg(dir.join("key.pem"))
        .arg(dir.join(name));
    let output = command.output().expect("the verifier");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn what_is_past_retention_goes_in_parts_and_everything_left_stays_provable() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.customer().await;
        age(&Tables::of(platform()), &tenant, 130).await;
        let sealed = async |id: &str| {
            let path = format!("{ENTRIES}/{id}/proof");
            let proof = async || tenant.all.get(&path).await.is_success().then_some(());
            until(&format!("a proof of {id}"), 60, proof).await;
        };
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        for n in 0..130 {
            sealed(&old(n)).await;
        }
        // One of the old ones is not what was sealed: it stays as evidence.
        let tables = Tables::of(platform());
        let body = text(
            &tenant.all.get(&format!("{ENTRIES}/{}", old(7))).await.ok(),
            "body",
        );
        tables
            .alter(&tenant.id, &old(7), &body.replace("succeeded", "refused"))
            .await;
        let young: Vec<Value> = tenant
            .all
            .all(&format!("{ENTRIES}?from=2026-01-01T00:00:00Z"))
            .await;
        assert!(young.len() > 3);

        tenant
            .all
            .post(PURGES, &json!({}))
            .await
            .refused(403, "forbidden");
        for before in ["2026-11-01T00:00:00Z", "2099-01-01T00:00:00Z"] {
            let answer = tenant.both("POST", PURGES, &json!({"before": before})).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), ["/before"]);
        }
        // Fifty ask; one purge is at work at a time.
        let nothing = json!({});
        let hands = join_all((0..50).map(|_| tenant.both("POST", PURGES, &nothing))).await;
        let made: Vec<Value> = hands
            .iter()
            .filter(|a| a.is_success())
            .map(|a| a.json())
            .collect();
        assert_eq!(made.len(), 1, "one begins");
        for answer in hands.iter().filter(|a| !a.is_success()) {
            let late = ["purge_running", "approval_stale"].contains(&answer.code().as_str());
            assert!(answer.status == 409 && late, "{}", answer.told());
        }
        let path = format!("{PURGES}/{}", text(&made[0], "id"));
        let done = async || Some(tenant.all.get(&path).await.ok()).filter(|p| p["state"] == "done");
        let purge = until("the end of the purge", 150, done).await;
        assert_eq!(
            (&purge["removed"], &purge["kept"]),
            (&json!(129), &json!(1)),
            "{purge}"
        );

        let left = tenant
            .all
            .all(&format!("{ENTRIES}?to=2024-01-01T00:00:00Z"))
            .await;
        assert_eq!(left.iter().map(|e| text(e, "id")).collect::<Vec<_>>(), [old(7)]);
        let chunk = json!({"TableName": "ledgerkeep-local-audit",
            "Key": {"pk": {"S": format!("T#{}#audit-entry#{}", tenant.id, old(3))}, "sk": {"S": "chunk#0000"}}});
        assert!(
            tables.call("GetItem", &chunk).await["Item"].is_null(),
            "a chunk goes with its entry"
        );
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        for entry in &young {
            sealed(&text(entry, "id")).await;
            let path = format!("{ENTRIES}/{}", text(entry, "id"));
            let body = text(&tenant.all.get(&path).await.ok(), "body");
            let proof = tenant.all.get(&format!("{path}/proof")).await.ok();
            let siblings: Vec<String> = serde_json::from_value(proof["path"].clone()).expect("hashes");
            let siblings: Vec<merkle::Hash> = siblings.iter().map(|hash| merkle::hash(hash)).collect();
            let (index, size) = (
                proof["index"].as_u64().expect("index"),
                proof["size"].as_u64().expect("size"),
            );
            let root = merkle::root(index, size, merkle::leaf(body.as_bytes()), &siblings).expect("a path");
            assert_eq!(hex::encode(root), text(&proof, "root"), "{path}");
        }
        // The purge itself stands in the log, when it was asked for and when it was done, and was told.
        let entries = tenant
            .all
            .all(&format!("{ENTRIES}?from=2026-01-01T00:00:00Z"))
            .await;
        let id = text(&made[0], "id");
        let about: Vec<(&Value, &Value)> = entries
            .iter()
            .filter(|e| e["entry"]["object"] == id.as_str() && e["activity"] != "audit.read_purge")
            .map(|e| (&e["activity"], &e["entry"]["details"]["after"]["state"]))
            .collect();
        assert_eq!(
            about,
            [
                (&json!("audit.purge_entries"), &json!("done")),
                (&json!("audit.create_purge"), &json!("running"))
            ]
        );
        let told = async || {
            let alerts = tenant.all.all("/audit/v1/alerts").await;
            alerts
                .iter()
                .any(|a| a["rule"] == "entries_purged")
                .then_some(alerts)
        };
        let alerts = until("an alert about the purge", 60, told).await;
        let tampered: Vec<&Value> = alerts
            .iter()
            .filter(|a| a["rule"] == "audit_tampered")
            .map(|a| &a["entries"][0])
            .collect();
        assert_eq!(
            tampered,
            [&json!(old(7))],
            "removals of the purge are no tampering, the alteration is"
        );

        // Offline: purged entries are explained by the purge in the log; the altered one is named.
        let (whole, key) = bundle(&tenant).await;
        assert_eq!(whole.matches("\"type\":\"purged\"").count(), 129);
        let (clean, report) = verify("whole.jsonl", &whole, &key);
        assert!(
            !clean && report.contains("altered") && report.contains(&old(7)),
            "{report}"
        );
        assert!(
            !report.contains("unexplained") && report.contains("129 purged"),
            "{report}"
        );
        // Somebody removes an entry that no purge covers, and calls it purged.
        let victim = whole
            .lines()
            .find(|l| l.contains("billing.create_customer") && l.contains("\"type\":\"entry\""))
            .expect("an entry");
        let victim: Value = serde_json::from_str(victim).expect("JSON");
        tables.remove(&tenant.id, &text(&victim, "id")).await;
        let (holed, key) = bundle(&tenant).await;
        let (clean, report) = verify("holed.jsonl", &holed, &key);
        assert!(
            !clean && report.contains("unexplained purge") && report.contains(&text(&victim, "id")),
            "{report}"
        );
        // A purge may begin again after the first, and finds the evidence kept.
        tenant.both("POST", PURGES, &json!({})).await.is(202);
    });
}

#[test]
fn a_purge_that_is_killed_again_and_again_goes_on_and_counts_every_entry_once() {
    const OLD: usize = 400;
    let dir = scratch("killed-purge");
    let mut platform = Platform::start(&dir, &root());
    let (mut tenant, path) = run(async {
        let tenant = Tenant::on(&platform).await;
        age(&Tables::of(&platform), &tenant, OLD).await;
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        let last = format!("{ENTRIES}/{}/proof", old(OLD - 1));
        until("the old ones are sealed", 60, async || {
            tenant.all.get(&last).await.is_success().then_some(())
        })
        .await;
        let made = tenant.both("POST", PURGES, &json!({})).await.is(202);
        (tenant, format!("{PURGES}/{}", text(&made, "id")))
    });
    // The worker runs as soon as the platform is up, and dies each time at another moment.
    for round in 0..4 {
        platform.kill();
        platform = Platform::start(&dir, &root());
        block(20 + 25 * round);
    }
    tenant = Tenant {
        admin: tenant.admin.at(&platform.http),
        all: tenant.all.at(&platform.http),
        ..tenant
    };
    run(async {
        let done = async || Some(tenant.all.get(&path).await.ok()).filter(|p| p["state"] == "done");
        let purge = until("the end of the purge", 150, done).await;
        assert_eq!(
            (&purge["removed"], &purge["kept"]),
            (&json!(OLD), &json!(0)),
            "{purge}"
        );
        let left = tenant
            .all
            .all(&format!("{ENTRIES}?to=2024-01-01T00:00:00Z"))
            .await;
        assert!(left.is_empty(), "{} are left", left.len());
        let alerts = tenant.all.all("/audit/v1/alerts").await;
        assert!(alerts.iter().all(|a| a["severity"] != "critical"), "{alerts:?}");
        let (whole, key) = bundle(&tenant).await;
        let (clean, report) = verify("killed.jsonl", &whole, &key);
        assert!(clean && report.contains(&format!("({OLD} purged)")), "{report}");
        // What is gone from the table is in the archive, whole.
        let (clean, report) = verify_archive(&platform, &tenant, &key);
        assert!(clean && !report.contains("purged"), "{report}");
    });
}
