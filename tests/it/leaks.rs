//! Leaks: after a run in which everything is done once, every byte that was kept or told is searched for every secret,
//! card number and personal value that went in; and every item that was kept is held against the data map.

use crate::{
    cases::text,
    support::{
        Findings, Login, Platform, Tenant, cards, mail,
        needles::Needles,
        platform::{root, scratch},
        random, run,
        time::until,
        world,
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// Files that hold what may be there: the authority's key, the first sign-in that people are handed, and the stand-ins
/// of KMS, Secrets Manager and SES, which on AWS are not part of the platform.
const OUTSIDE: [&str; 4] = ["ca-key.pem", "ca.pem", "first-sign-in.json", "aws"];
/// Attributes that the store itself adds.
const OWN: [&str; 10] = [
    "pk",
    "sk",
    "gsi1pk",
    "gsi1sk",
    "gsi2pk",
    "gsi2sk",
    "rev",
    "audit",
    "expires",
    "reserved_by",
];

/// Does everything once, and gives what went in and what was told: error answers, audit entries, an export.
async fn a_run(platform: &Platform, needles: &mut Needles) -> (Tenant, Vec<(String, String)>) {
    let tenant = Tenant::on(platform).await;
    let mut told = Vec::new();
    for person in &tenant.people {
        needles.add("a user's password", &person.password);
        needles.add(
            "a user's address",
            person.email.split('@').next().expect("a name"),
        );
        needles.add("a user's name", &person.name);
    }
    if let Login::Client { secret, .. } = &*tenant.all.login {
        needles.add("a client's secret", secret);
    }
    needles.add("an access token", &tenant.all.token().await);
    let session = tenant.admin.sign_in().await.is(201);
    for name in ["access_token", "refresh_token"] {
        needles.add(name, &text(&session, name));
    }
    let invited = world::user_body(&["auditor"]);
    needles.add(
        "an invited address",
        text(&invited, "email").split('@').next().expect("a name"),
    );
    needles.add("an invited name", &text(&invited, "name"));
    tenant.invite(&invited).await.is(201);
    needles.add(
        "an invitation",
        &mail::code(platform, &text(&invited, "email")).await,
    );

    let (number, holder) = (cards::good(), format!("Holder {}", random(12)));
    let body = world::customer_body();
    needles.add("a customer's name", &text(&body, "name"));
    needles.add(
        "a customer's address",
        text(&body, "email").split('@').next().expect("a name"),
    );
    needles.add("a card number", &number);
    needles.add("a card holder", &holder);
    let customer = world::id(&tenant.all.post("/billing/v1/customers", &body).await);
    let mut card = world::card_body(&customer, &number);
    card["holder"] = json!(holder);
    let card = world::id(&tenant.all.post("/vault/v1/payment-methods", &card).await);
    let buyer = world::Buyer {
        customer: customer.clone(),
        card,
    };
    // What people write freely may be about somebody, and is here.
    let mut written = |place: &str| {
        let words = format!("Zoe-Quill-{}", random(12));
        needles.add(place, &words);
        json!(words)
    };
    let mut pays = buyer.pays(900, true);
    pays["reference"] = written("a payment's reference");
    pays["metadata"] = json!({"note": written("a payment's metadata")});
    let refund = json!({"amount": 40, "reason": written("a refund's reason")});
    let renamed = json!({"reference": written("a customer's reference"), "metadata": {"note": written("a customer's metadata")}});
    let noted = json!({"customer": customer, "note": written("a note on a list")});
    let paid = tenant.all.post("/payments/v1/payments", &pays).await.is(201);
    let refunds = format!("/payments/v1/payments/{}/refunds", text(&paid, "id"));
    tenant.all.post(&refunds, &refund).await.is(201);
    let known = json!({"name": "Known", "kind": "allow"});
    let list = text(&tenant.all.post("/risk/v1/lists", &known).await.is(201), "id");
    let members = format!("/risk/v1/lists/{list}/items");
    tenant.all.post(&members, &noted).await.is(201);
    let path = format!("/billing/v1/customers/{customer}");
    let patch = tenant.all.request("PATCH", &path).await;
    patch.json(&renamed).send().await.is(200);
    let invoice = tenant.open_invoice(&customer, &["100"]).await;
    let pay = json!({"payment_method": buyer.card});
    tenant.all.post(&format!("{invoice}/pay"), &pay).await.is(200);
    let search = json!({"email": body["email"]});
    tenant
        .all
        .post("/billing/v1/customers/search", &search)
        .await
        .is(200);
    let patch = tenant
        .all
        .request("PATCH", &format!("/billing/v1/customers/{customer}"))
        .await;
    patch.json(&json!({"name": body["name"]})).send().await.is(200);
    let hook = json!({"url": "https://localhost:9/", "event_types": ["*"]});
    let hook = tenant.all.post("/notifications/v1/webhooks", &hook).await.is(201);
    needles.add("a webhook's secret", &text(&hook, "secret"));
    let copy = json!({"customer": customer, "type": "access"});
    let copy = tenant.all.post("/privacy/v1/requests", &copy).await.is(201);
    needles.add("an archive's key", &text(&copy, "archive_key"));
    let path = format!("/privacy/v1/requests/{}", text(&copy, "id"));
    let there = async || (tenant.all.get(&path).await.ok()["request"]["status"] == "completed").then_some(());
    until("an archive", 150, there).await;

    // Refusals, each with a value in the wrong place.
    let wrong = Login::User {
        tenant: tenant.id.clone(),
        email: tenant.people[0].email.clone(),
        password: format!("{}x", tenant.people[0].password),
    };
    let guess = crate::support::Caller::new(&platform.http, wrong).sign_in().await;
    told.push(("a failed sign-in".to_owned(), guess.text.clone()));
    let (email, name) = (&body["email"], &body["name"]);
    for (path, body) in [
        (
            "/billing/v1/customers",
            json!({"name": {"x": name}, "email": [email]}),
        ),
        (
            "/billing/v1/customers",
            json!({"name": name, "email": format!("{email} no address"), "x": number}),
        ),
        (
            "/billing/v1/customers/search",
            json!({"email": format!("{name}")}),
        ),
        (
            "/vault/v1/payment-methods",
            json!({"customer": number, "number": format!("{number}0"), "holder": holder}),
        ),
        (
            "/vault/v1/payment-methods",
            json!({"customer": customer, "number": [number], "exp_month": number}),
        ),
        (
            "/payments/v1/payments",
            json!({"customer": email, "payment_method": number, "amount": number}),
        ),
        ("/privacy/v1/requests", json!({"customer": name, "type": email})),
    ] {
        let refused = tenant.all.post(path, &body).await;
        assert!((400..500).contains(&refused.status), "{}", refused.told());
        told.push((format!("a refusal by {path}"), refused.text.clone()));
    }
    // An export is sealed and signed at once.
    let export = tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
    let path = format!("/audit/v1/exports/{}?part=0", text(&export, "id"));
    let bundle = async || {
        let answer = tenant.all.get(&path).await;
        answer.json()["lines"].is_array().then_some(answer.text)
    };
    told.push(("an export".into(), until("an export", 90, bundle).await));
    for entry in tenant.all.all("/audit/v1/entries").await {
        let path = format!("/audit/v1/entries/{}", text(&entry, "id"));
        told.push(("an audit entry".into(), tenant.all.get(&path).await.text));
    }
    (tenant, told)
}

/// Every file below, but those outside.
fn files(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if OUTSIDE.contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            files(&entry.path(), found);
        } else if let Ok(bytes) = fs::read(entry.path()) {
            found.push((name, bytes));
        }
    }
}

