//! An example that conforms to a JSON Schema: its own `examples` where it has some, the least that is allowed otherwise.

use serde_json::{Map, Value, json};

/// Schemas do not nest deeper than this, references followed.
pub const DEPTH: u32 = 16;

/// What a reference names among the definitions; none where the schema is no reference, or to nothing.
#[must_use]
pub fn referred<'d>(schema: &Value, definitions: &'d Map<String, Value>) -> Option<&'d Value> {
    let place = schema.get("$ref")?.as_str()?;
    definitions.get(place.rsplit('/').next()?)
}

/// An example of a schema; `definitions` resolves its references.
#[must_use]
pub fn of(schema: &Value, definitions: &Map<String, Value>) -> Value {
    example(schema, definitions, 0)
}

/// The required members of an object, each with an example: as its own example has them, as far as it does.
#[must_use]
pub fn members(schema: &Value, definitions: &Map<String, Value>) -> Map<String, Value> {
    let object = |schema: &Value| match of(schema, definitions) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let mut plain = referred(schema, definitions).unwrap_or(schema).clone();
    if let Value::Object(schema) = &mut plain {
        schema.remove("examples");
    }
    let mut members = object(&plain);
    members.extend(object(schema));
    members
}

fn first<'v>(schema: &'v Value, name: &str) -> Option<&'v Value> {
    schema
        .get(name)?
        .as_array()?
        .iter()
        .find(|v| !v.is_null() && v.get("type") != Some(&json!("null")))
}

fn example(schema: &Value, definitions: &Map<String, Value>, depth: u32) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    let given = schema
        .get("const")
        .or_else(|| first(schema, "examples"))
        .or_else(|| schema.get("default"));
    if let Some(value) = given.or_else(|| first(schema, "enum")) {
        return value.clone();
    }
    if schema.get("$ref").is_some() {
        return referred(schema, definitions).map_or(Value::Null, |s| example(s, definitions, depth + 1));
    }
    for name in ["anyOf", "oneOf", "allOf"] {
        if let Some(schema) = first(schema, name) {
            return example(schema, definitions, depth + 1);
        }
    }
    let number = |name: &str| schema.get(name).and_then(Value::as_u64);
    match kind(schema) {
        "object" => object(schema, definitions, depth),
        "array" => {
            let items = schema
                .get("items")
                .map_or(Value::Null, |s| example(s, definitions, depth + 1));
            let count = usize::try_from(number("minItems").unwrap_or(1).max(1)).unwrap_or(1);
            Value::Array((1..=count).map(|n| varied(&items, n)).collect())
        }
        "integer" | "number" => integer(schema),
        "boolean" => json!(true),
        "string" => json!(text(
            schema,
            usize::try_from(number("minLength").unwrap_or(1)).unwrap_or(1)
        )),
        _ => Value::Null,
    }
}

/// The middle of what is allowed, which is neither a year that has passed nor a month that never comes.
fn integer(schema: &Value) -> Value {
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => json!(least.midpoint(most)),
        (Some(only), None) | (None, Some(only)) => json!(only),
        (None, None) => json!(1),
    }
}

/// The same value for somebody else: two people do not share an address.
fn varied(value: &Value, number: usize) -> Value {
    match value {
        Value::String(text) if number > 1 && text.contains('@') => json!(format!("{number}.{text}")),
        Value::Object(members) => members
            .iter()
            .map(|(k, v)| (k.clone(), varied(v, number)))
            .collect(),
        other => other.clone(),
    }
}

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|k| *k != "null")
            .unwrap_or("null"),
        _ if schema.get("properties").is_some() => "object",
        _ => "null",
    }
}

fn object(schema: &Value, definitions: &Map<String, Value>, depth: u32) -> Value {
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let required = required.iter().filter_map(Value::as_str);
    let member = |name: &str| {
        let schema = schema.get("properties")?.get(name)?;
        Some((name.to_owned(), example(schema, definitions, depth + 1)))
    };
    Value::Object(required.filter_map(member).collect())
}

fn text(schema: &Value, least: usize) -> String {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-01-15T09:30:00Z",
        Some("date") => "2026-01-15",
        Some("uri") => "https://example.com/",
        _ if schema.get("writeOnly") == Some(&json!(true)) => "a long pass phrase 17",
        _ => "example",
    };
    text.chars()
        .chain(std::iter::repeat('x'))
        .take(text.chars().count().max(least))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_is_allowed() {
        let schema = json!({"type": "object", "required": ["a", "b", "c", "d", "e"], "properties": {
            "a": {"type": "string", "examples": ["ada"]},
            "b": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/B"}]},
            "c": {"type": "array", "minItems": 2, "items": {"type": "integer", "minimum": 5}},
            "d": {"type": "string", "minLength": 9},
            "e": {"type": ["boolean", "null"]},
            "f": {"type": "string"},
        }});
        let definitions = Map::from_iter([("B".to_owned(), json!({"enum": ["EUR", "USD"]}))]);
        let expected = json!({"a": "ada", "b": "EUR", "c": [5, 5], "d": "examplexx", "e": true});
        assert_eq!(of(&schema, &definitions), expected);
        let mut endless = Map::new();
        endless.insert("Loop".into(), json!({"$ref": "#/$defs/Loop"}));
        assert_eq!(of(&json!({"$ref": "#/$defs/Loop"}), &endless), Value::Null);
    }
}
