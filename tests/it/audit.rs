//! Audit: every call has its entry, entries hide what they must, and what was sealed can be proven by anybody.

use crate::{
    cases::text,
    support::{Answer, Caller, Http, Login, Tenant, cards, forge, merkle, platform, platform::{binary, scratch}, random, run, time::until, world},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, process::Command};

const ENTRIES: &str = "/audit/v1/entries";

/// What an entry must say of a call.
struct Expected {
    request: String,
    activity: &'static str,
    outcome: &'static str,
    status: u16,
    actor: Option<String>,
}

/// Makes calls under request ids of its own and notes what their entries must say.
struct Scribe {
    http: Http,
    expected: Vec<Expected>,
}

impl Scribe {
    async fn call(&mut self, who: Option<&Caller>, method: &str, path: &str, body: Option<&Value>, activity: &'static str, outcome: &'static str) -> Answer {
        self.keyed(who, method, path, body, &random(20), activity, outcome).await
    }

    #[allow(clippy::too_many_arguments, reason = "a line of the scenario names everything about a call")]
    async fn keyed(&mut self, who: Option<&Caller>, method: &str, path: &str, body: Option<&Value>, key: &str, activity: &'static str, outcome: &'static str) -> Answer {
        let id = format!("req-{}", random(20));
        let mut request = self.http.request(method, path).header("x-request-id", &id);
        if let Some(body) = body {
            request = request.json(body).key(key);
        }
        let mut actor = None;
        if let Some(who) = who {
            let token = who.token().await;
            actor = forge::read(&forge::parts(&token)[1])["sub"].as_str().map(str::to_owned);
            request = request.bearer(&token);
        }
        let answer = request.send().await;
        assert_eq!(answer.header("x-request-id"), id, "{}", answer.told());
        self.expected.push(Expected { request: id, activity, outcome, status: answer.status, actor });
        answer
    }
}

