//! Requests of data subjects: copies that only their key opens, erasures that nothing survives, restrictions that hold,
//! decisions by humans; and breaches, whose alerts come once.

use crate::{
    cases::text,
    purges,
    support::{
        Answer, Tenant, cards, merkle,
        platform::{self, binary},
        random, run,
        time::until,
        world,
    },
};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

pub const REQUESTS: &str = "/privacy/v1/requests";

pub async fn ask(tenant: &Tenant, customer: &str, kind: &str) -> Answer {
    tenant
        .all
        .post(REQUESTS, &json!({"customer": customer, "type": kind}))
        .await
}

/// Asks for an erasure, which the second administrator approves.
pub async fn erase(tenant: &Tenant, customer: &str) -> Answer {
    let request = tenant.all.request("POST", REQUESTS).await.key(&random(22));
    tenant
        .with_approval(request.json(&json!({"customer": customer, "type": "erasure"})))
        .await
}

async fn completed(tenant: &Tenant, id: &str) -> Value {
    let path = format!("{REQUESTS}/{id}");
    until("a request is fulfilled", 180, async || {
        let request = tenant.all.get(&path).await.ok()["request"].clone();
        (request["status"] == "completed").then_some(request)
    })
    .await
}

fn lp(parts: &[&[u8]]) -> Vec<u8> {
    let lengths = parts
        .iter()
        .map(|p| u16::try_from(p.len()).expect("short").to_be_bytes());
    lengths.zip(parts).flat_map(|(l, p)| [&l, *p].concat()).collect()
}

/// Opens an archive as its receiver does, and checks its signature.
async fn open(tenant: &Tenant, request: &Value, key: &str) -> Value {
    let (id, archive) = (text(request, "id"), &request["archive"]);
    let parts = u32::try_from(archive["parts"].as_u64().expect("parts")).expect("few");
    let key = STANDARD.decode(key).expect("a key");
    let (mut whole, mut read) = (Vec::new(), Vec::new());
    for number in 0..parts {
        let part = tenant
            .all
            .get(&format!("{REQUESTS}/{id}?part={number}"))
            .await
            .ok();
        let part = STANDARD.decode(text(&part["part"], "body")).expect("base64");
        read.extend_from_slice(&part);
        let (nonce, body) = part.split_at(12);
        let place = lp(&[
            b"ledgerkeep-subject-archive/1",
            id.as_bytes(),
            &number.to_be_bytes(),
            &parts.to_be_bytes(),
        ]);
        let open = |key: &[u8]| {
            let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key"));
            let nonce = Nonce::try_assume_unique_for_key(nonce).expect("a nonce");
            let mut body = body.to_vec();
            let plain = key.open_in_place(nonce, Aad::from(place.clone()), &mut body);
            plain.map(|p| p.to_vec()).ok()
        };
        assert!(open(&[0; 32]).is_none(), "any key opens it");
        whole.extend(open(&key).expect("the key opens it"));
    }
    let manifest = text(archive, "manifest");
    let lines: Vec<&str> = manifest.lines().collect();
    let hash = |bytes: &[u8]| hex::encode(digest(&SHA256, bytes));
    assert_eq!(lines[1..4], [tenant.id.as_str(), &id, &text(request, "customer")]);
    assert_eq!(lines[5..7], [hash(&whole), hash(&read)]);
    let signer = tenant.all.get("/audit/v1/checkpoints").await.ok();
    let (pem, signature) = (text(&signer, "public_key"), text(archive, "signature"));
    assert!(merkle::signed(&pem, &manifest, &signature));
    assert!(!merkle::signed(&pem, &manifest.replace("/1", "/2"), &signature));
    serde_json::from_slice(&whole).expect("a document")
}

