//! Malformed requests to every operation that the contracts name: each is refused with a reason and changes nothing.

use crate::{
    cases::{Case, case},
    contracts::{Operation, operations},
    support::{Findings, Request, Tenant, platform, run, world},
    walls::difference,
};
use futures::FutureExt;
use serde_json::{Value, json};
use std::panic::AssertUnwindSafe;

/// An attack: what it is, the request, and the answer that it must get.
struct Attack {
    name: String,
    request: Request,
    status: u16,
    code: &'static str,
    pointer: Option<String>,
}

fn attack(name: impl Into<String>, request: Request, status: u16, code: &'static str) -> Attack {
    Attack {
        name: name.into(),
        request,
        status,
        code,
        pointer: None,
    }
}

fn invalid(name: impl Into<String>, request: Request, pointer: &str) -> Attack {
    Attack {
        name: name.into(),
        request,
        status: 422,
        code: "invalid_input",
        pointer: Some(pointer.to_owned()),
    }
}

#[test]
fn every_operation_refuses_what_is_malformed() {
    run(async {
        let (a, b, operator) = (
            Tenant::new().await,
            Tenant::new().await,
            world::operator(platform()),
        );
        let mut findings = Findings::default();
        for operation in operations(&platform().http).await {
            let tried = async {
                // The suite of the walls tells that a case is missing.
                let Some(case) = case(&operation.id, &a, &b).await else {
                    return;
                };
                let before = a.snapshot(&case.watch).await;
                let mut base = case.request(&operator.http, &operation.method);
                if let Some(caller) = case.caller(&a, &operator) {
                    base = base.bearer(&caller.token().await);
                }
                for attack in attacks(&operation, &case, &base) {
                    let answer = attack.request.send().await;
                    let pointed = attack.pointer.as_ref().is_none_or(|wanted| {
                        answer
                            .pointers()
                            .iter()
                            .any(|p| p == wanted || p.starts_with(&format!("{wanted}/")))
                    });
                    let refused = answer.status == attack.status && answer.code() == attack.code && pointed;
                    let (status, code, pointer) =
                        (attack.status, attack.code, attack.pointer.unwrap_or_default());
                    findings.check(refused, || {
                        format!(
                            "{} with {}: not {status} {code} {pointer}: {}",
                            operation.id,
                            attack.name,
                            answer.told()
                        )
                    });
                }
                let after = a.snapshot(&case.watch).await;
                findings.check(before == after, || {
                    format!("{}: {}", operation.id, difference(&before, &after))
                });
            };
            if let Err(panic) = AssertUnwindSafe(tried).catch_unwind().await {
                let told = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                findings.check(false, || format!("{}: {told}", operation.id));
            }
        }
        findings.none();
    });
}

fn attacks(operation: &Operation, case: &Case, base: &Request) -> Vec<Attack> {
    if operation.takes_json() {
        let mut attacks = bodies(operation, case, base);
        if operation.access != "public" {
            attacks.extend(keys(base));
        }
        attacks
    } else if case.form.is_some() {
        Vec::new()
    } else {
        queries(operation, case, base)
    }
}

