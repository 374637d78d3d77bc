//! Examples: every operation has one of its request and of each answer, and the request, sent with objects that exist, is
//! answered as the contract says. That examples fit their schemas is checked in tests/contract, with another validator.

use crate::{
    cases::case,
    contracts::operations,
    support::{Findings, Tenant, platform, random, run, world},
};
use serde_json::{Value, json};

/// Operations whose examples name credentials or keys, which exist nowhere.
const CREDENTIALS: [&str; 9] = [
    "create_session",
    "confirm_password_reset",
    "change_password",
    "confirm_totp",
    "answer_challenge",
    "put_password_policy",
    "set_kms_key",
    "put_default_password_policy",
    "register_passkey",
];

/// What an example cannot know: addresses that are somebody's, times that count from now, the version that is there, as each call
/// makes another.
const CURRENT: [&str; 5] = ["email", "replaces", "timestamp", "until", "version"];

/// The one media type of a body or an answer, or none: schema and example.
fn content<'v>(holder: &'v Value, media: &str) -> Option<(&'v Value, &'v Value)> {
    let content = holder["content"].get(media)?;
    Some((&content["schema"], &content["example"]))
}

/// The status of success.
fn success(operation: &Value) -> (u16, &Value) {
    let answers = operation["responses"].as_object().expect("responses");
    let successes = || answers.iter().filter(|(status, _)| status.starts_with('2'));
    // What waits for a second person is answered with 202 first, and what is meant here is the answer to the call itself.
    let (status, answer) = successes()
        .find(|(status, _)| *status != "202")
        .or_else(|| successes().next())
        .expect("a success");
    (status.parse().expect("a status"), answer)
}

#[test]
fn requests_and_answers_have_examples() {
    run(async {
        let mut findings = Findings::default();
        for operation in operations(&platform().http).await {
            let id = &operation.id;
            let mut holders = vec![("the request", &operation.document["requestBody"])];
            let answers = operation.document["responses"].as_object().expect("responses");
            holders.extend(answers.iter().map(|(status, answer)| (status.as_str(), answer)));
            for (name, holder) in holders {
                for (media, content) in holder["content"].as_object().into_iter().flatten() {
                    findings.check(content.get("example").is_some(), || {
                        format!("{id}: {name} has no example as {media}")
                    });
                }
            }
            for parameter in operation.document["parameters"].as_array().into_iter().flatten() {
                let given = parameter["required"] != true || parameter.get("example").is_some();
                findings.check(given, || format!("{id}: {} has no example", parameter["name"]));
            }
            let (status, answer) = success(&operation.document);
            findings.check(status == 204 || answer["content"].is_object(), || {
                format!("{id}: {status} without content")
            });
        }
        findings.none();
    });
}

#[test]
fn every_example_request_is_answered_as_the_contract_says() {
    run(async {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        let operator = world::operator(platform());
        let mut findings = Findings::default();
        for operation in operations(&platform().http).await {
            let id = operation.id.as_str();
            let Some(case) = case(id, &a, &b).await else {
                findings.check(false, || format!("{id} has no case"));
                continue;
            };
            let own = case.body.clone().unwrap_or_default();
            let request = &operation.document["requestBody"];
            let (whole, _) = case.path.split_once('?').unwrap_or((&case.path, ""));
            let mut path = whole.to_owned();
            // Required query parameters are ids: those of the case.
            let mut query = operation.document["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|p| p["in"] == "query" && p["required"] == true)
                .peekable();
            if query.peek().is_some() {
                path.clone_from(&case.path);
            }
            let mut call = platform().http.request(&operation.method, &path);
            if operation.takes_key() {
                call = call.key(&random(22));
            }
            if let Some((_, example)) = content(request, "application/json") {
                call = call.json(&placed(example, &own, CREDENTIALS.contains(&id)));
            } else if let Some((_, example)) = content(request, "application/x-www-form-urlencoded") {
                let pairs = example.as_object().expect("a form").iter();
                let form: Vec<String> = pairs
                    .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
                    .collect();
                call = call.body("application/x-www-form-urlencoded", form.join("&"));
                if let Some((client, secret)) = &case.basic {
                    call = call.basic(client, secret);
                }
            }
            for (name, value) in &case.headers {
                call = call.header(name, value);
            }
            if let Some(caller) = case.caller(&a, &operator) {
                call = call.bearer(&caller.token().await);
            }
            let answer = a.with_approval(call).await;
            let (status, _) = success(&operation.document);
            findings.check(answer.status == status, || {
                format!("{id}: not {status}: {}", answer.told())
            });
        }
        findings.none();
    });
}

/// The case's objects in place of ids, however deep.
fn fill(example: &mut Value, own: &Value) {
    match example {
        Value::String(text) if text.ends_with("_01JD3X8M9V5T2Q4R6S8W0Y1Z2A") && own.is_string() => {
            *example = own.clone();
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                fill(item, &own[at]);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let of = &own[name.as_str()];
                if CURRENT.contains(&name.as_str()) && !of.is_null() {
                    value.clone_from(of);
                }
                fill(value, of);
            }
        }
        _ => {}
    }
}

/// An example with the case's objects in place of its ids; with all of the case where it names credentials.
fn placed(example: &Value, own: &Value, all: bool) -> Value {
    let mut placed = example.clone();
    fill(&mut placed, own);
    for (name, value) in placed.as_object_mut().into_iter().flatten().filter(|_| all) {
        if let Some(real) = own.get(name) {
            *value = real.clone();
        }
    }
    if placed.is_null() { json!({}) } else { placed }
}
