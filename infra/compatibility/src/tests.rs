//! Planted changes: each one that breaks is found, and each that does not is let through.

mod documents;
mod planted;
mod releases;

use super::{
    document::{compare, compare_but},
    finding::Severity::{self, Breaking, Compatible, Text, Unknown},
    rules::{Rule, SCHEMA, Side},
};
use planted::planted;
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
fn a_list_of_values_that_opens_breaks_answers_unless_it_is_excepted() {
    let closed = json!({"type": "string", "enum": ["a", "b"]});
    let open = json!({"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]});
    let more = json!({"anyOf": [{"type": "string", "enum": ["a", "b", "c"]}, {"type": "string"}]});
    assert_eq!(worst(&closed, &open, Side::Answer), Some(Breaking));
    assert_eq!(worst(&open, &more, Side::Answer), Some(Compatible), "it was open");
    assert_eq!(worst(&open, &closed, Side::Answer), Some(Compatible));
    assert_eq!(
        worst(&closed, &open, Side::Input),
        Some(Compatible),
        "any text is taken"
    );
    assert_eq!(worst(&open, &closed, Side::Input), Some(Breaking));
    // Also deep in something that may be null.
    let inside = |schema: &Value| {
        let object = json!({"type": "object", "required": ["state"], "properties": {"state": schema}});
        holding(&json!({"anyOf": [object, {"type": "null"}]}), Side::Answer)
    };
    let excepted = ["an open list: false became true".to_owned()];
    let found = |but: &[String]| {
        let found = compare_but(but, &inside(&closed), &inside(&open));
        found.iter().map(|f| f.severity).max()
    };
    assert_eq!((found(&[]), found(&excepted)), (Some(Breaking), Some(Compatible)));
}

#[test]
fn what_may_be_null_is_the_same_in_both_notations() {
    let short = json!({"type": "string", "maxLength": 5});
    let inline = json!({"type": ["string", "null"], "maxLength": 5});
    let named = json!({"anyOf": [{"$ref": "#/components/schemas/Short"}, {"type": "null"}]});
    let longer = json!({"anyOf": [{"$ref": "#/components/schemas/Long"}, {"type": "null"}]});
    for side in [Side::Input, Side::Answer] {
        assert_eq!(worst(&inline, &named, side), Some(Text), "{side:?}");
        assert_eq!(worst(&named, &inline, side), Some(Text), "{side:?}");
    }
    assert_eq!(worst(&inline, &longer, Side::Answer), Some(Breaking));
    assert_eq!(worst(&inline, &longer, Side::Input), Some(Compatible));
    assert_eq!(
        worst(&named, &short, Side::Input),
        Some(Breaking),
        "null was taken"
    );
    assert_eq!(worst(&named, &short, Side::Answer), Some(Compatible));
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

#[test]
fn the_empty_schema_is_true_wherever_it_stands() {
    let (empty, anything) = (
        json!({"type": "array", "items": {}}),
        json!({"type": "array", "items": true}),
    );
    for side in [Side::Input, Side::Answer] {
        assert_eq!(worst(&empty, &anything, side), None);
        assert_eq!(worst(&anything, &empty, side), None);
    }
}

#[test]
fn what_is_new_refers_to_what_stands_in_the_new_document_alone() {
    let (old, mut new) = (holding(&json!({"type": "object"}), Side::Answer), {
        let schema = json!({"type": "object", "properties": {"bush": {"$ref": "#/components/schemas/Bush"}}});
        holding(&schema, Side::Answer)
    });
    let bush = json!({"type": "object", "properties": {"twig": {"$ref": "#/components/schemas/Bush"}}});
    new["components"]["schemas"]["Bush"] = bush.clone();
    let found = compare(&old, &new);
    assert!(found.iter().all(|f| f.severity == Compatible), "{found:?}");
    new["components"]["schemas"]["Bush"]["properties"]["twig"]["unheard"] = json!(1);
    assert!(
        compare(&old, &new)
            .iter()
            .any(|f| f.severity == Severity::Unknown)
    );
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

/// The schema with `true` wherever it says `{}`: both admit anything (JSON Schema 2020-12, section 4.3.2).
fn one_anything(schema: &Value) -> Value {
    match schema {
        Value::Object(members) if members.is_empty() => json!(true),
        Value::Object(members) => members
            .iter()
            .map(|(name, s)| (name.clone(), one_anything(s)))
            .collect(),
        Value::Array(items) => items.iter().map(one_anything).collect(),
        other => other.clone(),
    }
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
        prop_assume!(one_anything(&old) != one_anything(&new));
        for side in [Side::Input, Side::Answer] {
            prop_assert!(worst(&old, &new, side).is_some(), "{old} and {new}");
        }
    }
}