#[test]
fn a_copy_holds_everything_about_the_customer_and_nothing_about_others() {
    run(async {
        let tenant = Tenant::new().await;
        let (body, number, other) = (world::customer_body(), cards::good(), tenant.buyer().await);
        let customer = world::id(&tenant.all.post("/billing/v1/customers", &body).await);
        let card = tenant.card(&customer, &number).await;
        let buyer = world::Buyer {
            customer: customer.clone(),
            card: card.clone(),
        };
        let paid = tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(500, true))
            .await
            .is(201);
        let refunds = format!("/payments/v1/payments/{}/refunds", text(&paid, "id"));
        let refund = tenant.all.post(&refunds, &json!({"amount": 40})).await.is(201);
        let invoice = tenant.open_invoice(&customer, &["100"]).await;
        let check = json!({"customer": customer, "amount": 100, "currency": "EUR"});
        let check = tenant.all.post("/risk/v1/checks", &check).await.is(201);
        let list = json!({"name": "Known", "kind": "allow"});
        let list = text(&tenant.all.post("/risk/v1/lists", &list).await.is(201), "id");
        let (members, member) = (
            format!("/risk/v1/lists/{list}/items"),
            json!({"payment_method": card}),
        );
        let member = tenant.all.post(&members, &member).await.is(201);

        let asked = ask(&tenant, &customer, "access").await.is(201);
        assert_eq!(asked["status"], "in_progress");
        let request = completed(&tenant, &text(&asked, "id")).await;
        let document = open(&tenant, &request, &text(&asked, "archive_key")).await;
        let items = &document["items"];
        assert_eq!(items["customer"][0]["name"], body["name"]);
        assert_eq!(items["customer"][0]["email"], body["email"]);
        assert!(
            items["payment-method"][0]["holder"]
                .as_str()
                .expect("a holder")
                .starts_with("Holder")
        );
        assert_eq!(items["payment-method"][0]["number"], "[card]");
        for (kind, id) in [
            ("payment", text(&paid, "id")),
            ("refund", text(&refund, "id")),
            ("invoice", invoice.rsplit('/').next().expect("an id").to_owned()),
            ("risk-check", text(&check, "id")),
            ("risk-list-item", text(&member, "id")),
        ] {
            let ids: Vec<String> = items[kind]
                .as_array()
                .expect(kind)
                .iter()
                .map(|i| text(i, "id"))
                .collect();
            assert_eq!(ids, [id], "{kind}");
        }
        assert!(items["audit-entry"].as_array().expect("entries").len() >= 5);
        let whole = document.to_string();
        assert!(!whole.contains(&number) && !whole.contains(&other.customer) && !whole.contains(&other.card));
        assert!(text(&document, "page").contains(body["name"].as_str().expect("a name")));
        // The command opens it for whoever has the key, and nobody else.
        let folder = platform::platform()
            .dir
            .join(format!("copy-{}", text(&asked, "id")));
        std::fs::create_dir_all(&folder).expect("a folder");
        let keep =
            |name: &str, value: &Value| std::fs::write(folder.join(name), value.to_string()).expect(name);
        let path = format!("{REQUESTS}/{}", text(&asked, "id"));
        keep("asked", &asked);
        keep("request", &tenant.all.get(&path).await.ok());
        let parts = request["archive"]["parts"].as_u64().expect("parts");
        let names: Vec<String> = (0..parts).map(|n| format!("part-{n}")).collect();
        for (n, name) in names.iter().enumerate() {
            keep(name, &tenant.all.get(&format!("{path}?part={n}")).await.ok());
        }
        let signer = tenant.all.get("/audit/v1/checkpoints").await.ok();
        std::fs::write(folder.join("signer"), text(&signer, "public_key")).expect("a key");
        let opens = |key: &str| {
            let mut command = std::process::Command::new(binary());
            command
                .current_dir(&folder)
                .args(["open-archive", "request"])
                .args(&names);
            let told = command
                .args(["--key-file", key, "--signer", "signer", "--out", "out"])
                .output();
            told.expect("the command").status.success()
        };
        keep("wrong", &json!({"archive_key": STANDARD.encode([7; 32])}));
        assert!(!opens("wrong") && opens("asked"));
        let opened = std::fs::read(folder.join("out/data.json")).expect("the data");
        assert_eq!(serde_json::from_slice::<Value>(&opened).expect("JSON"), document);
        let page = std::fs::read_to_string(folder.join("out/page.html")).expect("the page");
        let (name, log) = (body["name"].as_str().expect("a name"), "When your data was read");
        assert!(
            page.find(name) < page.find(log) && !page.contains("127.0.0.1"),
            "{page}"
        );
        // The key is not told again.
        let again = tenant
            .all
            .get(&format!("{REQUESTS}/{}", text(&asked, "id")))
            .await;
        assert!(!again.text.contains(&text(&asked, "archive_key")));
        let beyond = format!("{REQUESTS}/{}?part=99", text(&asked, "id"));
        assert_eq!(tenant.all.get(&beyond).await.pointers(), ["/part"]);

        // An erasure takes the copy along.
        erase(&tenant, &customer).await.is(201);
        let part = format!("{REQUESTS}/{}?part=0", text(&asked, "id"));
        tenant.all.get(&part).await.refused(409, "customer_erased");
        ask(&tenant, &customer, "portability")
            .await
            .refused(409, "customer_erased");
    });
}

