//! Audit: every call has its entry, and entries hide what they must.

use crate::{
    cases::{Who, case, text},
    contracts::operations,
    support::{Answer, Caller, Findings, Http, Login, Tenant, cards, forge, platform, random, run, world},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    async fn call(
        &mut self,
        who: Option<&Caller>,
        method: &str,
        path: &str,
        body: Option<&Value>,
        activity: &'static str,
        outcome: &'static str,
    ) -> Answer {
        self.keyed(who, method, path, body, &random(20), activity, outcome)
            .await
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "a line of the scenario names everything about a call"
    )]
    async fn keyed(
        &mut self,
        who: Option<&Caller>,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: &str,
        activity: &'static str,
        outcome: &'static str,
    ) -> Answer {
        let id = format!("req-{}", random(20));
        let mut request = self.http.request(method, path).header("x-request-id", &id);
        if let Some(body) = body {
            request = request.json(body).key(key);
        }
        let mut actor = None;
        if let Some(who) = who {
            let token = who.token().await;
            actor = forge::read(&forge::parts(&token)[1])["sub"]
                .as_str()
                .map(str::to_owned);
            request = request.bearer(&token);
        }
        let answer = request.send().await;
        assert_eq!(answer.header("x-request-id"), id, "{}", answer.told());
        self.expected.push(Expected {
            request: id,
            activity,
            outcome,
            status: answer.status,
            actor,
        });
        answer
    }
}

