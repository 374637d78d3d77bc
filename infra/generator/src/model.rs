//! What the gateway checks of a request: the declared schemas, as far as a model of API Gateway can say them.
//!
//! A model is JSON Schema draft 4, and on import API Gateway drops or refuses more than that: unions of types, `anyOf`,
//! exclusive bounds, lengths of lists, formats. So a model says less than the contract and never more: whatever the function
//! accepts gets through. The function checks everything itself, and names every failing field.

use serde_json::{Map, Value, json};
use shared::{
    endpoint::{Function, Service},
    openapi::{
        self,
        example::{DEPTH, referred},
    },
};
use std::collections::BTreeMap;

/// What the gateway checks of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The model of its JSON body.
    pub model: Option<Value>,
    /// Whether there must be a body. One that may be absent is left to the function.
    pub required: bool,
    /// Required parameters as `querystring.<name>` or `header.<name>`.
    pub parameters: Vec<String>,
}

/// The checks of a service by its functions.
#[must_use]
pub fn checks(service: &Service) -> BTreeMap<&'static str, Check> {
    let document = openapi::document(service);
    let none = Map::new();
    let definitions = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let check = |function: &Function| {
        let d = &function.declaration;
        let method = (d.method)().as_str().to_lowercase();
        let operation = document.get("paths")?.get(d.path)?.get(&method)?;
        Some((d.name, of(operation, definitions)))
    };
    service.endpoints.iter().filter_map(check).collect()
}

fn of(operation: &Value, definitions: &Map<String, Value>) -> Check {
    let body = operation.get("requestBody");
    let schema = body.and_then(|b| b.pointer("/content/application~1json/schema"));
    let text = |p: &Value, name: &str| p.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let parameters = operation.get("parameters").and_then(Value::as_array);
    Check {
        model: schema.map(|s| model(s, definitions)),
        required: body.and_then(|b| b.get("required")) == Some(&json!(true)),
        parameters: parameters
            .into_iter()
            .flatten()
            .filter(|p| p.get("required") == Some(&json!(true)))
            .filter_map(|p| match text(p, "in").as_str() {
                "query" => Some(format!("querystring.{}", text(p, "name"))),
                "header" => Some(format!("header.{}", text(p, "name"))),
                _ => None,
            })
            .collect(),
    }
}

/// A schema of the contract as a model; `definitions` resolves its references.
#[must_use]
pub fn model(schema: &Value, definitions: &Map<String, Value>) -> Value {
    Value::Object(convert(schema, definitions, false, 0))
}

/// The part of a schema that a model can say. A value that may be null loses its type, as a union of types cannot be said;
/// `pattern` and the bounds stay, as they say nothing about other types.
fn convert(
    schema: &Value,
    definitions: &Map<String, Value>,
    may_be_null: bool,
    depth: u32,
) -> Map<String, Value> {
    // What is deeper is not checked.
    if depth > DEPTH {
        return Map::new();
    }
    let deeper = |schema: &Value, may_be_null| convert(schema, definitions, may_be_null, depth + 1);
    if schema.get("$ref").is_some() {
        let found = referred(schema, definitions);
        return found.map_or_else(Map::new, |schema| deeper(schema, may_be_null));
    }
    for union in ["anyOf", "oneOf", "allOf"] {
        if let Some(members) = schema.get(union).and_then(Value::as_array) {
            let null = |s: &&Value| s.get("type") == Some(&json!("null"));
            let others: Vec<&Value> = members.iter().filter(|s| !null(s)).collect();
            return match others.as_slice() {
                [only] => deeper(only, may_be_null || others.len() < members.len()),
                _ => Map::new(),
            };
        }
    }
    let (kind, may_be_null) = match schema.get("type") {
        Some(Value::String(kind)) => (Some(kind.as_str()), may_be_null),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            let others: Vec<&str> = kinds.iter().copied().filter(|k| *k != "null").collect();
            match others.as_slice() {
                [only] => (Some(*only), may_be_null || others.len() < kinds.len()),
                _ => (None, true),
            }
        }
        _ => (None, true),
    };
    let mut out = Map::new();
    let mut keep = |names: &[&str]| {
        for name in names {
            if let Some(value) = schema.get(*name) {
                out.insert((*name).to_owned(), value.clone());
            }
        }
    };
    match (kind, may_be_null) {
        (Some("string"), false) => keep(&["type", "enum", "pattern", "minLength", "maxLength"]),
        (Some("string"), true) => keep(&["pattern", "minLength", "maxLength"]),
        // `1.0` is a whole number, as JSON Schema has it since draft 6; in the models' draft 4 it is none.
        (Some("integer"), false) => {
            keep(&["minimum", "maximum"]);
            out.insert("type".into(), json!("number"));
            out.insert("multipleOf".into(), json!(1));
            return out;
        }
        (Some("number"), false) => keep(&["type", "minimum", "maximum"]),
        (Some("integer" | "number"), true) => keep(&["minimum", "maximum"]),
        (Some("boolean"), false) => keep(&["type"]),
        (Some("array"), false) => {
            keep(&["type"]);
            let items = schema.get("items").map(|items| deeper(items, false));
            out.insert("items".into(), items.unwrap_or_default().into());
        }
        (Some("object"), false) => return object(schema, &deeper),
        _ => {}
    }
    if let Some(kind) = kind.filter(|_| out.contains_key("type")) {
        out.insert("type".into(), json!(kind));
    }
    out
}