#[test]
fn an_erasure_leaves_the_ledger_and_nothing_of_the_person() {
    run(async {
        let (tenant, stranger) = (Tenant::new().await, Tenant::new().await);
        let (body, number) = (world::customer_body(), cards::good());
        let customer = world::id(&tenant.all.post("/billing/v1/customers", &body).await);
        let path = format!("/billing/v1/customers/{customer}");
        let card = tenant.card(&customer, &number).await;
        let buyer = world::Buyer {
            customer: customer.clone(),
            card: card.clone(),
        };
        let paid = tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(700, true))
            .await
            .is(201);
        let payment = format!("/payments/v1/payments/{}", text(&paid, "id"));
        let invoice = tenant.open_invoice(&customer, &["100"]).await;
        let mut drafted = world::invoice_body(&customer, &["100"]);
        drafted["memo"] = json!("Until soon");
        let draft = tenant.all.post("/billing/v1/invoices", &drafted).await;
        let draft = format!("/billing/v1/invoices/{}", world::id(&draft));
        let before = (
            tenant.all.get(&payment).await.ok(),
            tenant.all.get(&invoice).await.ok(),
        );

        erase(&stranger, &customer).await.refused(404, "not_found");
        let waiting = ask(&tenant, &customer, "erasure").await;
        waiting.is(202);
        tenant.all.get(&path).await.is(200);
        let erased = erase(&tenant, &customer).await.is(201);
        assert_eq!(erased["status"], "in_progress");
        erase(&tenant, &customer).await.refused(409, "customer_erased");

        tenant.all.get(&path).await.refused(404, "not_found");
        let rename = tenant
            .all
            .request("PATCH", &path)
            .await
            .json(&json!({"name": "Back again"}));
        rename.send().await.refused(404, "not_found");
        let search = json!({"email": body["email"]});
        let found = tenant
            .all
            .post("/billing/v1/customers/search", &search)
            .await
            .is(200);
        assert_eq!(found["data"], json!([]));
        let listed = json!(tenant.all.all("/billing/v1/customers").await).to_string();
        assert!(!listed.contains(&customer));
        tenant
            .all
            .get(&format!("/vault/v1/payment-methods/{card}"))
            .await
            .refused(404, "not_found");
        let cards = tenant
            .all
            .all(&format!("/vault/v1/payment-methods?customer={customer}"))
            .await;
        assert_eq!(cards, Vec::<Value>::new());
        let again = tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(700, true))
            .await;
        again.refused(409, "customer_erased");
        let card = tenant
            .all
            .post("/vault/v1/payment-methods", &world::card_body(&customer, &number))
            .await;
        card.refused(409, "customer_erased");
        for kind in ["access", "rectification", "restriction", "objection"] {
            ask(&tenant, &customer, kind)
                .await
                .refused(409, "customer_erased");
        }
        let after = (
            tenant.all.get(&payment).await.ok(),
            tenant.all.get(&invoice).await.ok(),
        );
        assert_eq!(before, after, "the ledger stays");
        assert_eq!(
            after.1["lines"][0]["description"], "Work 0",
            "and what was issued"
        );
        let gone = tenant.all.get(&draft).await.ok();
        assert_eq!(
            (&gone["memo"], &gone["lines"][0]["description"]),
            (&Value::Null, &json!("(erased)")),
            "a draft does not"
        );
        let late = tenant.all.post(&format!("{draft}/finalize"), &json!({})).await;
        late.refused(409, "customer_erased");
        let refund = tenant
            .all
            .post(&format!("{payment}/refunds"), &json!({"amount": 700}))
            .await;
        refund.is(201);

        let done = completed(&tenant, &text(&erased, "id")).await;
        let certificate = &done["certificate"];
        let keys = certificate["keys"].as_array().expect("keys");
        let purposes: Vec<&str> = keys.iter().filter_map(|k| k["purpose"].as_str()).collect();
        assert_eq!(purposes, ["pii", "card", "pii"], "{certificate}");
        assert!(keys.iter().all(|k| k["versions"] == json!([1])), "{certificate}");
        assert!(text(certificate, "backups_until") > text(certificate, "verified_at"));
        let kept = certificate["kept"].as_array().expect("what is kept");
        assert_eq!(
            (kept.len(), &kept[0]["kind"], &kept[0]["documents"]),
            (1, &json!("invoice"), &json!(1)),
            "{certificate}"
        );

        // What was proven before can be proven now.
        let entries = tenant.all.all("/audit/v1/entries").await;
        let first = text(entries.last().expect("entries"), "id");
        tenant.all.post("/audit/v1/exports", &json!({})).await.is(202);
        let proof = format!("/audit/v1/entries/{first}/proof");
        let proven = async || tenant.all.get(&proof).await.is_success().then_some(());
        until("a proof", 60, proven).await;
        let (whole, key) = purges::bundle(&tenant).await;
        let (clean, report) = purges::verify("erased.jsonl", &whole, &key);
        assert!(clean && !report.contains("purged"), "{report}");
        assert!(
            whole.contains(&customer),
            "its entries stand in the middle of the tree"
        );
    });
}