#[test]
fn every_call_has_an_entry_that_says_who_what_and_how_it_went_and_nothing_more() {
    run(async {
        let tenant = Tenant::new().await;
        let mut scribe = Scribe {
            http: platform().http.clone(),
            expected: Vec::new(),
        };
        let (all, weak) = (&tenant.all, tenant.client(&["auditor"]).await);
        let person = world::customer_body();
        let made = scribe
            .call(
                Some(all),
                "POST",
                "/billing/v1/customers",
                Some(&person),
                "billing.create_customer",
                "succeeded",
            )
            .await;
        let customer = world::id(&made);
        let path = format!("/billing/v1/customers/{customer}");
        scribe
            .call(
                Some(all),
                "GET",
                &path,
                None,
                "billing.read_customer",
                "succeeded",
            )
            .await
            .ok();
        scribe
            .call(
                Some(all),
                "POST",
                "/billing/v1/customers/search",
                Some(&json!({"email": person["email"]})),
                "billing.search_customers",
                "succeeded",
            )
            .await
            .ok();
        scribe
            .call(
                Some(&weak),
                "GET",
                &path,
                None,
                "billing.read_customer",
                "refused",
            )
            .await
            .refused(403, "forbidden");
        scribe
            .call(
                Some(all),
                "GET",
                "/billing/v1/customers/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
                None,
                "billing.read_customer",
                "refused",
            )
            .await
            .refused(404, "not_found");
        let mut odd = person.clone();
        odd["country"] = json!("Germany");
        scribe
            .call(
                Some(all),
                "POST",
                "/billing/v1/customers",
                Some(&odd),
                "billing.create_customer",
                "refused",
            )
            .await
            .refused(422, "invalid_input");
        let number = cards::good();
        let card = world::card_body(&customer, &number);
        let mut bad = card.clone();
        // Any other check digit than its own is wrong.
        let check = number.bytes().last().expect("digits") - b'0';
        bad["number"] = json!(format!("{}{}", &number[..15], (check + 1) % 10));
        scribe
            .call(
                Some(all),
                "POST",
                "/vault/v1/payment-methods",
                Some(&bad),
                "vault.create_payment_method",
                "refused",
            )
            .await;
        let key = random(20);
        for outcome in ["succeeded", "replayed"] {
            let answer = scribe
                .keyed(
                    Some(all),
                    "POST",
                    "/vault/v1/payment-methods",
                    Some(&card),
                    &key,
                    "vault.create_payment_method",
                    outcome,
                )
                .await;
            answer.is(201);
        }
        let method = text(
            &all.get(&format!("/vault/v1/payment-methods?customer={customer}"))
                .await
                .ok()["data"][0],
            "id",
        );
        let body = json!({"customer": customer, "payment_method": method, "amount": 777, "currency": "EUR"});
        let paid = scribe
            .call(
                Some(all),
                "POST",
                "/payments/v1/payments",
                Some(&body),
                "payments.create_payment",
                "succeeded",
            )
            .await;
        let capture = format!("/payments/v1/payments/{}/capture", world::id(&paid));
        scribe
            .call(
                Some(all),
                "POST",
                &capture,
                Some(&json!({})),
                "payments.capture_payment",
                "refused",
            )
            .await
            .refused(409, "wrong_state");
        let user = &tenant.people[1];
        let wrong = format!("{}9z", random(24));
        for (password, outcome) in [(&wrong, "refused"), (&user.password, "succeeded")] {
            let body = json!({"tenant": tenant.id, "email": user.email, "password": password});
            scribe
                .call(
                    None,
                    "POST",
                    "/identity/v1/sessions",
                    Some(&body),
                    "identity.create_session",
                    outcome,
                )
                .await;
        }
        scribe
            .call(
                Some(&tenant.admin),
                "POST",
                "/tenancy/v1/api-clients",
                Some(&json!({"name": "Own", "roles": ["auditor"]})),
                "tenancy.create_api_client",
                "succeeded",
            )
            .await
            .is(201);
        scribe
            .call(Some(all), "GET", ENTRIES, None, "audit.list_entries", "succeeded")
            .await
            .ok();

        let entries: BTreeMap<String, Vec<Value>> =
            all.all(ENTRIES)
                .await
                .into_iter()
                .fold(BTreeMap::new(), |mut map, listed| {
                    let request = text(&listed["entry"], "request_id");
                    map.entry(request).or_insert_with(Vec::new).push(listed);
                    map
                });
        let mut bodies = String::new();
        for expected in &scribe.expected {
            let found = entries
                .get(&expected.request)
                .unwrap_or_else(|| panic!("no entry of {} {}", expected.activity, expected.outcome));
            let entry = found
                .iter()
                .find(|e| e["outcome"] == expected.outcome)
                .unwrap_or_else(|| panic!("not {}: {found:?}", expected.outcome));
            let inner = &entry["entry"];
            assert_eq!(entry["activity"], expected.activity, "{entry}");
            assert_eq!(
                (&inner["tenant"], &inner["status"]),
                (&json!(tenant.id), &json!(expected.status)),
                "{entry}"
            );
            if let Some(actor) = &expected.actor {
                assert_eq!(
                    (&entry["actor"], &inner["actor_tenant"]),
                    (&json!(actor), &json!(tenant.id)),
                    "{entry}"
                );
            }
            assert!(
                inner["address"] == "127.0.0.1" && text(inner, "at").ends_with('Z'),
                "{entry}"
            );
            let others: Vec<&Value> = found.iter().map(|e| &e["outcome"]).collect();
            let effect = expected.activity == "payments.create_payment";
            assert_eq!(
                others.len(),
                if effect { 2 } else { 1 },
                "{} has entries {others:?}",
                expected.activity
            );
            assert!(
                !effect || others.contains(&&json!("intended")),
                "an intent goes before its effect: {others:?}"
            );
            let whole = all.get(&format!("{ENTRIES}/{}", text(entry, "id"))).await.ok();
            let body = text(&whole, "body");
            assert_eq!(
                serde_json::from_str::<Value>(&body).ok().as_ref(),
                Some(inner),
                "the list shows what is hashed"
            );
            bodies.push_str(&body);
            bodies.push_str(&whole.to_string());
        }
        let Login::Client { secret, .. } = &*all.login else {
            unreachable!("a client")
        };
        let own = [
            &user.email,
            &user.name,
            &user.password,
            &wrong,
            &number,
            &bad["number"].as_str().unwrap_or_default().to_owned(),
            secret,
        ];
        let theirs = [&person["name"], &person["email"], &card["holder"]]
            .map(|value| value.as_str().expect("a text").to_owned());
        for hidden in own.into_iter().chain(&theirs) {
            assert!(
                !bodies.contains(hidden.as_str()),
                "{hidden} is in an entry in clear"
            );
        }
        // The entry of a refusal says why, and the one of a change says what changed.
        assert!(
            bodies.contains("[personal]") && bodies.contains("[card]") && bodies.contains("\"forbidden\""),
            "masked, not left out"
        );
        // Nothing of it is in another tenant's log.
        let foreign = world::neighbour().await.all.all(ENTRIES).await;
        let foreign: Vec<String> = foreign.iter().map(|e| text(&e["entry"], "request_id")).collect();
        assert!(
            scribe
                .expected
                .iter()
                .all(|expected| !foreign.contains(&expected.request)),
            "in another tenant's log"
        );
    });
}

