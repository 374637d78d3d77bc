//! Lists: what each filter that a contract declares finds, against the whole list; pages that join; wrong values. A filter without a
//! line here fails.

use crate::{
    bad_input::refused,
    cases::text,
    contracts::{Operation, operations},
    support::{
        Answer, Caller, Findings, Tenant, cards, platform,
        receiver::Receiver,
        run,
        time::{pause, until},
        world,
    },
};
use serde_json::{Value, json};

/// A filter of a list: a value, which rows of the whole list it wants, and values that it does not take.
struct Filtered {
    value: String,
    wants: Box<dyn Fn(&Value) -> bool>,
    bad: Vec<&'static str>,
}

fn filtered(
    value: impl Into<String>,
    wants: impl Fn(&Value) -> bool + 'static,
    bad: &[&'static str],
) -> Option<Filtered> {
    Some(Filtered {
        value: value.into(),
        wants: Box::new(wants),
        bad: bad.to_vec(),
    })
}

/// Rows that have this text.
fn equal(name: &'static str, value: impl Into<String>, bad: &[&'static str]) -> Option<Filtered> {
    let value = value.into();
    let wanted = value.clone();
    filtered(value, move |row| row[name] == wanted.as_str(), bad)
}

/// What a case needs to know of the tenant that the lists belong to.
struct World {
    product: String,
    webhook: String,
    alert_states: Vec<String>,
}

const NOT_AN_ID: &[&str] = &["nobody", "cus_1", "17"];
const NOT_A_STATE: &[&str] = &["nowhere", "Captured", "17"];
const NOT_A_TIME: &[&str] = &["yesterday", "2026-13-01T00:00:00Z", "2026-11-21", "17"];

/// The case of a filter of an operation; `whole` is its list without any.
fn case(operation: &str, filter: &str, whole: &[Value], world: &World) -> Option<Filtered> {
    // Something in the middle, so that there is more on both sides.
    let middle = || text(&whole[whole.len() / 2], "created_at");
    let first = |name: &str| {
        let found = whole.iter().find_map(|row| row[name].as_str());
        found
            .unwrap_or_else(|| panic!("{operation}: nothing has a {name}"))
            .to_owned()
    };
    let order = || {
        filtered(
            "order:17",
            |row| row["metadata"]["order"] == "17",
            &["order", "an order:17", ":17", "order:", "note:17"],
        )
    };
    match (operation, filter) {
        (_, "created_from") => {
            let from = middle();
            filtered(middle(), move |row| text(row, "created_at") >= from, NOT_A_TIME)
        }
        (_, "created_to") => {
            let to = middle();
            filtered(middle(), move |row| text(row, "created_at") <= to, NOT_A_TIME)
        }
        (
            "list_customers" | "list_payments" | "list_invoices" | "list_subscriptions" | "list_all_refunds",
            "metadata",
        ) => order(),
        ("list_customers" | "list_payments", "reference") => equal("reference", "17", &["with space", ""]),
        ("list_customers", "country") => equal("country", "FR", &["Germany", "fr", "17"]),
        ("list_prices", "product") => equal("product", world.product.as_str(), NOT_AN_ID),
        ("list_invoices", "number") => equal("number", first("number"), &["17", "INV-1", "inv-000001"]),
        (
            "list_payments"
            | "list_invoices"
            | "list_subscriptions"
            | "list_credit_notes"
            | "list_all_refunds"
            | "list_payment_methods"
            | "list_risk_labels",
            "customer",
        ) => equal("customer", first("customer"), NOT_AN_ID),
        ("list_risk_labels", "payment") => equal("payment", first("payment"), NOT_AN_ID),
        ("list_risk_labels", "label") => equal("label", "fraud", NOT_A_STATE),
        ("list_credit_notes", "invoice") => equal("invoice", first("invoice"), NOT_AN_ID),
        ("list_payments", "status") => equal("status", "authorized", NOT_A_STATE),
        ("list_subscriptions", "status") => equal("status", "canceled", NOT_A_STATE),
        ("list_invoices", "status") => equal("status", "open", NOT_A_STATE),
        ("list_all_refunds", "status") => equal("status", "failed", NOT_A_STATE),
        ("list_deliveries", "webhook") => equal("webhook", world.webhook.as_str(), NOT_AN_ID),
        ("list_deliveries", "status") => equal("status", "delivered", NOT_A_STATE),
        ("list_accounts", "type") => equal("type", "receivable", NOT_A_STATE),
        ("list_alerts", "state") => equal("state", world.alert_states[0].as_str(), NOT_A_STATE),
        _ => None,
    }
}