#[test]
fn a_restriction_holds_until_it_is_lifted() {
    run(async {
        let (tenant, stranger) = (Tenant::new().await, Tenant::new().await);
        let buyer = tenant.buyer().await;
        let invoice = tenant.open_invoice(&buyer.customer, &["100"]).await;
        ask(&stranger, &buyer.customer, "restriction")
            .await
            .refused(404, "not_found");
        ask(&tenant, &buyer.customer, "restriction_lift")
            .await
            .refused(409, "wrong_state");
        ask(&tenant, &buyer.customer, "restriction").await.is(201);
        ask(&tenant, &buyer.customer, "restriction")
            .await
            .refused(409, "wrong_state");
        let pay = format!("{invoice}/pay");
        let check = json!({"customer": buyer.customer, "amount": 100, "currency": "EUR"});
        let card = world::card_body(&buyer.customer, &cards::good());
        let calls = [
            ("/payments/v1/payments", buyer.pays(100, true)),
            (pay.as_str(), json!({"payment_method": buyer.card})),
            ("/risk/v1/checks", check),
            ("/vault/v1/payment-methods", card),
        ];
        for (path, body) in &calls {
            tenant
                .all
                .post(path, body)
                .await
                .refused(409, "processing_restricted");
        }
        tenant
            .all
            .get(&format!("/billing/v1/customers/{}", buyer.customer))
            .await
            .is(200);
        ask(&tenant, &buyer.customer, "restriction_lift").await.is(201);
        for (path, body) in &calls {
            tenant.all.post(path, body).await.ok();
        }
    });
}

#[test]
fn humans_decide_within_a_due_date_that_is_put_off_once() {
    run(async {
        let tenant = Tenant::new().await;
        let customer = tenant.customer().await;
        let decide = async |id: &str, decision: &str| {
            let body = json!({"decision": decision, "reason": "As told"});
            tenant.all.post(&format!("{REQUESTS}/{id}"), &body).await
        };
        let asked = ask(&tenant, &customer, "objection").await.is(201);
        let id = text(&asked, "id");
        let later = decide(&id, "extend").await.is(200);
        assert!(text(&later, "due_at") > text(&asked, "due_at"));
        decide(&id, "extend").await.refused(409, "extended");
        let refused = decide(&id, "refuse").await.is(200);
        assert_eq!(
            (&refused["status"], &refused["reason"]),
            (&json!("refused"), &json!("As told"))
        );
        for decision in ["grant", "refuse", "extend"] {
            decide(&id, decision).await.refused(409, "wrong_state");
        }
        let wrong = text(&ask(&tenant, &customer, "rectification").await.is(201), "id");
        decide(&wrong, "grant").await.refused(409, "not_rectified");
        let patch = tenant
            .all
            .request("PATCH", &format!("/billing/v1/customers/{customer}"))
            .await;
        patch.json(&json!({"name": "Put right"})).send().await.is(200);
        decide(&wrong, "grant").await.is(200);
    });
}

