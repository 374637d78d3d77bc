//! Models of the gateway in the templates are the declared schemas, as far as a model can say them, both ways: every operation
//! with a JSON body has its model, and no model says anything else than the contract.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

use generator::model;
use serde_json::{Value, json};
use services::SERVICES;
use shared::{endpoint::Format, openapi};
use std::{collections::BTreeMap, fs, path::Path};

/// What a template says of a function's requests: its model, whether bodies are held against it, required parameters.
struct Said {
    model: Option<Value>,
    enforced: bool,
    parameters: Vec<String>,
}

/// What the templates of a service say, by functions: its own, and those of what is split off it.
fn said(service: &str) -> BTreeMap<String, Said> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let files = fs::read_dir(Path::new(&package).join("../stacks"))
        .unwrap()
        .flatten();
    let own = |name: &str| {
        let rest = name
            .strip_prefix("service-")
            .and_then(|n| n.strip_prefix(service));
        rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".yaml"))
    };
    let files = files.filter(|f| f.file_name().to_str().is_some_and(own));
    files.flat_map(|f| said_in(service, &f.path())).collect()
}

fn said_in(service: &str, path: &Path) -> BTreeMap<String, Said> {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let resources = &template["Resources"];
    let models = &resources["Api"]["Properties"]["Models"];
    let mut found = BTreeMap::new();
    for (_, resource) in resources.as_mapping().unwrap() {
        let event = &resource["Properties"]["Events"]["Api"]["Properties"];
        if event["RestApiId"].is_null() {
            continue;
        }
        let code = resource["Properties"]["CodeUri"].as_str().unwrap();
        let function = code.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        let name = event["RequestModel"]["Model"].as_str();
        let parameters = event["RequestParameters"]
            .as_sequence()
            .cloned()
            .unwrap_or_default();
        let parameters = parameters.iter().flat_map(|p| p.as_mapping().unwrap().clone());
        let parameters = parameters.map(|(name, rules)| {
            assert_eq!(rules["Required"], true, "{function}");
            name.as_str()
                .unwrap()
                .trim_start_matches("method.request.")
                .to_owned()
        });
        let said = Said {
            model: name.map(|name| serde_json::to_value(&models[name]).unwrap()),
            enforced: event["RequestModel"]["ValidateBody"] == true,
            parameters: parameters.collect(),
        };
        found.insert(function, said);
    }
    let used = found.values().filter(|s| s.model.is_some()).count();
    assert_eq!(
        used,
        models.as_mapping().map_or(0, |m| m.len()),
        "{service}: models that nothing uses"
    );
    found
}

#[test]
fn models_and_contracts_agree() {
    let mut wrong = Vec::new();
    let described = |s: &&&shared::endpoint::Service| !s.endpoints.is_empty() && s.is_described();
    for service in SERVICES.iter().filter(described) {
        let document = openapi::document(service);
        let mut said = said(service.name);
        let checks = model::checks(service);
        for function in service.endpoints {
            let d = &function.declaration;
            let said = said.remove(d.name).unwrap_or_else(|| panic!("{}", d.name));
            // Its contract is a WSDL.
            if d.format == Format::Soap {
                assert!(said.model.is_none(), "{}", d.name);
                continue;
            }
            let method = (d.method)().as_str().to_lowercase();
            let operation = &document["paths"][d.path][&method];
            let mut parameters = Vec::new();
            for parameter in operation["parameters"].as_array().unwrap() {
                let name = parameter["name"].as_str().unwrap();
                match parameter["in"].as_str() {
                    Some("query") if parameter["required"] == true => {
                        parameters.push(format!("querystring.{name}"))
                    }
                    Some("header") if parameter["required"] == true => {
                        parameters.push(format!("header.{name}"))
                    }
                    _ => {}
                }
            }
            assert_eq!(said.parameters, parameters, "{}", d.name);
            let body = &operation["requestBody"];
            let declared = &body["content"]["application/json"]["schema"];
            // The conversion, made anew, is what stands there.
            assert_eq!(said.model, checks[d.name].model, "{}", d.name);
            assert_eq!(said.model.is_some(), declared.is_object(), "{}", d.name);
            let Some(model) = said.model else { continue };
            assert_eq!(
                said.enforced,
                body["required"] == true,
                "{}: what may be absent is left to the function",
                d.name
            );
            wrong.extend(differences(&model, declared, &document, d.name));
        }
        assert!(said.is_empty(), "{}: functions of no operation", service.name);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a schema says, behind its name and apart from null.
fn plain<'v>(declared: &'v Value, document: &'v Value) -> &'v Value {
    if let Some(name) = declared["$ref"].as_str() {
        return plain(document.pointer(&name[1..]).unwrap(), document);
    }
    let present = declared["anyOf"].as_array().map(|choices| {
        let present = choices.iter().filter(|choice| choice["type"] != "null");
        present.collect::<Vec<_>>()
    });
    match present.as_deref() {
        Some([only]) => plain(only, document),
        _ => declared,
    }
}

/// Where a model and a schema of the contract do not say the same.
fn differences(model: &Value, declared: &Value, document: &Value, at: &str) -> Vec<String> {
    let declared = plain(declared, document);
    let mut found = Vec::new();
    for (name, value) in model.as_object().unwrap() {
        let same = match name.as_str() {
            "properties" | "items" => true,
            // A whole number, in words of draft 4 that take `1.0` as one.
            "multipleOf" => *value == json!(1) && declared["type"] == "integer",
            "type" if *value == "number" => model["multipleOf"] == json!(1) || declared["type"] == "number",
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
            let theirs = plain(&declared["properties"][name], document);
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
