//! Search and export of audit entries: what matches and nothing else, in forms that other systems take.

use crate::{
    cases::text,
    support::{Answer, Caller, Tenant, forge, random, run, time::until, world},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ENTRIES: &str = "/audit/v1/entries";

/// Who a caller is in entries.
async fn subject(caller: &Caller) -> String {
    text(&forge::read(&forge::parts(&caller.token().await)[1]), "sub")
}

fn ids(entries: &[Value]) -> BTreeSet<String> {
    entries.iter().map(|e| text(e, "id")).collect()
}

#[test]
fn a_search_gives_what_matches_newest_first_and_nothing_else() {
    run(async {
        let tenant = Tenant::new().await;
        let weak = tenant.client(&["support"]).await;
        let (mine, theirs) = (subject(&tenant.all).await, subject(&weak).await);
        let customer = tenant.customer().await;
        let path = format!("/billing/v1/customers/{customer}");
        for _ in 0..3 {
            tenant.all.get(&path).await.ok();
            weak.get(&path).await.ok();
        }
        weak.get("/audit/v1/checkpoints").await.refused(403, "forbidden");
        tenant.customer().await;
        let everything = tenant.all.all(ENTRIES).await;
        let entry = |e: &Value, name: &str| e["entry"][name].as_str().unwrap_or_default().to_owned();
        let matching = |test: &dyn Fn(&Value) -> bool| {
            ids(&everything.iter().filter(|e| test(e)).cloned().collect::<Vec<_>>())
        };
        // By object: found once it is sealed.
        let about = matching(&|e| entry(e, "object") == customer);
        assert_eq!(about.len(), 7, "created once, read six times");
        let sealed = async || {
            let found = ids(&tenant.all.all(&format!("{ENTRIES}?object={customer}")).await);
            (found == about).then_some(())
        };
        until("the entries about a customer", 60, sealed).await;

        let newest = text(&everything[0], "id");
        let at = entry(&everything[4], "at");
        let searches: Vec<(String, BTreeSet<String>)> = vec![
            (
                format!("actor={theirs}"),
                matching(&|e| e["actor"] == theirs.as_str()),
            ),
            (
                "activity=billing.create_customer".into(),
                matching(&|e| e["activity"] == "billing.create_customer"),
            ),
            ("outcome=refused".into(), matching(&|e| e["outcome"] == "refused")),
            (
                format!("actor={theirs}&outcome=refused"),
                matching(&|e| e["actor"] == theirs.as_str() && e["outcome"] == "refused"),
            ),
            (
                format!("object={customer}&actor={mine}"),
                matching(&|e| entry(e, "object") == customer && e["actor"] == mine.as_str()),
            ),
            (
                format!("object={customer}&activity=billing.create_customer"),
                matching(&|e| entry(e, "object") == customer && e["activity"] == "billing.create_customer"),
            ),
            (
                format!("actor={mine}&to={at}"),
                matching(&|e| e["actor"] == mine.as_str() && entry(e, "at") <= at),
            ),
            (
                format!("activity=billing.read_customer&from={at}"),
                matching(&|e| e["activity"] == "billing.read_customer" && entry(e, "at") >= at),
            ),
            ("outcome=failed".into(), BTreeSet::new()),
            ("actor=cli_01JD3X8M9V5T2Q4R6S8W0Y1Z2A".into(), BTreeSet::new()),
            ("address=192.0.2.77".into(), BTreeSet::new()),
            ("actor=nobody".into(), matching(&|e| e["actor"] == "nobody")),
        ];
        for (query, wanted) in searches {
            let mut found = tenant.all.all(&format!("{ENTRIES}?{query}")).await;
            // Only what was there before: searching leaves entries too.
            found.retain(|e| text(e, "id") <= newest);
            assert_eq!(ids(&found), wanted, "{query}");
            assert!(
                found
                    .windows(2)
                    .all(|two| text(&two[0], "id") > text(&two[1], "id")),
                "{query}: newest first"
            );
        }
        let from_here = tenant.all.all(&format!("{ENTRIES}?address=127.0.0.1")).await;
        assert!(
            ids(&from_here).is_superset(&about)
                && from_here.iter().all(|e| e["entry"]["address"] == "127.0.0.1")
        );
    });
}

#[test]
fn auditors_find_sign_ins_by_the_person_and_a_customers_entries_by_the_customer() {
    run(async {
        let tenant = Tenant::new().await;
        let person = &tenant.people[1];
        let second = text(&tenant.second.get("/identity/v1/me").await.ok(), "id");
        let wrong = json!({"tenant": tenant.id, "email": person.email, "password": world::password()});
        let refused = tenant
            .admin
            .http
            .post("/identity/v1/sessions", &wrong)
            .send()
            .await;
        refused.refused(401, "sign_in_refused");
        let sign_ins = format!("{ENTRIES}?actor={second}&activity=identity.create_session");
        let found = tenant.all.all(&sign_ins).await;
        let outcomes: BTreeSet<String> = found.iter().map(|e| text(e, "outcome")).collect();
        assert_eq!(outcomes.len(), 2, "a right and a wrong password: {found:?}");

        let (buyer, other) = (tenant.buyer().await, tenant.buyer().await);
        let paid = tenant
            .all
            .post("/payments/v1/payments", &buyer.pays(100, true))
            .await
            .is(201);
        tenant.all.get("/billing/v1/customers?limit=100").await.ok();
        let email = tenant
            .all
            .get(&format!("/billing/v1/customers/{}", buyer.customer))
            .await
            .ok();
        let search = tenant.all.request("POST", "/billing/v1/customers/search").await;
        search
            .json(&json!({"email": email["email"]}))
            .send()
            .await
            .is(200);
        tenant
            .all
            .post("/payments/v1/payments", &other.pays(100, true))
            .await
            .is(201);
        let about = format!("{ENTRIES}?customer={}", buyer.customer);
        let touched = until("what touched the customer is sealed", 30, async || {
            let found = tenant.all.all(&about).await;
            let activities: BTreeSet<String> = found.iter().map(|e| text(e, "activity")).collect();
            let wanted = [
                "billing.create_customer",
                "billing.list_customers",
                "billing.read_customer",
                "billing.search_customers",
                "payments.create_payment",
                "vault.create_payment_method",
            ];
            wanted.iter().all(|w| activities.contains(*w)).then_some(found)
        })
        .await;
        assert!(
            touched
                .iter()
                .all(|e| e["entry"].to_string().contains(&buyer.customer))
        );
        assert!(
            touched
                .iter()
                .any(|e| e["entry"].to_string().contains(&text(&paid, "id")))
        );
        assert!(
            touched
                .windows(2)
                .all(|two| text(&two[0], "id") > text(&two[1], "id"))
        );
        let reads = format!("{about}&activity=billing.read_customer");
        assert_eq!(tenant.all.all(&reads).await.len(), 1);

        for (asked, near) in [("billing.reed_customer", "billing.read_customer"), ("false", "")] {
            let refused = tenant.all.get(&format!("{ENTRIES}?activity={asked}")).await;
            refused.refused(422, "invalid_input");
            assert!(refused.text.contains(near), "{}", refused.told());
        }
    });
}

#[test]
fn pages_of_a_search_miss_nothing_and_their_cursors_fit_no_other_search() {
    run(async {
        let (tenant, other) = (Tenant::new().await, world::neighbour().await);
        for _ in 0..7 {
            tenant.customer().await;
            tenant.all.get("/payments/v1/payments").await.ok();
        }
        let search = format!("{ENTRIES}?activity=billing.create_customer&limit=2");
        let (mut found, mut cursor, mut first) = (Vec::new(), String::new(), None);
        loop {
            let page = tenant.all.get(&format!("{search}{cursor}")).await.ok();
            let data = page["data"].as_array().expect("data").clone();
            assert!(data.len() <= 2, "{page}");
            found.extend(data.iter().map(|e| text(e, "id")));
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            first.get_or_insert_with(|| next.to_owned());
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found.len(), 7);
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 7, "none twice");
        let cursor = first.expect("more than one page");
        for query in [
            "activity=billing.read_customer",
            "outcome=succeeded",
            "actor=nobody",
            "limit=2",
        ] {
            let path = format!("{ENTRIES}?{query}&cursor={cursor}");
            tenant.all.get(&path).await.refused(400, "bad_cursor");
        }
        other
            .all
            .get(&format!("{search}&cursor={cursor}"))
            .await
            .refused(400, "bad_cursor");
        for query in [
            "actor=a%20b",
            "object=",
            "address=localhost",
            "address=10.0.0.0/8",
            "outcome=good",
            "activity=a%00",
            "who=me",
        ] {
            tenant
                .all
                .get(&format!("{ENTRIES}?{query}"))
                .await
                .refused(422, "invalid_input");
        }
        let answer = tenant
            .all
            .get(&format!("{ENTRIES}?actor={}", subject(&tenant.all).await))
            .await;
        assert!(answer.calls().dynamodb <= 3, "{:?}", answer.calls());
    });
}

