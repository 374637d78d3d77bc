//! Contracts: every service's OpenAPI document, and the operations in them that other suites are generated from.

use crate::support::{Findings, Http, platform, platform::root, run};
use serde_json::Value;
use std::collections::BTreeSet;

/// Every service with endpoints: each has a template, so that none is forgotten.
fn services() -> Vec<String> {
    let templates = std::fs::read_dir(root().join("infra/stacks")).expect("the templates");
    let names = templates
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned());
    let mut found: Vec<String> = names
        .filter_map(|n| Some(n.strip_prefix("service-")?.split_once('.')?.0.to_owned()))
        .collect();
    found.sort();
    // What is split off a service stands in a file of its own.
    found.dedup();
    // Its contract is a WSDL.
    found.retain(|service| service != "soap");
    assert!(found.len() > 9, "{found:?}");
    found
}

/// One operation of a document.
#[derive(Clone)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// Method, in capitals.
    pub method: String,
    /// Path with `{parameters}`.
    pub path: String,
    /// `public`, `session` or a right.
    pub access: String,
    /// Whether it calls the outside world.
    pub effect: bool,
    /// The whole operation.
    pub document: Value,
}

impl Operation {
    /// The names in its JSON body.
    pub fn fields(&self) -> Vec<String> {
        body(&self.document)["properties"]
            .as_object()
            .map(|fields| fields.keys().cloned().collect())
            .unwrap_or_default()
    }
    /// Whether it takes JSON.
    pub fn takes_json(&self) -> bool {
        self.document["requestBody"]["content"]["application/json"].is_object()
    }
    /// Whether it takes an `Idempotency-Key`.
    pub fn takes_key(&self) -> bool {
        self.takes("Idempotency-Key")
    }
    fn takes(&self, header: &str) -> bool {
        let parameters = self.document["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        parameters.iter().any(|p| p["name"] == header)
    }
}

/// The schema of an operation's JSON body.
fn body(operation: &Value) -> &Value {
    &operation["requestBody"]["content"]["application/json"]["schema"]
}

/// The document of a service.
pub async fn document(http: &Http, service: &str) -> Value {
    http.get(&format!("/{service}/v1/openapi.json"))
        .send()
        .await
        .is(200)
}

/// An operation with what its body refers to in the place of the reference, and what a field refers to beside it.
fn with_body(operation: &Value, document: &Value) -> Value {
    let mut operation = operation.clone();
    if let Some(named) = body(&operation)["$ref"].as_str().map(str::to_owned) {
        let schema = document.pointer(&named[1..]).expect("a component").clone();
        operation["requestBody"]["content"]["application/json"]["schema"] = schema;
        let schema = &mut operation["requestBody"]["content"]["application/json"]["schema"];
        for field in schema["properties"]
            .as_object_mut()
            .into_iter()
            .flat_map(|all| all.values_mut())
        {
            let choices = field["anyOf"].as_array().into_iter().flatten();
            let Some(named) = choices.chain([&*field]).find_map(|s| s["$ref"].as_str()) else {
                continue;
            };
            let named = document
                .pointer(&named[1..])
                .and_then(Value::as_object)
                .expect("a component");
            let field = field.as_object_mut().expect("a schema");
            for (keyword, value) in named {
                field.entry(keyword.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    operation
}

/// Every operation of every service.
pub async fn operations(http: &Http) -> Vec<Operation> {
    let mut found = Vec::new();
    for service in services() {
        let document = document(http, &service).await;
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                let own = &operation["x-ledgerkeep"];
                found.push(Operation {
                    id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    access: own["access"].as_str().unwrap_or_default().to_owned(),
                    effect: own["effect"] == true,
                    document: with_body(operation, &document),
                });
            }
        }
    }
    found
}

#[test]
fn every_service_has_a_contract_that_says_who_may_call() {
    run(async {
        let mut findings = Findings::default();
        for service in services() {
            let document = document(&platform().http, &service).await;
            findings.check(
                document["openapi"]
                    .as_str()
                    .is_some_and(|v| v.starts_with("3.1.")),
                || format!("{service}: not OpenAPI 3.1"),
            );
            let paths = document["paths"].as_object().cloned().unwrap_or_default();
            findings.check(!paths.is_empty(), || format!("{service}: no paths"));
            for path in paths.keys() {
                // Well-known addresses end with whose they are (RFC 8414, section 3); the document of all is tenancy's.
                let own = (path == "/openapi.json" && service == "tenancy")
                    || path.starts_with(&format!("/{service}/"))
                    || (path.starts_with("/.well-known/") && path.ends_with(&format!("/{service}")));
                findings.check(own, || format!("{service}: {path} is elsewhere"));
            }
            for dangling in references(&document)
                .into_iter()
                .filter(|r| document.pointer(&r[1..]).is_none())
            {
                findings.check(false, || format!("{service}: {dangling} leads nowhere"));
            }
        }
        let mut ids = BTreeSet::new();
        for operation in operations(&platform().http).await {
            let name = format!("{} {}", operation.method, operation.path);
            findings.check(!operation.id.is_empty(), || format!("{name} has no id"));
            findings.check(ids.insert(operation.id.clone()), || {
                format!("{} stands twice", operation.id)
            });
            let right = operation
                .access
                .split_once('.')
                .is_some_and(|(noun, verb)| !noun.is_empty() && !verb.is_empty());
            let named = right || ["public", "session"].contains(&operation.access.as_str());
            findings.check(named, || format!("{name}: access {:?}", operation.access));
            let audit = operation.document["x-ledgerkeep"]["audit"]
                .as_str()
                .unwrap_or_default();
            findings.check(["L", "C", "S", "X"].contains(&audit), || {
                format!("{name}: audit {audit:?}")
            });
            let answers = operation.document["responses"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let closed = operation.access == "public" || answers.contains_key("403");
            findings.check(closed && answers.contains_key("401"), || {
                format!("{name}: 401 or 403 is not described")
            });
            let security = operation.document["security"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let bearer = security == [serde_json::json!({"bearer": []})];
            findings.check(bearer != (operation.access == "public"), || {
                format!("{name}: security {security:?}")
            });
            for field in unclassified(&operation.document) {
                findings.check(false, || format!("{name}: {field} has no data class"));
            }
        }
        findings.none();
    });
}

#[test]
fn public_are_contracts_sign_in_resets_tokens_cookies_keys_metadata_and_health_only() {
    run(async {
        let open = operations(&platform().http)
            .await
            .into_iter()
            .filter(|o| o.access == "public");
        let open = open
            .map(|o| o.id)
            .filter(|id| !id.ends_with("_contract"))
            .collect::<BTreeSet<_>>();
        // Tokens are given out and back by what the caller holds; whoever wants a new password cannot sign in.
        let expected = [
            "answer_challenge",
            "confirm_password_reset",
            "create_password_reset",
            "create_session",
            "issue_token",
            "read_health",
            "read_jwks",
            "read_oauth_metadata",
            "refresh_portal_session",
            "revoke_token",
        ]
        .map(str::to_owned);
        assert_eq!(
            open,
            BTreeSet::from(expected),
            "what else anybody may call needs a reason and a line here"
        );
    });
}

#[test]
fn answers_carry_the_security_headers() {
    run(async {
        for path in ["/tenancy/v1/health", "/identity/v1/me"] {
            let answer = platform()
                .http
                .get(path)
                .header("x-request-id", "my-own-request-1")
                .send()
                .await;
            for (name, value) in [
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
                ("x-request-id", "my-own-request-1"),
                ("referrer-policy", "no-referrer"),
            ] {
                assert_eq!(answer.header(name), value, "{name} of {path}");
            }
            assert!(
                answer.header("strict-transport-security").contains("max-age="),
                "{path}"
            );
            assert!(
                answer
                    .header("content-security-policy")
                    .contains("default-src 'none'"),
                "{path}"
            );
        }
    });
}

/// Every `$ref` in a document.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The top-level fields of a JSON body that say no `x-data-class`; a nested record says it of its own fields.
fn unclassified(operation: &Value) -> Vec<String> {
    let fields = body(operation)["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    fields
        .iter()
        .filter(|(_, schema)| schema.get("x-data-class").is_none())
        .map(|(name, _)| name.clone())
        .collect()
}
