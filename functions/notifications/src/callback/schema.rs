//! What events tell, in XML: their JSON Schemas as types of XML Schema, and their data as elements of those.

use crate::event_types::schemas;
use serde_json::Value;
use xml::{Tag, Unwritable, Writer};

/// What lists have in them.
const ITEM: &str = "item";

/// A schema without null, and whether it had it.
fn present(schema: &Value) -> (&Value, bool) {
    let null = |s: &&Value| s.get("type").and_then(Value::as_str) == Some("null");
    match schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one, other]) if null(&other) => (one, true),
        _ => (schema, false),
    }
}

/// The members of an object in the order in which its schema requires them.
fn members(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let names = schema.get("required").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(|name| Some((name, schema.get("properties")?.get(name)?)))
}

fn any() -> Tag {
    Tag::new("xs:any")
        .with("namespace", "##other")
        .with("processContents", "lax")
        .with("minOccurs", "0")
        .with("maxOccurs", "unbounded")
}

/// What stands in an object: its members, and room for what comes later.
fn content(schema: &Value) -> Tag {
    let elements = members(schema).map(|(name, schema)| {
        let (schema, optional) = present(schema);
        let element = element(name, schema);
        if optional {
            element.with("minOccurs", "0")
        } else {
            element
        }
    });
    let sequence = Tag::new("xs:sequence").holding(elements).holding([any()]);
    Tag::new("xs:complexType").holding([sequence])
}

fn element(name: &str, schema: &Value) -> Tag {
    let element = Tag::new("xs:element").with("name", name);
    let format = schema.get("format").and_then(Value::as_str);
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => element.holding([content(schema)]),
        Some("array") => {
            let (of, _) = present(schema.get("items").unwrap_or(&Value::Null));
            let item = self::element(ITEM, of)
                .with("minOccurs", "0")
                .with("maxOccurs", "unbounded");
            let sequence = Tag::new("xs:sequence").holding([item]);
            element.holding([Tag::new("xs:complexType").holding([sequence])])
        }
        Some("integer") => element.with("type", "xs:long"),
        Some("boolean") => element.with("type", "xs:boolean"),
        // States and kinds are open, and so are masks.
        _ if format == Some("date-time") => element.with("type", "xs:dateTime"),
        _ => element.with("type", "xs:string"),
    }
}

/// The type of what an event tells: which object, and the object under the name of what it is.
pub(super) fn notify() -> Tag {
    let string = |name: &'static str| {
        Tag::new("xs:element")
            .with("name", name)
            .with("type", "xs:string")
    };
    let objects = schemas::NOUNS.iter().filter_map(|noun| {
        let schema = schemas::object(noun)?;
        Some(element(noun, &schema))
    });
    let timestamp = Tag::new("xs:element")
        .with("name", "timestamp")
        .with("type", "xs:dateTime");
    let sequence = Tag::new("xs:sequence").holding([
        string("id").about("The event: the same at every attempt, so that it can be taken once."),
        string("type").about("What happened. A receiver must bear kinds that it does not know."),
        timestamp.about("When."),
        string("object").about("The id of what it happened to."),
        Tag::new("xs:choice").with("minOccurs", "0").holding(objects),
        any(),
    ]);
    Tag::new("xs:complexType").holding([sequence])
}

/// Writes what an event of this kind tells.
pub(super) fn write(writer: &mut Writer, kind: &str, data: &Value) -> Result<(), Unwritable> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    writer.leaf("object", text("id").unwrap_or_default())?;
    let noun = kind.split('.').next().unwrap_or_default();
    if let (Some(schema), Some(object)) = (schemas::object(noun), data.get("object")) {
        value(writer, noun, &schema, object)?;
    }
    Ok(())
}

fn value(writer: &mut Writer, name: &str, schema: &Value, value: &Value) -> Result<(), Unwritable> {
    let (schema, _) = present(schema);
    match value {
        Value::Null => Ok(()),
        Value::Bool(_) | Value::Number(_) => writer.leaf(name, &value.to_string()),
        Value::String(text) => writer.leaf(name, text),
        Value::Array(values) => {
            writer.start(name, &[])?;
            let of = schema.get("items").unwrap_or(&Value::Null);
            for inner in values {
                self::value(writer, ITEM, of, inner)?;
            }
            writer.end()
        }
        Value::Object(map) => {
            writer.start(name, &[])?;
            for (name, schema) in members(schema) {
                if let Some(inner) = map.get(name) {
                    self::value(writer, name, schema, inner)?;
                }
            }
            writer.end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_come_in_the_order_of_the_schema_and_null_is_left_out() {
        let data = json!({"id": "ref_1", "object": {"status": "failed", "reason": null, "amount": 5, "id": "ref_1", "odd": 1}});
        let mut writer = Writer::default();
        write(&mut writer, "refund.failed", &data).unwrap();
        assert_eq!(
            writer.finish().unwrap(),
            "<object>ref_1</object><refund><id>ref_1</id><amount>5</amount><status>failed</status></refund>"
        );
    }

    #[test]
    fn every_kind_of_schema_has_a_type() {
        fn types(tag: &Tag, out: &mut Vec<String>) {
            out.extend(
                tag.attributes
                    .iter()
                    .filter(|(n, _)| *n == "type")
                    .map(|(_, v)| v.clone()),
            );
            tag.inside.iter().for_each(|inner| types(inner, out));
        }
        let mut found = Vec::new();
        types(&notify(), &mut found);
        found.sort();
        found.dedup();
        assert_eq!(found, ["xs:boolean", "xs:dateTime", "xs:long", "xs:string"]);
    }
}