/// All lines of an export, once it is ready.
async fn exported(tenant: &Tenant, body: &Value) -> Vec<String> {
    let made = tenant.all.post("/audit/v1/exports", body).await.is(202);
    let path = format!("/audit/v1/exports/{}", text(&made, "id"));
    let ready = async || Some(tenant.all.get(&path).await.ok()).filter(|e| e["status"] == "ready");
    let export = until("the export", 60, ready).await;
    assert_eq!(export["format"], body["format"]);
    let status = tenant.all.get(&path).await;
    assert!(status.calls().dynamodb <= 3, "{:?}", status.calls());
    let mut lines = Vec::new();
    for part in 0..export["parts"].as_u64().expect("parts") {
        let part = tenant.all.get(&format!("{path}?part={part}")).await.ok();
        lines.extend(
            part["lines"]
                .as_array()
                .expect("lines")
                .iter()
                .map(|l| l.as_str().expect("a text").to_owned()),
        );
    }
    lines
}

#[test]
fn exports_hold_the_same_entries_in_every_format() {
    run(async {
        let tenant = Tenant::new().await;
        let formula = format!("=HYPERLINK(\"https://evil.example/{}\")", random(6));
        let customer = tenant.customer().await;
        let call = tenant
            .all
            .request("GET", &format!("/billing/v1/customers/{customer}"))
            .await;
        call.header("user-agent", &formula).send().await.ok();
        tenant
            .all
            .get("/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A")
            .await
            .refused(404, "not_found");

        let bodies = exported(&tenant, &json!({"format": "jsonl"})).await;
        let entries: Vec<Value> = bodies
            .iter()
            .map(|l| serde_json::from_str(l).expect("a line is JSON"))
            .collect();
        let listed = tenant.all.all(ENTRIES).await;
        for entry in &entries {
            let found = listed.iter().find(|e| e["id"] == entry["id"]);
            assert_eq!(Some(entry), found.map(|e| &e["entry"]), "as it is in the log");
        }
        let made: Vec<&Value> = entries
            .iter()
            .filter(|e| e["object"] == customer.as_str())
            .collect();
        assert_eq!(made.len(), 2, "created and read");

        let rows = exported(&tenant, &json!({"format": "csv"})).await;
        assert!(rows[0].starts_with("\"index\",\"id\",\"at\","), "{}", rows[0]);
        assert!(rows.len() > entries.len(), "a header, and what came since");
        let read = rows
            .iter()
            .find(|r| r.contains("HYPERLINK"))
            .expect("the row with the formula");
        assert!(read.contains("\"'=HYPERLINK(\"\"https"), "{read}");
        let columns = rows[0].matches("\",\"").count();
        assert!(
            rows.iter()
                .all(|r| r.matches("\",\"").count() == columns || r.contains("HYPERLINK")),
            "every row has its cells"
        );

        let events = exported(&tenant, &json!({"format": "ocsf"})).await;
        let events: Vec<Value> = events
            .iter()
            .map(|l| serde_json::from_str(l).expect("JSON"))
            .collect();
        let of = |id: &Value| {
            events
                .iter()
                .find(|e| e["metadata"]["uid"] == *id)
                .expect("its event")
        };
        for entry in &entries {
            let event = of(&entry["id"]);
            for name in [
                "activity_id",
                "actor",
                "api",
                "category_uid",
                "class_uid",
                "metadata",
                "severity_id",
                "src_endpoint",
                "time",
                "type_uid",
            ] {
                assert!(!event[name].is_null(), "no {name}: {event}");
            }
            assert_eq!(
                (&event["class_uid"], &event["metadata"]["version"]),
                (&json!(6003), &json!("1.3.0"))
            );
            let failed = matches!(entry["outcome"].as_str(), Some("refused" | "failed"));
            assert_eq!(event["status_id"], json!(if failed { 2 } else { 1 }), "{event}");
        }

        // A part of the time.
        let (from, to) = (text(&entries[1], "at"), text(&entries[2], "at"));
        let some = exported(&tenant, &json!({"format": "jsonl", "from": from, "to": to})).await;
        let wanted: Vec<&String> = bodies
            .iter()
            .filter(|l| {
                let at = text(&serde_json::from_str(l).expect("JSON"), "at");
                from <= at && at <= to
            })
            .collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), wanted);
        assert!(!some.is_empty() && some.len() < bodies.len());
        refusals(&tenant, &from, &to).await;
    });
}

async fn refusals(tenant: &Tenant, from: &str, to: &str) {
    for (body, pointer) in [
        (json!({"format": "xlsx"}), "/format"),
        (json!({"format": "bundle", "from": from}), "/from"),
        (json!({"to": to}), "/to"),
        (json!({"format": "csv", "from": "yesterday"}), "/from"),
        (
            json!({"format": "csv", "from": to, "to": "2020-01-01T00:00:00Z"}),
            "/to",
        ),
        (json!({"format": "csv", "until": to}), "/until"),
    ] {
        let answer: Answer = tenant.all.post("/audit/v1/exports", &body).await;
        answer.refused(422, "invalid_input");
        assert_eq!(answer.pointers(), [pointer], "{}", answer.told());
    }
}