/// An object. The function takes `null` for whatever may be absent, so only what is required keeps its type.
fn object(schema: &Value, deeper: &dyn Fn(&Value, bool) -> Map<String, Value>) -> Map<String, Value> {
    let required = schema.get("required").and_then(Value::as_array).cloned();
    let required = required.unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            (
                name.clone(),
                deeper(schema, !required.contains(&json!(name))).into(),
            )
        })
        .collect();
    let mut out = Map::from_iter([("type".to_owned(), json!("object"))]);
    if schema.get("additionalProperties") == Some(&json!(false)) {
        out.insert("additionalProperties".into(), json!(false));
    }
    // Draft 4 takes no empty list.
    if !required.is_empty() {
        out.insert("required".into(), required.into());
    }
    if !properties.is_empty() {
        out.insert("properties".into(), properties.into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_says_what_draft_4_and_the_import_can_say() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["a", "b", "c", "d"], "title": "T",
            "properties": {
                "a": {"type": "string", "pattern": "^a", "maxLength": 5, "format": "uri", "examples": ["a"], "x-data-class": "public"},
                "b": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9, "format": "int64"},
                "c": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/C"}},
                "d": {"const": "x"},
                "e": {"type": ["string", "null"], "enum": ["x", null], "minLength": 1},
                "f": {"anyOf": [{"$ref": "#/components/schemas/C"}, {"type": "null"}]},
                "g": {"type": "array", "items": {"type": "string"}},
            },
        });
        let definitions = Map::from_iter([(
            "C".to_owned(),
            json!({"type": "object", "required": [], "properties": {}}),
        )]);
        let expected = json!({
            "type": "object", "additionalProperties": false, "required": ["a", "b", "c", "d"],
            "properties": {
                "a": {"type": "string", "pattern": "^a", "maxLength": 5},
                "b": {"type": "number", "multipleOf": 1, "maximum": 9},
                "c": {"type": "array", "items": {"type": "object"}},
                "d": {},
                "e": {"minLength": 1},
                "f": {},
                "g": {},
            },
        });
        assert_eq!(model(&schema, &definitions), expected);
        let endless = Map::from_iter([("L".to_owned(), json!({"$ref": "#/components/schemas/L"}))]);
        assert_eq!(
            model(&json!({"$ref": "#/components/schemas/L"}), &endless),
            json!({})
        );
    }

    #[test]
    fn every_json_body_has_a_model_of_an_object() {
        for service in services::SERVICES {
            let checks = checks(service);
            let described = |f: &&Function| f.declaration.format != shared::endpoint::Format::Soap;
            assert_eq!(checks.len(), service.endpoints.iter().filter(described).count());
            for (name, check) in checks {
                let Some(model) = check.model else { continue };
                assert_eq!(model["type"], "object", "{name}");
                assert!(check.required == model.get("required").is_some(), "{name}");
            }
        }
    }
}
