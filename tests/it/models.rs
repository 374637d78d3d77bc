//! Models of the gateway: each is the declared schema as far as a model can say it, and none refuses what the function
//! behind it accepts.

use crate::{
    cases::{Case, case},
    contracts::Operation,
    examples::documented,
    support::{Findings, Tenant, platform, random, root, run, world},
};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// A model of a template, and whether bodies are held against it.
struct Model {
    schema: Value,
    enforced: bool,
    validator: Validator,
}

/// The models of all templates, by the function's name.
fn models() -> BTreeMap<String, Model> {
    let mut found = BTreeMap::new();
    for service in crate::contracts::SERVICES {
        let text =
            fs::read_to_string(root().join(format!("infra/service-{service}.yaml"))).expect("a template");
        let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&text).expect("YAML");
        let resources = &template["Resources"];
        let given = &resources["Api"]["Properties"]["Models"];
        let mut used = 0;
        for (_, resource) in resources.as_mapping().expect("resources") {
            let event = &resource["Properties"]["Events"]["Api"]["Properties"];
            let Some(name) = event["RequestModel"]["Model"].as_str() else {
                continue;
            };
            used += 1;
            let schema: Value = serde_json::to_value(&given[name]).expect("a schema");
            let code = resource["Properties"]["CodeUri"].as_str().expect("a folder");
            let function = code
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .expect("a name")
                .to_owned();
            let validator = jsonschema::draft4::new(&schema).expect("a schema of draft 4");
            let enforced = event["RequestModel"]["ValidateBody"] == true;
            found.insert(
                function,
                Model {
                    schema,
                    enforced,
                    validator,
                },
            );
        }
        let all = given.as_mapping().map_or(0, |m| m.len());
        assert_eq!(used, all, "{service}: models that nothing uses");
    }
    found
}

/// What must agree with the contract, both ways: every operation with a JSON body has a model, with the same required
/// names, and no model says anything that the contract does not.
#[test]
fn models_and_contracts_agree() {
    run(async {
        let mut findings = Findings::default();
        let mut models = models();
        for (operation, document) in documented().await {
            let id = operation.id.as_str();
            let model = models.remove(id);
            findings.check(model.is_some() == operation.takes_json(), || {
                format!("{id}: has a model or JSON, but not both")
            });
            let Some(model) = model else { continue };
            let body = &operation.document["requestBody"];
            findings.check(model.enforced == (body["required"] == true), || {
                format!("{id}: a body that may be absent is left to the function, another one is not")
            });
            let declared = &body["content"]["application/json"]["schema"];
            for difference in differences(&model.schema, declared, &document, id) {
                findings.check(false, || difference);
            }
        }
        for left in models.keys() {
            findings.check(false, || format!("{left}: a model of no operation"));
        }
        findings.none();
    });
}

/// Where a model and a schema of the contract do not say the same.
fn differences(model: &Value, declared: &Value, document: &Value, at: &str) -> Vec<String> {
    let declared = match declared["$ref"].as_str() {
        Some(name) => document.pointer(&name[1..]).expect("a schema"),
        None => declared,
    };
    let mut found = Vec::new();
    for (name, value) in model.as_object().expect("a schema") {
        let same = match name.as_str() {
            "properties" | "items" => true,
            // Nothing is required: draft 4 says that by silence.
            _ => declared.get(name) == Some(value),
        };
        if !same {
            found.push(format!(
                "{at}: {name} is {value} and should be {}",
                declared[name]
            ));
        }
    }
    let names = |schema: &Value| -> Vec<String> {
        let properties = schema["properties"].as_object();
        properties.into_iter().flat_map(|p| p.keys().cloned()).collect()
    };
    let is_object = model["type"] == "object";
    if is_object {
        let required = declared["required"].as_array().cloned().unwrap_or_default();
        if json!(required) != model.get("required").cloned().unwrap_or_else(|| json!([])) {
            found.push(format!("{at}: required is {}", model["required"]));
        }
        if names(model) != names(declared)
            || model["additionalProperties"] != declared["additionalProperties"]
        {
            found.push(format!(
                "{at}: other fields: {:?} and {:?}",
                names(model),
                names(declared)
            ));
        }
        for name in required.iter().filter_map(Value::as_str) {
            let (own, theirs) = (&model["properties"][name], &declared["properties"][name]);
            found.extend(differences(own, theirs, document, &format!("{at}/{name}")));
        }
        // What may be absent may be null: its type is not said, its bounds are.
        for name in names(model).iter().filter(|n| !required.contains(&json!(n))) {
            let own = &model["properties"][name];
            let theirs = &declared["properties"][name];
            if own.get("type").is_some() || own.get("enum").is_some() {
                found.push(format!("{at}/{name}: refuses null"));
            }
            for bound in ["pattern", "maxLength", "minimum", "maximum"] {
                if own.get(bound) != theirs.get(bound) {
                    found.push(format!("{at}/{name}: {bound} is {}", own[bound]));
                }
            }
        }
    }
    if model["type"] == "array" {
        found.extend(differences(
            &model["items"],
            &declared["items"],
            document,
            &format!("{at}/0"),
        ));
    }
    found
}

