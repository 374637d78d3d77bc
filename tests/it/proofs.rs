//! Proofs: what was sealed can be proven by anybody, offline, and altered by nobody.

use crate::{
    cases::text,
    support::{
        Tenant, forge, merkle,
        platform::{binary, scratch},
        run,
        time::until,
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, process::Command};

const ENTRIES: &str = "/audit/v1/entries";

#[test]
fn a_sealed_entry_is_proven_by_its_path_and_a_signed_root() {
    run(async {
        let tenant = Tenant::new().await;
        for _ in 0..7 {
            tenant.customer().await;
        }
        let listed = tenant.all.all(ENTRIES).await;
        assert!(listed.len() >= 8, "{}", listed.len());
        // An export has everything before it sealed and signed at once; otherwise that happens once an hour.
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        let mut roots = BTreeMap::new();
        for entry in &listed {
            let path = format!("{ENTRIES}/{}", text(entry, "id"));
            let proof = until("the entry is sealed and signed", 60, async || {
                let answer = tenant.all.get(&format!("{path}/proof")).await;
                if answer.status == 409 {
                    answer.refused(409, "not_sealed_yet");
                    assert!(!answer.header("retry-after").is_empty(), "{}", answer.told());
                    return None;
                }
                Some(answer.is(200))
            })
            .await;
            let body = text(&tenant.all.get(&path).await.ok(), "body");
            let leaf = merkle::leaf(body.as_bytes());
            assert_eq!(
                hex::encode(leaf),
                text(&proof, "leaf"),
                "the leaf is the hash of the body"
            );
            let siblings: Vec<String> = serde_json::from_value(proof["path"].clone()).expect("hashes");
            let siblings: Vec<merkle::Hash> = siblings.iter().map(|hash| merkle::hash(hash)).collect();
            let (index, size) = (
                proof["index"].as_u64().expect("index"),
                proof["size"].as_u64().expect("size"),
            );
            let root = merkle::root(index, size, leaf, &siblings).expect("a path of the right length");
            assert_eq!(hex::encode(root), text(&proof, "root"), "{proof}");
            let altered = merkle::leaf(body.replacen("\"outcome\":", "\"outcome\": ", 1).as_bytes());
            assert_ne!(
                merkle::root(index, size, altered, &siblings),
                Some(root),
                "another entry is proven too"
            );
            let signed: Value = serde_json::from_str(&text(&proof["checkpoint"], "body")).expect("JSON");
            assert_eq!(
                (&signed["root"], &signed["size"], &signed["tenant"]),
                (&proof["root"], &proof["size"], &json!(tenant.id))
            );
            assert_eq!(*roots.entry(size).or_insert(root), root, "two roots of one size");
        }
        let checkpoints = tenant.all.get("/audit/v1/checkpoints?limit=100").await.ok();
        let key = text(&checkpoints, "public_key");
        let data = checkpoints["data"].as_array().expect("data");
        assert!(!data.is_empty());
        let other = forge::Forger::new().jwk().to_string();
        for checkpoint in data {
            let (body, signature) = (text(checkpoint, "body"), text(checkpoint, "signature"));
            assert!(merkle::signed(&key, &body, &signature), "{checkpoint}");
            assert!(
                !merkle::signed(
                    &key,
                    &body.replace(&text(checkpoint, "root")[..8], "00000000"),
                    &signature
                ),
                "any root is signed"
            );
            assert!(!merkle::signed(&other, &body, &signature));
            let inner: Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!(
                (&inner["size"], &inner["root"]),
                (&checkpoint["size"], &checkpoint["root"])
            );
        }
        let sizes: Vec<u64> = data
            .iter()
            .filter_map(|checkpoint| checkpoint["size"].as_u64())
            .collect();
        assert!(
            sizes.windows(2).all(|two| two[0] > two[1]),
            "newest first, each larger: {sizes:?}"
        );
    });
}

#[test]
fn an_export_is_verified_offline_and_a_flipped_byte_is_named() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.payment(100, true).await;
        let made = tenant.all.post("/audit/v1/exports", &json!({})).await;
        let id = text(&made.is(202), "id");
        let path = format!("/audit/v1/exports/{id}");
        assert!(made.header("location").ends_with(&path), "{}", made.told());
        let ready = until("the export is ready", 150, async || {
            let export = tenant.all.get(&path).await.ok();
            (export["status"] == "ready").then_some(export)
        })
        .await;
        let mut bundle = String::new();
        for part in 0..ready["parts"].as_u64().expect("parts") {
            let export = tenant.all.get(&format!("{path}?part={part}")).await.ok();
            for line in export["lines"].as_array().expect("lines") {
                bundle.push_str(line.as_str().expect("a line"));
                bundle.push('\n');
            }
        }
        let entries = bundle
            .lines()
            .filter(|line| line.contains("\"type\":\"entry\""))
            .count();
        assert_eq!(ready["entries"].as_u64(), u64::try_from(entries).ok());
        let dir = scratch("bundle");
        let key = dir.join("key.pem");
        let pem = text(&tenant.all.get("/audit/v1/checkpoints").await.ok(), "public_key");
        fs::write(&key, pem).expect("the key");
        let verify = |name: &str, text: &str| {
            let file = dir.join(name);
            fs::write(&file, text).expect("a bundle");
            let output = Command::new(binary())
                .arg("verify")
                .arg("--json")
                .arg("--key")
                .arg(&key)
                .arg(&file)
                .output()
                .expect("the verifier");
            (
                output.status.success(),
                String::from_utf8_lossy(&output.stdout).into_owned(),
            )
        };
        let (clean, report) = verify("clean.jsonl", &bundle);
        assert!(clean, "{report}");
        let lines: Vec<&str> = bundle.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.contains("billing.create_customer"))
            .expect("an entry");
        let entry: Value = serde_json::from_str(lines[at]).expect("a line");
        let with = |line: Option<&str>| {
            let changed = lines
                .iter()
                .enumerate()
                .filter_map(|(n, old)| if n == at { line } else { Some(*old) });
            changed.map(|line| format!("{line}\n")).collect::<String>()
        };
        let flipped = lines[at].replacen("billing.create_customer", "billing.create_custoner", 1);
        let twice = format!("{}\n{}", lines[at], lines[at]);
        for (name, text, kind) in [
            ("flipped.jsonl", with(Some(&flipped)), "altered"),
            ("missing.jsonl", with(None), "missing"),
            ("twice.jsonl", with(Some(&twice)), "duplicate"),
            (
                "short.jsonl",
                lines[..lines.len() - 1]
                    .iter()
                    .map(|line| format!("{line}\n"))
                    .collect(),
                "truncated",
            ),
        ] {
            let (clean, report) = verify(name, &text);
            assert!(!clean && report.contains(kind), "{name} is not {kind}: {report}");
            let named = kind == "truncated"
                || report.contains(entry["id"].as_str().expect("an id"))
                || report.contains(&entry["index"].to_string());
            assert!(named, "{name} does not name the entry: {report}");
        }
        let other = tenant.all.get("/identity/v1/me").await.ok();
        assert!(bundle.contains(&text(&other, "id")), "the actor is in the bundle");
        assert!(
            !bundle.contains(&tenant.people[0].email),
            "an address is in the bundle"
        );
    });
}

#[test]
fn pages_between_two_times_and_times_that_are_none() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.customer().await;
        let entries = tenant.all.all(ENTRIES).await;
        let at = |entry: &Value| text(&entry["entry"], "at");
        assert!(
            entries
                .windows(2)
                .all(|two| text(&two[0], "id") > text(&two[1], "id")),
            "newest first"
        );
        let last = at(&entries[entries.len() - 1]);
        let until_then = tenant.all.all(&format!("{ENTRIES}?from={last}&to={last}")).await;
        assert!(until_then.iter().all(|entry| at(entry) <= last) || until_then.is_empty());
        for query in [
            "from=yesterday",
            "to=2026-13-01T00:00:00Z",
            "from=2026-11-21",
            "from=2026-11-21T10:00:00Z&to=2026-11-20T10:00:00Z",
        ] {
            tenant
                .all
                .get(&format!("{ENTRIES}?{query}"))
                .await
                .refused(422, "invalid_input");
        }
        assert!(
            tenant
                .all
                .all(&format!("{ENTRIES}?to=2020-01-01T00:00:00Z"))
                .await
                .is_empty()
        );
    });
}
