//! Planted changes of operations, parameters, answers and events, on the contracts that stand.

use super::super::{
    Contract, Verdict, current,
    document::{compare, unknown},
    finding::Severity::{self, Breaking, Compatible, Text, Unknown},
    judge,
    manifest::Version,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

const CUSTOMER: &str = "/paths/~1billing~1v1~1customers~1{id}";
const CREATE: &str = "/paths/~1payments~1v1~1payments/post";

/// Every document, made once.
static CURRENT: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    current()
        .unwrap()
        .into_iter()
        .map(|c| (c.name, c.document))
        .collect()
});

fn document(service: &str) -> Value {
    CURRENT.get(service).unwrap().clone()
}

/// What is found when a document is changed.
fn after(service: &str, change: impl Fn(&mut Value)) -> Option<Severity> {
    let old = document(service);
    let mut new = old.clone();
    change(&mut new);
    assert_ne!(old, new, "nothing was changed");
    compare(&old, &new).iter().map(|f| f.severity).max()
}

/// What a pointer leads to, through the components that are referred to on the way.
fn at<'d>(document: &'d mut Value, pointer: &str) -> &'d mut Value {
    let mut place = String::new();
    for segment in pointer.split('/').skip(1) {
        while let Some(named) = document.pointer(&place).and_then(|v| v["$ref"].as_str()) {
            place = named[1..].to_owned();
        }
        place = format!("{place}/{segment}");
    }
    while let Some(named) = document.pointer(&place).and_then(|v| v["$ref"].as_str()) {
        place = named[1..].to_owned();
    }
    document
        .pointer_mut(&place)
        .unwrap_or_else(|| panic!("{pointer} is not there"))
}

fn without(document: &mut Value, pointer: &str, name: &str) {
    // A reference is taken from where it stands, anything else from what is referred to.
    let holder = match document.pointer(pointer) {
        Some(holder) if name == "$ref" && holder.get(name).is_some() => {
            document.pointer_mut(pointer).unwrap()
        }
        _ => at(document, pointer),
    };
    let gone = holder.as_object_mut().unwrap().remove(name);
    assert!(gone.is_some(), "{pointer} has no {name}");
}

#[test]
fn every_contract_that_stands_agrees_with_itself() {
    for contract in current().unwrap() {
        assert_eq!(unknown(&contract.document), [], "{}", contract.name);
        let text = contract.document.to_string();
        assert!(!text.contains("localhost"), "{}", contract.name);
    }
}

#[test]
fn operations_and_paths_only_come() {
    let gone = |d: &mut Value| without(d, CUSTOMER, "get");
    assert_eq!(after("billing", gone), Some(Breaking));
    let gone = |d: &mut Value| without(d, "/paths", "/billing/v1/customers/{id}");
    assert_eq!(after("billing", gone), Some(Breaking));
    let new = |d: &mut Value| {
        let read = at(d, CUSTOMER)["get"].clone();
        at(d, "/paths")["/billing/v1/others/{id}"] = json!({"get": read});
    };
    assert_eq!(after("billing", new), Some(Compatible));
    let new = |d: &mut Value| {
        let read = at(d, CUSTOMER)["get"].clone();
        at(d, "/paths")["/billing/v1/others/{id}"] = json!({"trace": read});
    };
    assert_eq!(after("billing", new), Some(Unknown));
}

#[test]
fn who_may_call_does_not_change() {
    for (name, value) in [
        ("access", json!("customer.write")),
        ("step_up", json!(true)),
        ("four_eyes", json!(true)),
        ("effect", json!(true)),
    ] {
        let change = |d: &mut Value| at(d, CUSTOMER)["get"]["x-ledgerkeep"][name] = value.clone();
        assert_eq!(after("billing", change), Some(Breaking), "{name}");
    }
    let audit = |d: &mut Value| at(d, CUSTOMER)["get"]["x-ledgerkeep"]["audit"] = json!("X");
    assert_eq!(after("billing", audit), Some(Text));
    let strange = |d: &mut Value| at(d, CUSTOMER)["get"]["x-ledgerkeep"]["quota"] = json!(1);
    assert_eq!(after("billing", strange), Some(Unknown));
    for security in [json!([]), json!([{"client": []}])] {
        let change = |d: &mut Value| at(d, CUSTOMER)["get"]["security"] = security.clone();
        assert_eq!(after("billing", change), Some(Breaking));
    }
    let renamed = |d: &mut Value| at(d, CUSTOMER)["get"]["operationId"] = json!("get_customer");
    assert_eq!(after("billing", renamed), Some(Breaking));
    let scheme = |d: &mut Value| at(d, "/components/securitySchemes/bearer")["scheme"] = json!("digest");
    assert_eq!(after("billing", scheme), Some(Breaking));
}