#[test]
fn every_call_has_an_entry_that_says_who_what_and_how_it_went_and_nothing_more() {
    run(async {
        let tenant = Tenant::new().await;
        let mut scribe = Scribe { http: platform().http.clone(), expected: Vec::new() };
        let (all, weak) = (&tenant.all, tenant.client(&["auditor"]).await);
        let person = world::customer_body();
        let made = scribe.call(Some(all), "POST", "/billing/v1/customers", Some(&person), "billing.create_customer", "succeeded").await;
        let customer = world::id(&made);
        let path = format!("/billing/v1/customers/{customer}");
        scribe.call(Some(all), "GET", &path, None, "billing.read_customer", "succeeded").await.ok();
        scribe.call(Some(all), "POST", "/billing/v1/customers/search", Some(&json!({"email": person["email"]})), "billing.search_customers", "succeeded").await.ok();
        scribe.call(Some(&weak), "GET", &path, None, "billing.read_customer", "refused").await.refused(403, "forbidden");
        scribe.call(Some(all), "GET", "/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", None, "billing.read_customer", "refused").await.refused(404, "not_found");
        let mut odd = person.clone();
        odd["country"] = json!("Germany");
        scribe.call(Some(all), "POST", "/billing/v1/customers", Some(&odd), "billing.create_customer", "refused").await.refused(422, "invalid_input");
        let number = cards::good();
        let card = world::card_body(&customer, &number);
        let mut bad = card.clone();
        bad["number"] = json!(format!("{}0", &number[..14]));
        scribe.call(Some(all), "POST", "/vault/v1/payment-methods", Some(&bad), "vault.create_payment_method", "refused").await;
        let key = random(20);
        for outcome in ["succeeded", "replayed"] {
            let answer = scribe.keyed(Some(all), "POST", "/vault/v1/payment-methods", Some(&card), &key, "vault.create_payment_method", outcome).await;
            answer.is(201);
        }
        let method = text(&all.get(&format!("/vault/v1/payment-methods?customer={customer}")).await.ok()["data"][0], "id");
        let body = json!({"customer": customer, "payment_method": method, "amount": 777, "currency": "EUR"});
        let paid = scribe.call(Some(all), "POST", "/payments/v1/payments", Some(&body), "payments.create_payment", "succeeded").await;
        let capture = format!("/payments/v1/payments/{}/capture", world::id(&paid));
        scribe.call(Some(all), "POST", &capture, Some(&json!({})), "payments.capture_payment", "refused").await.refused(409, "wrong_state");
        let user = &tenant.people[1];
        let wrong = format!("{}9z", random(24));
        for (password, outcome) in [(&wrong, "refused"), (&user.password, "succeeded")] {
            let body = json!({"tenant": tenant.id, "email": user.email, "password": password});
            scribe.call(None, "POST", "/identity/v1/sessions", Some(&body), "identity.create_session", outcome).await;
        }
        scribe.call(Some(&tenant.admin), "POST", "/tenancy/v1/api-clients", Some(&json!({"name": "Own", "roles": ["support"]})), "tenancy.create_api_client", "succeeded").await.is(201);
        scribe.call(Some(all), "GET", ENTRIES, None, "audit.list_entries", "succeeded").await.ok();

        let entries: BTreeMap<String, Vec<Value>> = all.all(ENTRIES).await.into_iter().fold(BTreeMap::new(), |mut map, listed| {
            let request = text(&listed["entry"], "request_id");
            map.entry(request).or_insert_with(Vec::new).push(listed);
            map
        });
        let mut bodies = String::new();
        for expected in &scribe.expected {
            let found = entries.get(&expected.request).unwrap_or_else(|| panic!("no entry of {} {}", expected.activity, expected.outcome));
            let entry = found.iter().find(|e| e["outcome"] == expected.outcome).unwrap_or_else(|| panic!("not {}: {found:?}", expected.outcome));
            let inner = &entry["entry"];
            assert_eq!(entry["activity"], expected.activity, "{entry}");
            assert_eq!((&inner["tenant"], &inner["status"]), (&json!(tenant.id), &json!(expected.status)), "{entry}");
            if let Some(actor) = &expected.actor {
                assert_eq!((&entry["actor"], &inner["actor_tenant"]), (&json!(actor), &json!(tenant.id)), "{entry}");
            }
            assert!(inner["address"] == "127.0.0.1" && text(inner, "at").ends_with('Z'), "{entry}");
            let others: Vec<&Value> = found.iter().map(|e| &e["outcome"]).collect();
            let effect = expected.activity == "payments.create_payment";
            assert_eq!(others.len(), if effect { 2 } else { 1 }, "{} has entries {others:?}", expected.activity);
            assert!(!effect || others.contains(&&json!("intended")), "an intent goes before its effect: {others:?}");
            let whole = all.get(&format!("{ENTRIES}/{}", text(entry, "id"))).await.ok();
            let body = text(&whole, "body");
            assert_eq!(serde_json::from_str::<Value>(&body).ok().as_ref(), Some(inner), "the list shows what is hashed");
            bodies.push_str(&body);
            bodies.push_str(&whole.to_string());
        }
        let Login::Client { secret, .. } = &*all.login else { unreachable!("a client") };
        let own = [&user.email, &user.name, &user.password, &wrong, &number, &bad["number"].as_str().unwrap_or_default().to_owned(), secret];
        let theirs = [&person["name"], &person["email"], &card["holder"]].map(|value| value.as_str().expect("a text").to_owned());
        for hidden in own.into_iter().chain(&theirs) {
            assert!(!bodies.contains(hidden.as_str()), "{hidden} is in an entry in clear");
        }
        // The entry of a refusal says why, and the one of a change says what changed.
        assert!(bodies.contains("[personal]") && bodies.contains("[card]") && bodies.contains("\"forbidden\""), "masked, not left out");
        // Nothing of it is in another tenant's log.
        let foreign = world::neighbour().await.all.all(ENTRIES).await;
        let foreign: Vec<String> = foreign.iter().map(|e| text(&e["entry"], "request_id")).collect();
        assert!(scribe.expected.iter().all(|expected| !foreign.contains(&expected.request)), "in another tenant's log");
    });
}