#[test]
fn the_entry_of_every_operation_says_who_may_why_and_what_changed() {
    run(async {
        let (a, b, operator) = (
            Tenant::new().await,
            Tenant::new().await,
            world::operator(platform()),
        );
        let (mut sent, mut findings) = (Vec::new(), Findings::default());
        for operation in operations(&platform().http).await {
            let Some(case) = case(&operation.id, &a, &b).await else {
                continue;
            };
            // Calls of nobody and of the operator stand in logs that this tenant does not read.
            if matches!(case.who, Who::Nobody | Who::Operator) {
                continue;
            }
            let token = case.caller(&a, &operator).expect("a caller").token().await;
            let id = format!("req-{}", random(20));
            let request = case.request(&platform().http, &operation.method).bearer(&token);
            let request = request
                .header("x-request-id", &id)
                .header("x-access-reason", "Test");
            let answer = a.with_approval(request).await;
            findings.check(answer.is_success(), || answer.told());
            sent.push((operation, id));
        }
        let entries = a.all.all(ENTRIES).await;
        for (operation, id) in sent {
            let mine = entries.iter().filter(|e| e["entry"]["request_id"] == id.as_str());
            let Some(entry) = mine.clone().find(|e| e["outcome"] == "succeeded") else {
                findings.check(false, || format!("{}: no entry", operation.id));
                continue;
            };
            let entry = &entry["entry"];
            let mut wanted = vec![
                "id",
                "tenant",
                "region",
                "at",
                "request_id",
                "activity",
                "code",
                "method",
                "path",
                "actor",
                "address",
                "reason",
                "policy",
                "outcome",
                "status",
                "details",
            ];
            if operation.access != "session" {
                wanted.extend(["right", "grant"]);
                findings.check(entry["right"] == operation.access.as_str(), || {
                    format!("{}: {}", operation.id, entry["right"])
                });
            }
            let code = entry["code"].as_str().unwrap_or_default();
            let changes = code == "C" || (code == "X" && operation.method != "GET");
            if changes || operation.path.contains('{') {
                wanted.push("object");
            }
            for name in wanted {
                findings.check(!entry[name].is_null(), || {
                    format!("{}: no {name}: {entry}", operation.id)
                });
            }
            let details = &entry["details"];
            let state = ["before", "after"]
                .iter()
                .any(|name| details[*name].is_object() || details["chunks"].is_number());
            // A reveal changes nothing; it is an alert for what it tells.
            let changes = changes && operation.id != "reveal_payment_method";
            findings.check(!changes || state, || {
                format!("{}: no state: {entry}", operation.id)
            });
            let told = operation.document["x-ledgerkeep"]["audit"].as_str();
            findings.check(told.is_none_or(|t| t == code), || {
                format!("{}: {told:?} is not {code}", operation.id)
            });
        }
        findings.none();
    });
}
