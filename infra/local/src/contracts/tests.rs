//! Planted changes: each one that breaks is found, and each that does not is let through.

mod documents;
mod releases;

use super::{
    document::compare,
    finding::Severity::{self, Breaking, Compatible, Text, Unknown},
    rules::{Rule, SCHEMA, Side},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A document with one schema that clients send, or one that they receive.
fn holding(schema: &Value, side: Side) -> Value {
    let content = json!({"application/json": {"schema": schema}});
    let mut operation = json!({
        "operationId": "make_thing", "summary": "Make a thing", "security": [{"bearer": []}], "parameters": [],
        "x-ledgerkeep": {"access": "thing.write", "audit": "C", "step_up": false, "four_eyes": false, "effect": false},
        "responses": {"200": {"description": "Done"}},
    });
    match side {
        Side::Input => operation["requestBody"] = json!({"required": true, "content": content}),
        Side::Answer => operation["responses"]["200"]["content"] = content,
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.0.0"},
        "servers": [{"url": "https://things.example"}],
        "paths": {"/things/v1/things": {"post": operation}},
        "components": {
            "schemas": {
                "Short": {"type": "string", "maxLength": 5},
                "Long": {"type": "string", "maxLength": 9},
                "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}}},
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// The worst that is found between two schemas.
fn worst(old: &Value, new: &Value, side: Side) -> Option<Severity> {
    let found = compare(&holding(old, side), &holding(new, side));
    found.iter().map(|f| f.severity).max()
}

/// A keyword, a schema, another one, and what going from the first to the second is in an input and in an answer.
type Planted = (&'static str, Value, Value, Severity, Severity);

/// Both ways of each change: what is fine for those who send breaks those who receive, most of the time.
fn planted() -> Vec<Planted> {
    let object = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
    let text = json!({"type": "string"});
    let both = json!({"a": text, "b": text});
    let named = |values: &[&str]| {
        let values: Vec<Value> = values
            .iter()
            .map(|v| json!({"const": v, "type": "string"}))
            .collect();
        json!({"oneOf": values})
    };
    let choice = |keyword: &str, members: &[Value]| json!({keyword: members});
    let (a, b) = (
        object(json!({"a": text}), json!(["a"])),
        object(json!({"b": text}), json!(["b"])),
    );
    vec![
        (
            "$schema",
            json!({"$schema": "x"}),
            json!({"$schema": "y"}),
            Breaking,
            Breaking,
        ),
        ("title", json!({"title": "x"}), json!({"title": "y"}), Text, Text),
        ("description", json!({"description": "x"}), json!({}), Text, Text),
        (
            "examples",
            json!({"examples": [1]}),
            json!({"examples": [2]}),
            Text,
            Text,
        ),
        (
            "x-data-class",
            json!({"x-data-class": "public"}),
            json!({"x-data-class": "personal"}),
            Text,
            Text,
        ),
        (
            "default",
            json!({"default": 1}),
            json!({"default": 2}),
            Breaking,
            Text,
        ),
        (
            "readOnly",
            json!({}),
            json!({"readOnly": true}),
            Breaking,
            Breaking,
        ),
        (
            "writeOnly",
            json!({"writeOnly": true}),
            json!({}),
            Breaking,
            Breaking,
        ),
        (
            "format",
            json!({"format": "date"}),
            json!({"format": "time"}),
            Breaking,
            Breaking,
        ),
        (
            "format",
            json!({"format": "date"}),
            json!({}),
            Compatible,
            Breaking,
        ),
        (
            "format",
            json!({}),
            json!({"format": "date"}),
            Breaking,
            Compatible,
        ),
        (
            "pattern",
            json!({"pattern": "^a"}),
            json!({"pattern": "^b"}),
            Breaking,
            Breaking,
        ),
        (
            "pattern",
            json!({"pattern": "^a"}),
            json!({}),
            Compatible,
            Breaking,
        ),
        (
            "pattern",
            json!({}),
            json!({"pattern": "^a"}),
            Breaking,
            Compatible,
        ),
        (
            "maxLength",
            json!({"maxLength": 5}),
            json!({"maxLength": 4}),
            Breaking,
            Compatible,
        ),
        (
            "maxLength",
            json!({"maxLength": 5}),
            json!({"maxLength": 6}),
            Compatible,
            Breaking,
        ),
        (
            "maxLength",
            json!({"maxLength": 5}),
            json!({"maxLength": "5"}),
            Breaking,
            Breaking,
        ),
        (
            "maxItems",
            json!({}),
            json!({"maxItems": 4}),
            Breaking,
            Compatible,
        ),
        (
            "maxItems",
            json!({"maxItems": 4}),
            json!({}),
            Compatible,
            Breaking,
        ),
        (
            "maximum",
            json!({"maximum": 5.5}),
            json!({"maximum": 5}),
            Breaking,
            Compatible,
        ),
        (
            "maximum",
            json!({"maximum": u64::MAX - 1}),
            json!({"maximum": u64::MAX}),
            Compatible,
            Breaking,
        ),
        (
            "minLength",
            json!({"minLength": 1}),
            json!({"minLength": 2}),
            Breaking,
            Compatible,
        ),
        (
            "minLength",
            json!({"minLength": 1}),
            json!({"minLength": 0}),
            Compatible,
            Breaking,
        ),
        (
            "minItems",
            json!({}),
            json!({"minItems": 1}),
            Breaking,
            Compatible,
        ),
        (
            "minItems",
            json!({"minItems": 1}),
            json!({}),
            Compatible,
            Breaking,
        ),
        (
            "minimum",
            json!({"minimum": -1}),
            json!({"minimum": 0}),
            Breaking,
            Compatible,
        ),
        (
            "minimum",
            json!({"minimum": 0}),
            json!({"minimum": -1}),
            Compatible,
            Breaking,
        ),
        (
            "type",
            text.clone(),
            json!({"type": "integer"}),
            Breaking,
            Breaking,
        ),
        (
            "type",
            text.clone(),
            json!({"type": ["string", "null"]}),
            Compatible,
            Breaking,
        ),
        (
            "type",
            json!({"type": ["string", "null"]}),
            text.clone(),
            Breaking,
            Compatible,
        ),
        (
            "type",
            json!({"type": "integer"}),
            json!({"type": "number"}),
            Compatible,
            Breaking,
        ),
        (
            "type",
            json!({"type": "number"}),
            json!({"type": "integer"}),
            Breaking,
            Compatible,
        ),
        ("type", json!({}), text.clone(), Breaking, Compatible),
        (
            "enum",
            json!({"enum": ["a", "b"]}),
            json!({"enum": ["a"]}),
            Breaking,
            Compatible,
        ),
        (
            "enum",
            json!({"enum": ["a"]}),
            json!({"enum": ["a", "b"]}),
            Compatible,
            Breaking,
        ),
        (
            "enum",
            json!({"type": "string", "enum": ["a"]}),
            text.clone(),
            Compatible,
            Breaking,
        ),
        (
            "enum",
            text.clone(),
            json!({"type": "string", "enum": ["a"]}),
            Breaking,
            Compatible,
        ),
        ("enum", json!({"enum": ["a"]}), json!({"const": "a"}), Text, Text),
        (
            "const",
            json!({"const": "a"}),
            json!({"const": "b"}),
            Breaking,
            Breaking,
        ),
        ("const", named(&["a"]), named(&["a", "b"]), Compatible, Breaking),
        (
            "x-open-enum",
            json!({"enum": ["a"], "x-open-enum": true}),
            json!({"enum": ["a", "b"], "x-open-enum": true}),
            Compatible,
            Compatible,
        ),
        (
            "x-open-enum",
            json!({"enum": ["a"]}),
            json!({"enum": ["a"], "x-open-enum": true}),
            Compatible,
            Breaking,
        ),
        (
            "x-open-enum",
            json!({"enum": ["a"], "x-open-enum": true}),
            json!({"enum": ["a"]}),
            Compatible,
            Compatible,
        ),
        ("oneOf", named(&["a", "b"]), named(&["a"]), Breaking, Compatible),
        ("oneOf", named(&["a", "b"]), named(&["b", "a"]), Text, Text),
        (
            "oneOf",
            choice("oneOf", &[a.clone(), b.clone()]),
            choice("oneOf", &[a.clone()]),
            Breaking,
            Compatible,
        ),
        (
            "oneOf",
            choice("oneOf", &[a.clone()]),
            choice("oneOf", &[a.clone(), b.clone()]),
            Compatible,
            Breaking,
        ),
        (
            "oneOf",
            choice("oneOf", &[a.clone(), b.clone()]),
            choice("oneOf", &[b.clone(), a.clone()]),
            Text,
            Text,
        ),
        (
            "anyOf",
            a.clone(),
            choice("anyOf", &[a.clone(), json!({"type": "null"})]),
            Compatible,
            Breaking,
        ),
        (
            "anyOf",
            choice("anyOf", &[a.clone(), json!({"type": "null"})]),
            a.clone(),
            Breaking,
            Compatible,
        ),
        (
            "anyOf",
            choice(
                "anyOf",
                &[json!({"type": "string", "maxLength": 5}), json!({"type": "null"})],
            ),
            choice(
                "anyOf",
                &[json!({"type": "string", "maxLength": 4}), json!({"type": "null"})],
            ),
            Breaking,
            Compatible,
        ),
        (
            "anyOf",
            json!({"anyOf": [a.clone()], "properties": {"c": text}}),
            json!({"anyOf": [a.clone()], "properties": {"c": {"type": "integer"}}}),
            Breaking,
            Breaking,
        ),
        (
            "anyOf",
            a.clone(),
            json!({"anyOf": [a.clone()], "properties": {"c": text}}),
            Breaking,
            Breaking,
        ),
        (
            "required",
            object(both.clone(), json!(["a"])),
            object(both.clone(), json!(["a", "b"])),
            Breaking,
            Compatible,
        ),
        (
            "required",
            object(both.clone(), json!(["a", "b"])),
            object(both.clone(), json!(["a"])),
            Compatible,
            Breaking,
        ),
        (
            "properties",
            object(both.clone(), json!([])),
            object(json!({"a": text}), json!([])),
            Breaking,
            Breaking,
        ),
        (
            "properties",
            object(json!({"a": text}), json!([])),
            object(both.clone(), json!([])),
            Compatible,
            Compatible,
        ),
        (
            "properties",
            object(json!({"a": text}), json!([])),
            object(both.clone(), json!(["b"])),
            Breaking,
            Compatible,
        ),
        (
            "properties",
            object(json!({"a": {"type": "string", "maxLength": 5}}), json!([])),
            object(json!({"a": {"type": "string", "maxLength": 4}}), json!([])),
            Breaking,
            Compatible,
        ),
        (
            "properties",
            json!({"properties": {"a": text}, "additionalProperties": false}),
            json!({"properties": both, "additionalProperties": false}),
            Compatible,
            Breaking,
        ),
        (
            "additionalProperties",
            json!({}),
            json!({"additionalProperties": false}),
            Breaking,
            Compatible,
        ),
        (
            "additionalProperties",
            json!({"additionalProperties": false}),
            json!({}),
            Compatible,
            Breaking,
        ),
        (
            "additionalProperties",
            json!({"additionalProperties": false}),
            json!({"additionalProperties": text}),
            Compatible,
            Breaking,
        ),
        (
            "additionalProperties",
            json!({"additionalProperties": text}),
            json!({"additionalProperties": {"type": "integer"}}),
            Breaking,
            Breaking,
        ),
        (
            "items",
            json!({"items": text}),
            json!({"items": {"type": "integer"}}),
            Breaking,
            Breaking,
        ),
        ("items", json!({"items": text}), json!({}), Compatible, Breaking),
        ("items", json!({}), json!({"items": text}), Breaking, Compatible),
        (
            "$ref",
            json!({"$ref": "#/components/schemas/Short"}),
            json!({"$ref": "#/components/schemas/Long"}),
            Compatible,
            Breaking,
        ),
        (
            "$ref",
            json!({"$ref": "#/components/schemas/Long"}),
            json!({"$ref": "#/components/schemas/Short"}),
            Breaking,
            Compatible,
        ),
        (
            "$ref",
            json!({"$ref": "#/components/schemas/Long"}),
            json!({"type": "string", "maxLength": 4}),
            Breaking,
            Compatible,
        ),
        (
            "$ref",
            json!({"$ref": "#/components/schemas/Long"}),
            json!({"$ref": "#/components/schemas/Gone"}),
            Unknown,
            Unknown,
        ),
        (
            "$ref",
            json!({"$ref": "#/components/schemas/Long", "description": "x"}),
            json!({"$ref": "#/components/schemas/Long", "maxLength": 4}),
            Unknown,
            Unknown,
        ),
    ]
}

#[test]
fn planted_changes_of_every_keyword_are_judged() {
    let mut covered = BTreeSet::new();
    for (keyword, old, new, input, answer) in planted() {
        for (side, expected) in [(Side::Input, input), (Side::Answer, answer)] {
            let found = worst(&old, &new, side);
            assert_eq!(found, Some(expected), "{keyword}, {side:?}: {old} to {new}");
            covered.insert((keyword, side, expected));
        }
        assert_eq!(worst(&old, &old, Side::Input), None, "{old}");
    }
    for (keyword, input, answer) in SCHEMA {
        for (side, rule) in [(Side::Input, *input), (Side::Answer, *answer)] {
            let wanted: &[Severity] = match rule {
                Rule::Text => &[Text],
                Rule::Fixed => &[Breaking],
                _ if matches!(*keyword, "const" | "$schema") => &[Breaking],
                // An open list never breaks whoever sends.
                _ if *keyword == "x-open-enum" && side == Side::Input => &[Compatible],
                _ => &[Breaking, Compatible],
            };
            for severity in wanted {
                let there = covered.contains(&(*keyword, side, *severity));
                assert!(there, "no {severity:?} change of {keyword} is planted, {side:?}");
            }
        }
    }
}

#[test]
fn a_keyword_without_a_rule_is_refused_wherever_it_stands() {
    for schema in [
        json!({"allOf": [{"type": "string"}]}),
        json!({"type": "object", "properties": {"a": {"patternProperties": {}}}}),
        json!({"items": {"not": {}}}),
        json!({"anyOf": [{"type": "object", "dependentRequired": {}}, {"type": "string"}]}),
        json!({"additionalProperties": {"unevaluatedProperties": false}}),
        json!({"type": "string", "x-new": 1}),
        json!("string"),
        json!({"$ref": "#/components/schemas/Gone"}),
        json!({"$ref": "https://elsewhere.example/schema"}),
    ] {
        for side in [Side::Input, Side::Answer] {
            assert_eq!(worst(&schema, &schema, side), Some(Unknown), "{schema}");
            // Also where it has only just come.
            let new = json!({"type": "object", "properties": {"fresh": schema}});
            assert_eq!(
                worst(&json!({"type": "object"}), &new, side),
                Some(Unknown),
                "{new}"
            );
        }
    }
}

#[test]
fn a_type_that_holds_itself_is_compared_once() {
    let tree = json!({"$ref": "#/components/schemas/Tree"});
    assert_eq!(worst(&tree, &tree, Side::Answer), None);
    let (old, mut new) = (holding(&tree, Side::Input), holding(&tree, Side::Input));
    new["components"]["schemas"]["Tree"]["required"] = json!(["left"]);
    let found = compare(&old, &new);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].severity, Breaking);
}

/// Schemas of every keyword, some levels deep.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        Just(json!({"type": "string", "maxLength": 9, "pattern": "^a"})),
        Just(json!({"type": ["integer", "null"], "minimum": 0, "format": "int64"})),
        Just(json!({"type": "string", "enum": ["a", "b"], "x-open-enum": true})),
        Just(json!({"const": "a", "description": "One"})),
        Just(json!({"type": "null"})),
        Just(json!({"$ref": "#/components/schemas/Tree", "description": "A tree"})),
        any::<bool>().prop_map(Value::Bool),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (inner.clone(), 0..3_u8).prop_map(|(items, least)| json!({"type": "array", "items": items, "minItems": least})),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|of| json!({"oneOf": of})),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|of| json!({"anyOf": of, "title": "T"})),
            (proptest::collection::btree_map("[a-c]", inner.clone(), 0..3), inner).prop_map(|(properties, rest)| {
                let required: Vec<&String> = properties.keys().take(1).collect();
                json!({"type": "object", "required": required, "properties": properties, "additionalProperties": rest})
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_document_beside_itself_shows_nothing(schema in schema()) {
        for side in [Side::Input, Side::Answer] {
            prop_assert_eq!(worst(&schema, &schema, side), None);
        }
    }

    #[test]
    fn two_schemas_that_differ_never_pass_silently(old in schema(), new in schema()) {
        prop_assume!(old != new);
        let anything = |s: &Value| *s == json!({}) || *s == json!(true);
        prop_assume!(!(anything(&old) && anything(&new)));
        for side in [Side::Input, Side::Answer] {
            prop_assert!(worst(&old, &new, side).is_some(), "{old} and {new}");
        }
    }
}