fn bodies(operation: &Operation, case: &Case, base: &Request) -> Vec<Attack> {
    const JSON: &str = "application/json";
    let valid = case.body.clone().unwrap_or_else(|| json!({}));
    let text = valid.to_string();
    let raw = |body: &str| base.clone().body(JSON, body);
    let deep = |levels: usize| {
        format!(
            "{{\"surprise\":{}{}}}",
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let first = operation
        .fields()
        .first()
        .cloned()
        .unwrap_or_else(|| "surprise".to_owned());
    let mut attacks = vec![
        attack(
            "half an object",
            raw(&text[..text.len() - 1]),
            400,
            "malformed_json",
        ),
        attack(
            "something after the object",
            raw(&format!("{text} 1")),
            400,
            "malformed_json",
        ),
        attack("single quotes", raw("{'a':1}"), 400, "malformed_json"),
        attack("NaN", raw("{\"a\":NaN}"), 400, "malformed_json"),
        attack(
            "a name twice",
            raw(&format!("{{\"{first}\":1,\"{first}\":2}}")),
            400,
            "malformed_json",
        ),
        attack(
            "a name twice, once escaped",
            raw("{\"a\":1,\"\\u0061\":2}"),
            400,
            "malformed_json",
        ),
        attack("a list", raw("[]"), 422, "invalid_input"),
        attack("null", raw("null"), 422, "invalid_input"),
        attack("33 levels", raw(&deep(33)), 400, "too_deep"),
        invalid("32 levels of something unknown", raw(&deep(32)), "/surprise"),
        attack("100,000 levels", raw(&"[".repeat(100_000)), 400, "too_deep"),
        attack(
            "256 KiB and a byte",
            raw(&format!("{text}{}", " ".repeat(256 * 1024 + 1 - text.len()))),
            413,
            "body_too_large",
        ),
        attack("3 MiB", raw(&" ".repeat(3 * 1024 * 1024)), 413, "body_too_large"),
        attack(
            "no UTF-8",
            base.clone().body(JSON, b"{\"a\":\"\xff\xfe\"}".to_vec()),
            400,
            "invalid_utf8",
        ),
        attack(
            "half a surrogate",
            raw("{\"a\":\"\\ud800\"}"),
            400,
            "malformed_json",
        ),
    ];
    for media in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "multipart/form-data",
    ] {
        attacks.push(attack(
            media,
            base.clone().body(media, text.clone()),
            415,
            "unsupported_media_type",
        ));
    }
    let mut unknown = valid.clone();
    unknown["surprise"] = json!(1);
    attacks.push(invalid(
        "an unknown field",
        base.clone().json(&unknown),
        "/surprise",
    ));
    for field in operation.fields() {
        // Where any object of texts is good, one of objects is not.
        let schema = &operation.document["requestBody"]["content"]["application/json"]["schema"];
        let object = match &schema["properties"][&field]["additionalProperties"] {
            Value::Object(_) => json!({"no": {"good": 1}}),
            _ => json!({"no": "good"}),
        };
        for (kind, wrong) in [("an object", object), ("a list of lists", json!([[1]]))] {
            let mut body = valid.clone();
            body[&field] = wrong;
            attacks.push(invalid(
                format!("{kind} as {field}"),
                base.clone().json(&body),
                &format!("/{field}"),
            ));
        }
    }
    for field in required(operation) {
        let mut body = valid.clone();
        body.as_object_mut().expect("an object").remove(&field);
        attacks.push(invalid(
            format!("no {field}"),
            base.clone().json(&body),
            &format!("/{field}"),
        ));
        body[&field] = Value::Null;
        attacks.push(invalid(
            format!("null as {field}"),
            base.clone().json(&body),
            &format!("/{field}"),
        ));
    }
    attacks.push(attack(
        "a query",
        at(base, "?surprise=1"),
        400,
        "unexpected_query",
    ));
    attacks
}

fn required(operation: &Operation) -> Vec<String> {
    let schema = &operation.document["requestBody"]["content"]["application/json"]["schema"];
    serde_json::from_value(schema["required"].clone()).unwrap_or_default()
}

fn at(base: &Request, query: &str) -> Request {
    base.clone().query(query)
}

fn keys(base: &Request) -> Vec<Attack> {
    let bad = [
        ("of 256 characters", "x".repeat(256)),
        ("that is empty", String::new()),
        ("with a tab", "a\tb".to_owned()),
        ("that is not ASCII", "schlüssel".to_owned()),
    ];
    let bad = bad.into_iter();
    bad.map(|(name, key)| {
        attack(
            format!("a key {name}"),
            base.clone().key(&key),
            400,
            "bad_idempotency_key",
        )
    })
    .collect()
}

fn queries(operation: &Operation, case: &Case, base: &Request) -> Vec<Attack> {
    let joint = if case.path.contains('?') { "&" } else { "?" };
    let query = |text: &str| at(base, &format!("{joint}{text}"));
    let body = base.clone().body("application/json", "{}");
    let mut attacks = vec![
        attack("a body", body, 400, "unexpected_body"),
        attack(
            "a parameter twice",
            query("surprise=1&surprise=2"),
            400,
            "repeated_parameter",
        ),
        invalid("an unknown parameter", query("surprise=1"), "/surprise"),
    ];
    let parameters = operation.document["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        let pointer = format!("/{name}");
        match (name, parameter["in"].as_str().unwrap_or_default()) {
            ("limit", _) => {
                for limit in ["0", "101", "-1", "1.5", "ten", "99999999999999999999", ""] {
                    attacks.push(invalid(
                        format!("limit {limit:?}"),
                        query(&format!("limit={limit}")),
                        &pointer,
                    ));
                }
            }
            ("cursor", _) => {
                for cursor in ["garbage", "e30.AAAA", "e30."] {
                    attacks.push(attack(
                        format!("cursor {cursor}"),
                        query(&format!("cursor={cursor}")),
                        400,
                        "bad_cursor",
                    ));
                }
                attacks.push(invalid(
                    "a cursor that is none",
                    query("cursor=%22%27%3B"),
                    &pointer,
                ));
            }
            (_, "path") => attacks.push(invalid(
                format!("{name} in the query"),
                query(&format!("{name}=x")),
                &pointer,
            )),
            _ if !case.path.contains(&format!("{name}=")) => {
                attacks.push(invalid(
                    format!("nonsense as {name}"),
                    query(&format!("{name}=%00%01")),
                    &pointer,
                ));
            }
            _ => {}
        }
    }
    attacks
}