/// Values that somebody might send in place of another.
fn others(value: &Value) -> Vec<Value> {
    let mut others = vec![
        Value::Null,
        json!(""),
        json!(" "),
        json!("\u{feff}"),
        json!(0),
        json!(1.0),
        json!(true),
        json!([]),
        json!({}),
        json!("\u{1f4b6}".repeat(200)),
    ];
    match value {
        Value::String(text) => others.extend([
            json!(format!(" {text} ")),
            json!(format!("\u{a0}{text}\u{2003}")),
            json!(format!("{text}\n")),
            json!(format!("{text}e\u{301}")),
            json!(text.to_lowercase()),
            json!(text.to_uppercase()),
            json!(format!("{text}{}", "x".repeat(200))),
        ]),
        Value::Number(number) => {
            let n = number.as_i64().unwrap_or_default();
            others.extend([
                json!(n + 1),
                json!(-n),
                json!(n.saturating_mul(1000)),
                json!(n.to_string()),
            ]);
        }
        Value::Array(list) => {
            let twice: Vec<Value> = list.iter().chain(list).cloned().collect();
            others.push(json!(twice));
            others.push(json!([null]));
        }
        _ => {}
    }
    others
}

/// Every body that differs from a good one in one place.
fn variants(body: &Value) -> Vec<Value> {
    let mut found = vec![body.clone()];
    let with = |name: &str, value: Option<Value>| {
        let mut body = body.clone();
        if let Value::Object(map) = &mut body {
            match value {
                Some(value) => map.insert(name.to_owned(), value),
                None => map.remove(name),
            };
        }
        body
    };
    for (name, value) in body.as_object().into_iter().flatten() {
        found.push(with(name, None));
        found.extend(others(value).into_iter().map(|other| with(name, Some(other))));
        if let Value::Array(list) = value
            && let Some(first) = list.first()
        {
            for inner in variants(first) {
                let mut list = list.clone();
                list[0] = inner;
                found.push(with(name, Some(Value::Array(list))));
            }
        }
    }
    found.push(with("nobody_knows_this", Some(json!(1))));
    found
}

/// The body of a case with every optional field of the contract, as far as its examples know one.
fn filled(case: &Case, operation: &Operation) -> Value {
    let mut body = case.body.clone().unwrap_or_else(|| json!({}));
    let schema = &operation.document["requestBody"]["content"]["application/json"]["schema"];
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let example = field["examples"].as_array().and_then(|e| e.first()).cloned();
        if let (Value::Object(map), Some(example)) = (&mut body, example) {
            map.entry(name.clone()).or_insert(example);
        }
    }
    body
}

#[test]
fn no_model_refuses_what_its_function_accepts() {
    run(async {
        let (a, b) = (Tenant::new().await, Tenant::new().await);
        let operator = world::operator(platform());
        let mut findings = Findings::default();
        let models = models();
        let (mut accepted, mut refused) = (0, 0);
        for (operation, _) in documented().await {
            let id = operation.id.as_str();
            // Failed sign-ins lock the account; what signs in is tried with the good body only.
            let Some(model) = models.get(id) else { continue };
            let case = case(id, &a, &b).await.expect("a case");
            let bodies = if id == "create_session" {
                vec![case.body.clone().unwrap_or_default()]
            } else {
                variants(&filled(&case, &operation))
            };
            for body in bodies {
                let mut request = platform().http.request(&operation.method, &case.path).json(&body);
                if operation.takes_key() {
                    request = request.key(&random(22));
                }
                if let Some(caller) = case.caller(&a, &operator) {
                    request = request.bearer(&caller.token().await);
                }
                let answer = request.send().await;
                let fits = model.validator.is_valid(&body);
                // A conflict or a missing object says that the body itself was accepted.
                let taken = answer.is_success() || [404, 409].contains(&answer.status);
                accepted += u32::from(taken);
                refused += u32::from(!fits);
                findings.check(fits || !taken, || {
                    format!("{id}: the model refuses {body:.300}, but: {}", answer.told())
                });
                findings.check(answer.status < 500, || answer.told());
            }
        }
        findings.none();
        assert!(
            accepted > 50 && refused > 50,
            "{accepted} accepted, {refused} refused by a model"
        );
    });
}