#[test]
fn what_the_screen_refused_is_reviewed_by_a_human_and_an_objection_stops_processing() {
    run(async {
        let (tenant, other) = (Tenant::new().await, Tenant::new().await);
        let buyer = tenant.buyer().await;
        let pay = async || {
            tenant
                .all
                .post("/payments/v1/payments", &buyer.pays(300, true))
                .await
        };
        let good = text(&pay().await.is(201), "id");
        let list = json!({"name": "Denied", "kind": "deny"});
        let list = text(&tenant.all.post("/risk/v1/lists", &list).await.is(201), "id");
        let denied = json!({"payment_method": buyer.card});
        tenant
            .all
            .post(&format!("/risk/v1/lists/{list}/items"), &denied)
            .await
            .is(201);
        let refused = pay().await.is(201);
        assert_eq!(refused["status"], "declined", "{refused}");
        let check = json!({"customer": buyer.customer, "payment_method": buyer.card, "amount": 300, "currency": "EUR"});
        let check = text(&tenant.all.post("/risk/v1/checks", &check).await.is(201), "id");

        let review = |tenant: &Tenant, customer: &str, about: Value| {
            let all = tenant.all.at(&tenant.all.http);
            let body = json!({"customer": customer, "type": "review", "about": about});
            async move { all.post(REQUESTS, &body).await }
        };
        let (stranger, elsewhere) = (tenant.customer().await, other.customer().await);
        let about = json!(refused["id"]);
        for (whose, customer, about) in [
            (&tenant, &buyer.customer, Value::Null),
            (&tenant, &buyer.customer, json!("pay_1")),
            (&tenant, &buyer.customer, json!(good)),
            (&tenant, &stranger, about.clone()),
            (&other, &elsewhere, about.clone()),
        ] {
            let answer = review(whose, customer, about.clone()).await;
            answer.refused(422, "invalid_input");
            assert_eq!(answer.pointers(), ["/about"], "{about}: {}", answer.told());
        }
        let person = tenant.person(&["privacy_officer"]).await;
        for about in [about, json!(check)] {
            let asked = review(&tenant, &buyer.customer, about.clone()).await.is(201);
            assert_eq!(asked["status"], "open", "nobody has looked at it yet");
            let path = format!("{REQUESTS}/{}", text(&asked, "id"));
            let decision = json!({"decision": "grant", "reason": "The card is in order"});
            // A program that decides would be one more automated decision.
            tenant
                .all
                .post(&path, &decision)
                .await
                .refused(403, "human_required");
            let extend = json!({"decision": "extend", "reason": "On leave"});
            tenant.all.post(&path, &extend).await.is(200);
            let decided = person.caller.post(&path, &decision).await.is(200);
            assert_eq!(
                (&decided["about"], &decided["decided_by"]),
                (&about, &json!(person.id))
            );
        }

        let objection = text(&ask(&tenant, &buyer.customer, "objection").await.is(201), "id");
        pay().await.is(201);
        let grant = json!({"decision": "grant", "reason": "As asked"});
        tenant
            .all
            .post(&format!("{REQUESTS}/{objection}"), &grant)
            .await
            .is(200);
        pay().await.refused(409, "processing_restricted");
        ask(&tenant, &buyer.customer, "restriction_lift").await.is(201);
        pay().await.is(201);
    });
}

#[test]
fn a_breach_alerts_once_for_each_stage_until_somebody_has_been_told() {
    run(async {
        let tenant = Tenant::new().await;
        let hours_ago = |hours: u64| {
            let at = crate::support::time::unix() - hours * 3600;
            let output = std::process::Command::new("date")
                .args(["-u", "-d", &format!("@{at}"), "+%FT%TZ"])
                .output();
            String::from_utf8(output.expect("date").stdout)
                .expect("a date")
                .trim()
                .to_owned()
        };
        let open = async |hours: u64| {
            let body = json!({"summary": "Lost laptop", "known_at": hours_ago(hours)});
            text(
                &tenant.all.post("/privacy/v1/breaches", &body).await.is(201),
                "id",
            )
        };
        let (fresh, old, late) = (open(1).await, open(49).await, open(73).await);
        for wrong in ["2099-01-01T00:00:00Z", "yesterday"] {
            let body = json!({"summary": "Lost laptop", "known_at": wrong});
            assert_eq!(
                tenant.all.post("/privacy/v1/breaches", &body).await.pointers(),
                ["/known_at"]
            );
        }
        let alerted = async |id: &str| {
            let all = tenant.all.all("/privacy/v1/breaches").await;
            let breach = all.iter().find(|b| b["id"] == id).expect("a breach").clone();
            breach["alerted"].as_u64().expect("a count")
        };
        until("alerts", 150, async || {
            (alerted(&old).await == 2 && alerted(&late).await == 3).then_some(())
        })
        .await;
        assert_eq!(alerted(&fresh).await, 0);
        let notify = async |id: &str, body: Value| {
            tenant
                .all
                .post(&format!("/privacy/v1/breaches/{id}/notify"), &body)
                .await
        };
        assert_eq!(notify(&late, json!({})).await.pointers(), ["/delay_reason"]);
        notify(&late, json!({"delay_reason": "Found late"})).await.is(200);
        notify(&late, json!({"delay_reason": "Found late"}))
            .await
            .refused(409, "wrong_state");
        notify(&old, json!({"authority_reference": "A-1"})).await.is(200);
        let entries = tenant.all.all("/audit/v1/entries").await;
        let alerts = entries
            .iter()
            .filter(|e| e["activity"] == "privacy.watch_breaches")
            .count();
        assert_eq!(alerts, 2, "one alert for each breach that is late");
    });
}