#[test]
fn nothing_that_was_kept_or_told_shows_what_it_must_not() {
    let dir = scratch("leaks");
    let platform = Platform::start(&dir, &root());
    run(async {
        let (mut needles, mut planted) = (Needles::default(), Needles::default());
        let (tenant, told) = a_run(&platform, &mut needles).await;
        let plant = format!("Planted {}", random(12));
        planted.add("what was planted", &plant);
        let product = json!({"name": plant});
        tenant.all.post("/billing/v1/products", &product).await.is(201);

        let mut kept = Vec::new();
        files(&dir, &mut kept);
        let names: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
        for needed in ["tables.sqlite", "platform.log"] {
            assert!(names.contains(&needed), "{names:?}");
        }
        // A name in clear, just written, is found in the state, so what is not found is not there.
        assert!(
            kept.iter()
                .any(|(name, bytes)| !planted.found(name, bytes).is_empty())
        );
        assert!(told.len() > 40, "{} texts", told.len());
        let mut findings = Findings::default();
        for (name, bytes) in &kept {
            needles
                .found(name, bytes)
                .into_iter()
                .for_each(|f| findings.check(false, || f.clone()));
        }
        for (name, text) in &told {
            let found = needles.found(name, text.as_bytes());
            found
                .into_iter()
                .for_each(|f| findings.check(false, || f.clone()));
        }
        against_the_map(&dir, &tenant, &mut findings).await;
        findings.none();
    });
}