#[test]
fn parameters_and_headers_of_requests() {
    let add = |required: bool, place: &'static str| {
        move |d: &mut Value| {
            let list = at(d, &format!("{CREATE}/parameters")).as_array_mut().unwrap();
            list.push(
                json!({"name": "X-More", "in": place, "required": required, "schema": {"type": "string"}}),
            );
        }
    };
    for place in ["header", "query"] {
        assert_eq!(after("payments", add(true, place)), Some(Breaking));
        assert_eq!(after("payments", add(false, place)), Some(Compatible));
    }
    let key = |d: &mut Value| -> Value {
        let list = at(d, &format!("{CREATE}/parameters")).as_array_mut().unwrap();
        let index = list.iter().position(|p| p["name"] == "Idempotency-Key").unwrap();
        list.remove(index)
    };
    assert_eq!(after("payments", |d| drop(key(d))), Some(Breaking));
    let with = |d: &mut Value, change: &dyn Fn(&mut Value)| {
        let mut parameter = key(d);
        change(&mut parameter);
        at(d, &format!("{CREATE}/parameters"))
            .as_array_mut()
            .unwrap()
            .push(parameter);
    };
    let optional = |d: &mut Value| with(d, &|p| p["required"] = json!(false));
    assert_eq!(after("payments", optional), Some(Compatible));
    let shorter = |d: &mut Value| with(d, &|p| p["schema"]["maxLength"] = json!(64));
    assert_eq!(after("payments", shorter), Some(Breaking));
    let longer = |d: &mut Value| with(d, &|p| p["schema"]["maxLength"] = json!(512));
    assert_eq!(after("payments", longer), Some(Compatible));
    let strange = |d: &mut Value| with(d, &|p| p["style"] = json!("form"));
    assert_eq!(after("payments", strange), Some(Unknown));
    // What was optional and is now needed, on another operation.
    let needed = |d: &mut Value| {
        let list = at(d, "/paths/~1billing~1v1~1products/post/parameters")
            .as_array_mut()
            .unwrap();
        list.iter_mut().find(|p| p["name"] == "Idempotency-Key").unwrap()["required"] = json!(true);
    };
    assert_eq!(after("billing", needed), Some(Breaking));
}

#[test]
fn bodies_of_requests() {
    let schema = &format!("{CREATE}/requestBody/content/application~1json/schema");
    let gone = |d: &mut Value| without(d, &format!("{schema}/properties"), "reference");
    assert_eq!(after("payments", gone), Some(Breaking));
    let needed = |d: &mut Value| {
        at(d, schema)["required"]
            .as_array_mut()
            .unwrap()
            .push(json!("reference"))
    };
    assert_eq!(after("payments", needed), Some(Breaking));
    let new = |d: &mut Value| at(d, schema)["properties"]["note"] = json!({"type": "string"});
    assert_eq!(after("payments", new), Some(Compatible));
    let media = |d: &mut Value| {
        let body = at(d, &format!("{CREATE}/requestBody/content"))
            .as_object_mut()
            .unwrap();
        let json = body.remove("application/json").unwrap();
        body.insert("application/xml".into(), json);
    };
    assert_eq!(after("payments", media), Some(Breaking));
    let none = |d: &mut Value| without(d, CREATE, "requestBody");
    assert_eq!(after("payments", none), Some(Breaking));
    let first =
        |d: &mut Value| at(d, CUSTOMER)["get"]["requestBody"] = json!({"required": true, "content": {}});
    assert_eq!(after("billing", first), Some(Breaking));
}

#[test]
fn answers_keep_what_they_have() {
    let read = &format!("{CUSTOMER}/get/responses");
    let schema = &format!("{read}/200/content/application~1json/schema");
    let gone = |d: &mut Value| without(d, &format!("{schema}/properties"), "reference");
    assert_eq!(after("billing", gone), Some(Breaking));
    let new = |d: &mut Value| at(d, schema)["properties"]["note"] = json!({"type": "string"});
    assert_eq!(after("billing", new), Some(Compatible));
    let status = |d: &mut Value| without(d, read, "404");
    assert_eq!(after("billing", status), Some(Breaking));
    let refusal = |d: &mut Value| at(d, read)["451"] = at(d, read)["404"].clone();
    assert_eq!(after("billing", refusal), Some(Compatible));
    let success = |d: &mut Value| at(d, read)["202"] = at(d, read)["200"].clone();
    assert_eq!(after("billing", success), Some(Breaking));
    let header = |d: &mut Value| without(d, &format!("{read}/200/headers"), "X-Request-Id");
    assert_eq!(after("billing", header), Some(Breaking));
    let maybe =
        |d: &mut Value| at(d, &format!("{read}/200/headers"))["X-Request-Id"]["required"] = json!(false);
    assert_eq!(after("billing", maybe), Some(Breaking));
    let media = |d: &mut Value| without(d, &format!("{read}/404/content"), "application/problem+json");
    assert_eq!(after("billing", media), Some(Breaking));
    let problem = |d: &mut Value| without(d, "/components/schemas/Problem/properties", "code");
    assert_eq!(after("billing", problem), Some(Breaking));
}