#[test]
fn a_sealed_entry_is_proven_by_its_path_and_a_signed_root() {
    run(async {
        let tenant = Tenant::new().await;
        for _ in 0..7 {
            tenant.customer().await;
        }
        let listed = tenant.all.all(ENTRIES).await;
        assert!(listed.len() >= 8, "{}", listed.len());
        let mut roots = BTreeMap::new();
        for entry in &listed {
            let path = format!("{ENTRIES}/{}", text(entry, "id"));
            let proof = until("the entry is sealed and signed", 150, async || {
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
            assert_eq!(hex::encode(leaf), text(&proof, "leaf"), "the leaf is the hash of the body");
            let siblings: Vec<String> = serde_json::from_value(proof["path"].clone()).expect("hashes");
            let siblings: Vec<merkle::Hash> = siblings.iter().map(|hash| merkle::hash(hash)).collect();
            let (index, size) = (proof["index"].as_u64().expect("index"), proof["size"].as_u64().expect("size"));
            let root = merkle::root(index, size, leaf, &siblings).expect("a path of the right length");
            assert_eq!(hex::encode(root), text(&proof, "root"), "{proof}");
            let altered = merkle::leaf(body.replace("succeeded", "refused").as_bytes());
            assert_ne!(merkle::root(index, size, altered, &siblings), Some(root), "another entry is proven too");
            let signed: Value = serde_json::from_str(&text(&proof["checkpoint"], "body")).expect("JSON");
            assert_eq!((&signed["root"], &signed["size"], &signed["tenant"]), (&proof["root"], &proof["size"], &json!(tenant.id)));
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
            assert!(!merkle::signed(&key, &body.replace(&text(checkpoint, "root")[..8], "00000000"), &signature), "any root is signed");
            assert!(!merkle::signed(&other, &body, &signature));
            let inner: Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!((&inner["size"], &inner["root"]), (&checkpoint["size"], &checkpoint["root"]));
        }
        let sizes: Vec<u64> = data.iter().filter_map(|checkpoint| checkpoint["size"].as_u64()).collect();
        assert!(sizes.windows(2).all(|two| two[0] > two[1]), "newest first, each larger: {sizes:?}");
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
        let entries = bundle.lines().filter(|line| line.contains("\"type\":\"entry\"")).count();
        assert_eq!(ready["entries"].as_u64(), u64::try_from(entries).ok());
        let dir = scratch("bundle");
        let key = dir.join("key.pem");
        let pem = text(&tenant.all.get("/audit/v1/checkpoints").await.ok(), "public_key");
        fs::write(&key, pem).expect("the key");
        let verify = |name: &str, text: &str| {
            let file = dir.join(name);
            fs::write(&file, text).expect("a bundle");
            let output = Command::new(binary()).arg("verify").arg("--json").arg("--key").arg(&key).arg(&file).output().expect("the verifier");
            (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let (clean, report) = verify("clean.jsonl", &bundle);
        assert!(clean, "{report}");
        let lines: Vec<&str> = bundle.lines().collect();
        let at = lines.iter().position(|line| line.contains("billing.create_customer")).expect("an entry");
        let entry: Value = serde_json::from_str(lines[at]).expect("a line");
        let with = |line: Option<&str>| {
            let changed = lines.iter().enumerate().filter_map(|(n, old)| if n == at { line } else { Some(*old) });
            changed.map(|line| format!("{line}\n")).collect::<String>()
        };
        let flipped = lines[at].replacen("billing.create_customer", "billing.create_custoner", 1);
        let twice = format!("{}\n{}", lines[at], lines[at]);
        for (name, text, kind) in [
            ("flipped.jsonl", with(Some(&flipped)), "altered"),
            ("missing.jsonl", with(None), "missing"),
            ("twice.jsonl", with(Some(&twice)), "duplicate"),
            ("short.jsonl", lines[..lines.len() - 1].iter().map(|line| format!("{line}\n")).collect(), "truncated"),
        ] {
            let (clean, report) = verify(name, &text);
            assert!(!clean && report.contains(kind), "{name} is not {kind}: {report}");
            let named = kind == "truncated" || report.contains(entry["id"].as_str().expect("an id")) || report.contains(&entry["index"].to_string());
            assert!(named, "{name} does not name the entry: {report}");
        }
        let other = tenant.all.get("/identity/v1/me").await.ok();
        assert!(bundle.contains(&text(&other, "id")), "the actor is in the bundle");
        assert!(!bundle.contains(&tenant.people[0].email), "an address is in the bundle");
    });
}

#[test]
fn pages_between_two_times_and_times_that_are_none() {
    run(async {
        let tenant = Tenant::new().await;
        tenant.customer().await;
        let entries = tenant.all.all(ENTRIES).await;
        let at = |entry: &Value| text(&entry["entry"], "at");
        assert!(entries.windows(2).all(|two| text(&two[0], "id") > text(&two[1], "id")), "newest first");
        let last = at(&entries[entries.len() - 1]);
        let until_then = tenant.all.all(&format!("{ENTRIES}?from={last}&to={last}")).await;
        assert!(until_then.iter().all(|entry| at(entry) <= last) || until_then.is_empty());
        for query in ["from=yesterday", "to=2026-13-01T00:00:00Z", "from=2026-11-21", "from=2026-11-21T10:00:00Z&to=2026-11-20T10:00:00Z"] {
            tenant.all.get(&format!("{ENTRIES}?{query}")).await.refused(422, "invalid_input");
        }
        assert!(tenant.all.all(&format!("{ENTRIES}?to=2020-01-01T00:00:00Z")).await.is_empty());
    });
}