/// One type of item, as the register tells it: the class of each field, by path.
type Lines = Vec<(String, BTreeMap<String, String>)>;

/// Holds every item in the tables against the register of processing.
async fn against_the_map(dir: &Path, tenant: &Tenant, findings: &mut Findings) {
    let register = tenant.all.get("/privacy/v1/register").await.ok();
    let mut types: BTreeMap<String, Lines> = BTreeMap::new();
    for line in register["data"].as_array().expect("lines") {
        let fields = line["fields"].as_array().expect("fields").iter();
        let fields = fields.map(|f| (text(f, "name"), text(f, "class"))).collect();
        let service = text(line, "service");
        let table = if service == "road" {
            ""
        } else {
            line["table"].as_str().expect("a table")
        };
        types
            .entry(text(line, "kind"))
            .or_default()
            .push((table.to_owned(), fields));
    }
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let file = rusqlite::Connection::open_with_flags(dir.join("tables.sqlite"), flags).expect("the state");
    let mut names = file
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'ledgerkeep-%' AND name NOT LIKE '%::%'")
        .expect("a query");
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .expect("tables")
        .flatten()
        .collect();
    assert!(names.len() >= 11, "{names:?}");
    let mut sealed = 0usize;
    for table in names {
        let mut rows = file
            .prepare(&format!("SELECT item_json FROM \"{table}\""))
            .expect("a query");
        let rows: Vec<String> = rows
            .query_map([], |row| row.get(0))
            .expect("items")
            .flatten()
            .collect();
        for row in rows {
            let item: Value = serde_json::from_str(&row).expect("an item");
            let pk = item["pk"]["S"].as_str().expect("a key").to_owned();
            let kind = pk.split('#').nth(2).unwrap_or_default().to_owned();
            if kind == "rate" {
                // A token bucket: two numbers, about nobody.
                continue;
            }
            let lines = types.get(&kind).map(Vec::as_slice).unwrap_or_default();
            let here: Vec<_> = lines
                .iter()
                .filter(|(t, _)| t.is_empty() || table.ends_with(&format!("-{t}")))
                .collect();
            findings.check(!here.is_empty(), || {
                format!("{kind} in {table} is not on the register")
            });
            for (name, value) in item.as_object().into_iter().flatten() {
                // Windows stand side by side, each under its number.
                let window =
                    kind == "velocity" && name.strip_prefix('w').is_some_and(|n| n.parse::<u8>().is_ok());
                let name = if window { "windows" } else { name.as_str() };
                if OWN.contains(&name) || here.is_empty() {
                    continue;
                }
                let known = here
                    .iter()
                    .any(|(_, fields)| fields.keys().any(|f| f.split('.').next() == Some(name)));
                findings.check(known, || format!("{kind}.{name} is not on the register"));
                for (_, fields) in &here {
                    masked(
                        name,
                        value,
                        fields,
                        &format!("{kind} in {table}"),
                        findings,
                        &mut sealed,
                    );
                }
            }
        }
    }
    assert!(sealed > 20, "{sealed} sealed values were looked at");
}

/// Personal, card and secret values are bytes: sealed, or hashed.
fn masked(
    path: &str,
    value: &Value,
    fields: &BTreeMap<String, String>,
    place: &str,
    findings: &mut Findings,
    sealed: &mut usize,
) {
    let class = fields.get(path).map(String::as_str).unwrap_or_default();
    let hidden = ["personal", "card", "secret"].contains(&class);
    if let Some(list) = value["L"].as_array() {
        list.iter()
            .for_each(|v| masked(path, v, fields, place, findings, sealed));
    } else if let Some(map) = value["M"].as_object() {
        for (name, v) in map {
            // A map of sealed values has names of its own.
            let below = if hidden {
                path.to_owned()
            } else {
                format!("{path}.{name}")
            };
            masked(&below, v, fields, place, findings, sealed);
        }
    } else if hidden {
        *sealed += 1;
        let bytes = value["B"].is_string() || value["NULL"].is_boolean();
        findings.check(bytes, || format!("{path} of {place} is {class} and in clear"));
    }
}