#[test]
fn events_only_come_and_keep_what_they_tell() {
    let gone = |d: &mut Value| without(d, "/events", "invoice.paid");
    assert_eq!(after("events", gone), Some(Breaking));
    let new = |d: &mut Value| at(d, "/events")["invoice.sent"] = at(d, "/events")["invoice.paid"].clone();
    assert_eq!(after("events", new), Some(Compatible));
    let object = "/events/invoice.paid/schema/properties/object";
    let gone = |d: &mut Value| without(d, &format!("{object}/properties"), "total");
    assert_eq!(after("events", gone), Some(Breaking));
    let status = |d: &mut Value| {
        let status = at(d, &format!("{object}/properties/status/enum"));
        status.as_array_mut().unwrap().push(json!("held"));
    };
    assert_eq!(after("events", status), Some(Breaking));
    // A kind more breaks nobody who asks for webhooks: the contract says that the list is open.
    let kind = |d: &mut Value| {
        let kinds = at(d, "/components/schemas/EventType/enum");
        kinds.as_array_mut().unwrap().push(json!("invoice.sent"));
    };
    assert_eq!(after("notifications", kind), Some(Compatible));
}

/// Every member of a value, by its pointer.
fn members(value: &Value, at: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                out.push((at.to_owned(), name.clone()));
                members(
                    member,
                    &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    out,
                );
            }
        }
        Value::Array(list) => {
            for (index, member) in list.iter().enumerate() {
                members(member, &format!("{at}/{index}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn nothing_is_taken_away_silently() {
    for (service, stride) in [("events", 5), ("keys", 37)] {
        let old = document(service);
        let mut all = Vec::new();
        members(&old, "", &mut all);
        let mut tried = 0;
        for (holder, name) in all.iter().step_by(stride) {
            // The version is judged apart.
            if (holder.as_str(), name.as_str()) == ("/info", "version") {
                continue;
            }
            // An empty list says what none says: nothing is required.
            if old.pointer(holder).and_then(|h| h.get(name)) == Some(&json!([])) {
                continue;
            }
            let mut new = old.clone();
            without(&mut new, holder, name);
            assert_ne!(
                compare(&old, &new),
                [],
                "{service}: {holder}/{name} is gone and nobody says so"
            );
            tried += 1;
        }
        assert!(tried > 50, "{service}: only {tried} members");
    }
}

#[test]
fn a_version_says_how_much_has_changed() {
    let contract = |version: &str| Contract {
        name: "vault".into(),
        version: Version::parse(version).unwrap(),
        format: "openapi",
        document: shared::openapi::document(&vault::SERVICE),
    };
    let found = |severity: Severity| {
        vec![super::super::Finding {
            severity,
            place: String::new(),
            what: String::new(),
        }]
    };
    let one = Version::parse("1.2.0").unwrap();
    let judged = |version: &str, findings: &[_]| judge(&contract(version), Some(&one), findings);
    assert_eq!(judged("1.2.0", &[]), Verdict::Released);
    assert_eq!(judged("1.2.0", &found(Text)), Verdict::Compatible);
    assert_eq!(judged("1.2.0", &found(Compatible)), Verdict::Compatible);
    assert_eq!(judged("1.3.0", &found(Compatible)), Verdict::Unreleased);
    assert_eq!(judged("1.2.1", &found(Text)), Verdict::Unreleased);
    assert_eq!(judge(&contract("1.0.0"), None, &[]), Verdict::Unreleased);
    for (version, findings) in [
        ("1.2.0", found(Breaking)),
        ("1.3.0", found(Breaking)),
        ("1.2.1", found(Compatible)),
        ("1.3.0", vec![]),
        ("1.1.9", vec![]),
        ("1.3.0", found(Unknown)),
        // The paths say v1.
        ("2.0.0", found(Breaking)),
    ] {
        let verdict = judged(version, &findings);
        assert!(matches!(verdict, Verdict::Refused(_)), "{version}: {verdict:?}");
    }
    let mut two = contract("2.0.0");
    two.document = json!({"paths": {"/vault/v2/payment-methods": {}}});
    assert_eq!(judge(&two, Some(&one), &found(Breaking)), Verdict::Unreleased);
}