/// What people wrote about a customer goes with them: from what is answered again under an old key, and from what lists find.
#[test]
fn nothing_that_was_written_about_somebody_is_told_once_they_are_erased() {
    run(async {
        let tenant = Tenant::new().await;
        let name = format!("Zoe-Quill-{}", random(10));
        let mut kept: Vec<(String, String, Value)> = Vec::new();
        let mut told = async |path: &str, body: Value| {
            let key = random(22);
            let answer = tenant.all.post_as(path, &key, &body).await.is(201);
            let again = tenant.all.post_as(path, &key, &body).await;
            assert!(
                again.status == 201 && again.text.contains(&name),
                "{path}: {}",
                again.told()
            );
            kept.push((path.to_owned(), key, body));
            answer
        };
        let mut body = world::customer_body();
        body["name"] = json!(name);
        body["reference"] = json!(name);
        body["metadata"] = json!({"note": name});
        let customer = text(&told("/billing/v1/customers", body).await, "id");
        let mut card = world::card_body(&customer, &cards::good());
        card["holder"] = json!(name);
        let card = text(&told("/vault/v1/payment-methods", card).await, "id");
        let buyer = world::Buyer {
            customer: customer.clone(),
            card: card.clone(),
        };
        let mut pays = buyer.pays(700, true);
        pays["reference"] = json!(name);
        pays["metadata"] = json!({"note": name});
        let payment = text(&told("/payments/v1/payments", pays).await, "id");
        let refunds = format!("/payments/v1/payments/{payment}/refunds");
        let refund = told(&refunds, json!({"amount": 40, "reason": name})).await;
        assert_eq!(refund["reason"], name);
        let list = json!({"name": "Known", "kind": "allow"});
        let list = text(&tenant.all.post("/risk/v1/lists", &list).await.is(201), "id");
        let members = format!("/risk/v1/lists/{list}/items");
        told(&members, json!({"customer": customer, "note": name})).await;
        told(&members, json!({"payment_method": card, "note": name})).await;

        let found = format!("/payments/v1/payments?reference={name}");
        assert_eq!(tenant.all.all(&found).await.len(), 1);
        assert_eq!(
            tenant
                .all
                .all(&format!("/billing/v1/customers?reference={name}"))
                .await
                .len(),
            1
        );
        assert_eq!(
            json!(tenant.all.all(&members).await)
                .to_string()
                .matches(&name)
                .count(),
            2
        );

        erase(&tenant, &customer).await.is(201);
        for (path, key, body) in kept {
            let again = tenant.all.post_as(&path, &key, &body).await;
            assert!(
                again.status >= 400 && !again.text.contains(&name),
                "{path}: {}",
                again.told()
            );
        }
        assert_eq!(tenant.all.all(&found).await, Vec::<Value>::new());
        for path in [
            format!("/payments/v1/payments/{payment}"),
            format!("/payments/v1/refunds/{}", text(&refund, "id")),
            "/payments/v1/payments".to_owned(),
            "/payments/v1/refunds".to_owned(),
            "/billing/v1/customers".to_owned(),
            "/notifications/v1/events".to_owned(),
            members,
        ] {
            let answer = tenant.all.get(&path).await;
            assert!(!answer.text.contains(&name), "{path}: {}", answer.told());
        }
    });
}