/// Query parameters beside those of every list.
fn filters(operation: &Operation) -> Option<Vec<String>> {
    let parameters = operation.document["parameters"].as_array()?;
    let names = |place: &str| -> Vec<String> {
        let of = parameters.iter().filter(|p| p["in"] == place);
        of.map(|p| text(p, "name")).collect()
    };
    let mut query = names("query");
    let is_list =
        operation.method == "GET" && ["limit", "cursor"].iter().all(|n| query.iter().any(|q| q == n));
    query.retain(|name| !["limit", "cursor"].contains(&name.as_str()));
    is_list.then_some(query)
}

fn with(path: &str, filter: &str, value: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    let encoded = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let value: String = value.bytes().map(encoded).collect();
    format!("{path}{joint}{filter}={value}")
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| text(row, "id")).collect()
}

/// Every row of a list, two at a time. A page that is not full and goes on says how far it has looked.
async fn paged(caller: &Caller, path: &str, findings: &mut Findings) -> Vec<Value> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..200 {
        let page = caller.get(&format!("{path}{joint}limit=2{cursor}")).await.ok();
        let rows = page["data"].as_array().expect("a list has data");
        let more = page["next_cursor"].as_str();
        let short = rows.len() < 2 && more.is_some();
        let timed = rows.iter().all(|row| row["created_at"].is_string());
        findings.check(
            !timed || short == page["looked_until"].is_string() || rows.is_empty(),
            || format!("{path}: {} rows, {page}", rows.len()),
        );
        found.extend(rows.iter().cloned());
        match more {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
    panic!("{path} does not end");
}

/// A whole list, once what fills it asynchronously has come.
async fn settled(caller: &Caller, path: &str) -> Vec<Value> {
    let mut before = caller.all(path).await;
    loop {
        pause(1_000).await;
        let now = caller.all(path).await;
        if ids(&now) == ids(&before) {
            return now;
        }
        before = now;
    }
}

async fn declare(tenant: &Tenant, keys: &Value) -> Answer {
    let path = format!("/tenancy/v1/tenants/{}", tenant.id);
    tenant
        .admin
        .change("PATCH", &path, &json!({"metadata_keys": keys}))
        .await
}

async fn customer(tenant: &Tenant, more: Value) -> String {
    let mut body = world::customer_body();
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    world::id(&tenant.all.post("/billing/v1/customers", &body).await)
}

/// A tenant with something in every list: what each filter wants, and what it does not.
async fn fill(tenant: &Tenant) -> World {
    let all = &tenant.all;
    declare(tenant, &json!(["order", "channel"])).await.is(200);
    let product = tenant.product().await;
    for (of, scheme) in [
        (product.clone(), "flat"),
        (tenant.product().await, "per_unit"),
        (product.clone(), "per_unit"),
    ] {
        all.post("/billing/v1/prices", &world::price_body(&of, scheme, "900"))
            .await
            .is(201);
    }
    let made = [
        json!({"reference": "17", "country": "FR", "metadata": {"order": "17", "note": "called twice"}}),
        json!({"reference": "a#b%c", "country": "FR", "metadata": {"order": "18"}}),
        json!({"reference": "17", "metadata": {"order": "17", "channel": "web"}}),
        json!({}),
    ];
    let mut buyers = Vec::new();
    for (at, more) in made.into_iter().enumerate() {
        let customer = customer(tenant, more).await;
        // Refunds to the third one fail.
        let number = if at == 2 {
            cards::with("40005126")
        } else {
            cards::good()
        };
        let card = tenant.card(&customer, &number).await;
        buyers.push(world::Buyer { customer, card });
    }
    for (buyer, capture, more) in [
        (0, true, json!({"reference": "17", "metadata": {"order": "17"}})),
        (
            1,
            false,
            json!({"reference": "18", "metadata": {"order": "17", "channel": "web"}}),
        ),
        (0, false, json!({})),
        (1, true, json!({"reference": "17", "metadata": {"order": "18"}})),
        (2, true, json!({})),
        (0, false, json!({"metadata": {"channel": "shop"}})),
    ] {
        let mut body = buyers[buyer].pays(500, capture);
        for (name, value) in more.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let paid = all.post("/payments/v1/payments", &body).await.is(201);
        assert_eq!(
            paid["metadata"],
            more.get("metadata").cloned().unwrap_or(Value::Null),
            "{paid}"
        );
        if capture {
            let label = if buyer == 0 { "fraud" } else { "genuine" };
            let label = json!({"payment": paid["id"], "label": label});
            all.post("/risk/v1/labels", &label).await.is(201);
            let refunds = format!("/payments/v1/payments/{}/refunds", text(&paid, "id"));
            let body = json!({"amount": 40, "metadata": {"order": if buyer == 0 { "17" } else { "19" }}});
            let refund = all.post(&refunds, &body).await.is(201);
            assert_eq!(
                (&refund["metadata"], &refund["customer"]),
                (&body["metadata"], &paid["customer"])
            );
        }
    }
    for (buyer, order, unit, finalized) in [
        (0, "17", "100", false),
        (1, "18", "100", true),
        (0, "18", "0", true),
        (2, "17", "100", true),
        (1, "17", "0", true),
    ] {
        let mut body = world::invoice_body(&buyers[buyer].customer, &[unit]);
        body["metadata"] = json!({"order": order});
        let draft = all.post("/billing/v1/invoices", &body).await.is(201);
        assert_eq!(draft["metadata"], body["metadata"]);
        if finalized {
            let path = format!("/billing/v1/invoices/{}/finalize", text(&draft, "id"));
            let open = all.post(&path, &json!({})).await.is(200);
            assert_eq!(open["metadata"], body["metadata"]);
            for net in [30, 20].iter().filter(|_| unit == "100") {
                let note =
                    json!({"invoice": draft["id"], "lines": [{"line": 0, "net": net}], "reason": "Returned"});
                all.post("/billing/v1/credit-notes", &note).await.is(201);
            }
        }
    }
    for (buyer, order, ends) in [
        (0, "17", false),
        (1, "18", true),
        (0, "18", false),
        (1, "17", true),
    ] {
        let more = json!({"customer": buyers[buyer].customer, "metadata": {"order": order}});
        let made = tenant.subscription(more).await;
        assert_eq!(made["metadata"], json!({"order": order}));
        if ends {
            let path = format!("/billing/v1/subscriptions/{}/cancel", text(&made, "id"));
            all.post(&path, &json!({})).await.is(200);
        }
    }
    // One that nobody answers, and one that takes what it gets.
    let receiver = Receiver::start(platform(), |_| "204 No Content".into()).await;
    let subscribe = async |url: String| {
        let body = json!({"url": url, "event_types": ["product.created"]});
        text(&all.post("/notifications/v1/webhooks", &body).await.is(201), "id")
    };
    let webhook = subscribe("https://localhost:9/".into()).await;
    let other = subscribe(receiver.url()).await;
    tenant.product().await;
    tenant.product().await;
    for id in [&webhook, &other] {
        let path = format!("/notifications/v1/deliveries?webhook={id}");
        until("two deliveries", 60, async || {
            (all.all(&path).await.len() > 1).then_some(())
        })
        .await;
    }
    until("what the receiver takes", 60, async || {
        let taken = all.all("/notifications/v1/deliveries?status=delivered").await;
        (taken.len() > 1).then_some(())
    })
    .await;
    for _ in 0..2 {
        all.post("/audit/v1/exports", &json!({})).await.is(202);
    }
    let open = async || {
        let open = all.all("/audit/v1/alerts?state=open").await;
        (open.len() > 1).then_some(open)
    };
    let open = until("two alerts", 60, open).await;
    let path = format!("/audit/v1/alerts/{}/acknowledge", text(&open[0], "id"));
    tenant.admin.post(&path, &json!({"note": "Seen"})).await.is(200);
    World {
        product,
        webhook,
        alert_states: vec!["acknowledged".into()],
    }
}

#[test]
fn every_filter_finds_what_the_whole_list_has_of_it_and_pages_join() {
    run(async {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        let world = fill(&a).await;
        fill(&b).await;
        let mut findings = Findings::default();
        for operation in operations(&platform().http).await {
            // Those with a search of their own: search.rs, consistency.rs, ledger.rs and, of what is open, reviews.rs.
            let own = [
                "list_entries",
                "list_checkpoints",
                "list_journal_entries",
                "read_account_statement",
                "read_ledger_report",
                "list_reviews",
            ];
            let own = own.contains(&operation.id.as_str());
            let Some(filters) = filters(&operation).filter(|_| !own) else {
                continue;
            };
            if operation.path.contains('{') {
                findings.check(filters.is_empty(), || {
                    format!("{}: filters below an id", operation.id)
                });
                continue;
            }
            let path = &operation.path;
            // What only people may see is an administrator's.
            let caller = if a.all.get(path).await.is_success() {
                &a.all
            } else {
                &a.admin
            };
            let whole = settled(caller, path).await;
            let joined = ids(&paged(caller, path, &mut findings).await);
            findings.check(joined == ids(&whole), || {
                format!("{path}: pages do not join: {joined:?}")
            });
            for filter in &filters {
                let Some(case) = case(&operation.id, filter, &whole, &world) else {
                    findings.check(false, || format!("{} has no case for {filter}", operation.id));
                    continue;
                };
                let asked = with(path, filter, &case.value);
                let wanted: Vec<String> = ids(&whole
                    .iter()
                    .filter(|row| (case.wants)(row))
                    .cloned()
                    .collect::<Vec<_>>());
                findings.check(!wanted.is_empty() && wanted.len() < whole.len(), || {
                    format!("{asked}: the case wants {} of {}", wanted.len(), whole.len())
                });
                for found in [
                    a.all.all(&asked).await,
                    paged(&a.all, &asked, &mut findings).await,
                ] {
                    let found = ids(&found);
                    findings.check(found == wanted, || format!("{asked}: {found:?}, not {wanted:?}"));
                }
                let elsewhere = ids(&b.all.all(&asked).await);
                findings.check(!elsewhere.iter().any(|id| ids(&whole).contains(id)), || {
                    format!("{asked}: another tenant's {elsewhere:?}")
                });
                for bad in &case.bad {
                    let answer = caller.get(&with(path, filter, bad)).await;
                    refused(&mut findings, &format!("{path} by {bad:?}"), filter, &answer);
                }
            }
        }
        findings.none();
    });
}

#[test]
fn filters_together_narrow_and_a_range_that_ends_before_it_begins_is_refused() {
    run(async {
        let tenant = Tenant::new().await;
        fill(&tenant).await;
        let all = &tenant.all;
        let mut findings = Findings::default();
        let payments = all.all("/payments/v1/payments").await;
        let buyer = payments
            .iter()
            .find(|p| p["status"] == "authorized")
            .expect("one");
        let customer = text(buyer, "customer");
        for (query, wants) in [
            (
                format!("customer={customer}&status=authorized"),
                Box::new(|p: &Value| p["status"] == "authorized" && p["customer"] == customer.as_str())
                    as Box<dyn Fn(&Value) -> bool>,
            ),
            (
                "reference=17&metadata=order%3A17&status=captured".into(),
                Box::new(|p| {
                    p["reference"] == "17" && p["metadata"]["order"] == "17" && p["status"] == "captured"
                }),
            ),
            (
                "metadata=order%3A17&status=authorized".into(),
                Box::new(|p| p["metadata"]["order"] == "17" && p["status"] == "authorized"),
            ),
            (
                format!("status=authorized&created_to={}", text(buyer, "created_at")),
                Box::new(|p| {
                    p["status"] == "authorized" && p["created_at"].as_str() <= buyer["created_at"].as_str()
                }),
            ),
        ] {
            let path = format!("/payments/v1/payments?{query}");
            let wanted: Vec<Value> = payments.iter().filter(|p| wants(p)).cloned().collect();
            findings.check(!wanted.is_empty(), || format!("{path}: the case wants nothing"));
            let found = ids(&paged(all, &path, &mut findings).await);
            findings.check(found == ids(&wanted), || {
                format!("{path}: {found:?}, not {:?}", ids(&wanted))
            });
        }
        let path = "/payments/v1/payments?created_from=2026-11-28T10:00:00Z&created_to=2026-11-28T09:59:59Z";
        refused(&mut findings, path, "created_to", &all.get(path).await);
        // A cursor is good for the list that it came from.
        let page = all
            .get("/payments/v1/payments?status=captured&limit=1")
            .await
            .ok();
        let cursor = text(&page, "next_cursor");
        for other in ["status=authorized", "reference=17", ""] {
            let path = format!("/payments/v1/payments?limit=1&cursor={cursor}&{other}");
            all.get(path.trim_end_matches('&'))
                .await
                .refused(400, "bad_cursor");
        }
        findings.none();
    });
}

#[test]
fn what_changes_moves_in_the_lists() {
    run(async {
        let tenant = Tenant::new().await;
        let all = &tenant.all;
        declare(&tenant, &json!(["order"])).await.is(200);
        let of = async |path: String| ids(&all.all(&path).await);
        let by_state = async |state: &str| of(format!("/payments/v1/payments?status={state}")).await;
        let id = text(&tenant.payment(500, false).await, "id");
        assert_eq!(by_state("authorized").await, std::slice::from_ref(&id));
        let path = format!("/payments/v1/payments/{id}");
        all.post(&format!("{path}/capture"), &json!({"amount": 100}))
            .await
            .is(200);
        assert_eq!(by_state("authorized").await, Vec::<String>::new());
        assert_eq!(by_state("partially_captured").await, std::slice::from_ref(&id));
        all.post(&format!("{path}/capture"), &json!({})).await.is(200);
        assert_eq!(by_state("partially_captured").await, Vec::<String>::new());
        assert_eq!(by_state("captured").await, std::slice::from_ref(&id));

        let made = customer(
            &tenant,
            json!({"reference": "k-1", "metadata": {"order": "1", "note": "kept"}}),
        )
        .await;
        let path = format!("/billing/v1/customers/{made}");
        let by = async |query: &str| of(format!("/billing/v1/customers?{query}")).await;
        let change = json!({"reference": "k-2", "metadata": {"order": "2", "note": null, "vip": "yes"}});
        let changed = all.change("PATCH", &path, &change).await.is(200);
        assert_eq!(changed["metadata"], json!({"order": "2", "vip": "yes"}));
        for (query, there) in [
            ("reference=k-1", false),
            ("reference=k-2", true),
            ("metadata=order%3A1", false),
            ("metadata=order%3A2", true),
        ] {
            let expected: &[String] = if there { std::slice::from_ref(&made) } else { &[] };
            assert_eq!(by(query).await, expected, "{query}");
        }
        // A key is searched once it is declared, and what was written before is found with its next change.
        all.get("/billing/v1/customers?metadata=vip%3Ayes")
            .await
            .refused(422, "invalid_input");
        declare(&tenant, &json!(["vip"])).await.is(200);
        assert_eq!(by("metadata=vip%3Ayes").await, Vec::<String>::new());
        all.change("PATCH", &path, &json!({"metadata": {}})).await.is(200);
        assert_eq!(by("metadata=vip%3Ayes").await, std::slice::from_ref(&made));
        all.get("/billing/v1/customers?metadata=order%3A2")
            .await
            .refused(422, "invalid_input");
        let cleared = all
            .change("PATCH", &path, &json!({"metadata": {"order": null, "vip": null}}))
            .await;
        assert_eq!(cleared.is(200)["metadata"], Value::Null);
        assert_eq!(by("metadata=vip%3Ayes").await, Vec::<String>::new());
    });
}

#[test]
fn rows_that_the_callers_filter_hides_stay_hidden() {
    run(async {
        let tenant = Tenant::new().await;
        let (id, role) = crate::cases::a_role(0);
        tenant
            .both("PUT", &format!("/identity/v1/roles/{id}"), &role)
            .await
            .is(200);
        let clerk = tenant.client(&[&id]).await;
        let mut small = Vec::new();
        for cents in [900, 1_100, 950, 1_200] {
            let buyer = tenant.buyer().await;
            let mut body = buyer.pays(cents, true);
            body["reference"] = json!("same");
            let paid = tenant.all.post("/payments/v1/payments", &body).await.is(201);
            let refunds = format!("/payments/v1/payments/{}/refunds", text(&paid, "id"));
            let refund = tenant.all.post(&refunds, &json!({"amount": 10})).await.is(201);
            let path = format!("/payments/v1/refunds/{}", text(&refund, "id"));
            assert_eq!(tenant.all.get(&path).await.ok(), refund);
            let seen = clerk.get(&path).await;
            if cents <= 1_000 {
                small.push((text(&paid, "id"), text(&refund, "id")));
                seen.ok();
            } else {
                seen.refused(404, "not_found");
            }
        }
        small.reverse();
        let (payments, refunds): (Vec<_>, Vec<_>) = small.into_iter().unzip();
        for path in [
            "/payments/v1/payments",
            "/payments/v1/payments?reference=same",
            "/payments/v1/payments?status=captured",
        ] {
            assert_eq!(ids(&clerk.all(path).await), payments, "{path}");
        }
        for path in ["/payments/v1/refunds", "/payments/v1/refunds?status=succeeded"] {
            assert_eq!(ids(&clerk.all(path).await), refunds, "{path}");
            assert_eq!(tenant.all.all(path).await.len(), 4, "{path}");
        }
        // A page of which something is hidden says how far it has looked.
        let page = clerk.get("/payments/v1/payments?limit=2").await.ok();
        assert_eq!(page["data"].as_array().map(Vec::len), Some(1), "{page}");
        assert!(
            page["looked_until"].is_string() && page["next_cursor"].is_string(),
            "{page}"
        );
    });
}
