//! Shapes as JSON Schema (draft 2020-12): whatever has a name is a component, and stands in the document once.

use crate::kernel::{
    record::Field,
    shape::{Bounds, Choices, Flow, Integer, Named, Names, Shape, Tagged, Text},
};
use serde_json::{Map, Value, json};

/// Who gives a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Clients: only what is listed is taken, and what may be absent may be null.
    Input,
    /// The platform: more values of a choice may come.
    Answer,
}

/// The components of a document.
#[derive(Debug, Default)]
pub(super) struct Components {
    pub(super) schemas: Map<String, Value>,
    /// Why the document may not be: two things of one name, or one without a name.
    pub(super) conflicts: Vec<String>,
    /// Records that are being described: they may hold themselves.
    open: Vec<(String, *const Field)>,
}

/// `create_payment` as generated clients call what belongs to it: `CreatePayment`.
#[must_use]
pub fn pascal(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|l| l.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Sets a member where there is a value.
fn put(schema: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        schema.insert(name.to_owned(), value.into());
    }
}

/// A documentation's lines as one text.
fn told(about: &str) -> Option<String> {
    let text = about.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Lets null stand for what is absent.
fn or_null(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else {
        return schema;
    };
    if schema.is_empty() {
        return json!({});
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.push(json!({"type": "null"}));
        return schema.into();
    }
    match schema.get("type").cloned() {
        Some(kind @ Value::String(_)) => {
            schema.insert("type".into(), json!([kind, "null"]));
            schema.into()
        }
        _ => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

impl Components {
    /// Adds a component and refers to it.
    pub(super) fn named(&mut self, name: &str, schema: Value) -> Value {
        if self.schemas.get(name).is_some_and(|other| *other != schema) {
            self.conflicts.push(format!("two schemas are called {name}"));
        }
        self.schemas.insert(name.to_owned(), schema);
        reference(name)
    }

    /// The schema of a shape.
    pub(super) fn schema(&mut self, shape: &Shape, side: Side) -> Value {
        match shape {
            Shape::Text(text) | Shape::Decimal(text) => self.text(text),
            Shape::Integer(integer) => self.integer(integer),
            Shape::Instant => json!({"type": "string", "format": "date-time"}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Bytes => {
                self.conflicts.push("bytes that are kept would be sent".to_owned());
                json!({})
            }
            Shape::List { of, bounds } => {
                let mut list = Map::from_iter([("type".to_owned(), json!("array"))]);
                list.insert("items".into(), self.schema(of, side));
                limits(&mut list, "minItems", "maxItems", *bounds);
                list.into()
            }
            Shape::Map { of, names } => self.map(of, names, side),
            Shape::Optional(of) => or_null(self.schema(of, side)),
            Shape::Choice(choice) => self.choice(choice, side),
            Shape::Record(record) => self.record(record),
            Shape::Tagged(tagged) => self.tagged(tagged),
            Shape::Scalar => self.named(
                "AttributeValue",
                json!({"anyOf": [{"type": "boolean"}, {"type": "integer", "format": "int64"}, {"type": "string"}],
                    "description": "A value that a filter can look at."}),
            ),
            Shape::Any => json!({}),
        }
    }

    fn text(&mut self, text: &Text) -> Value {
        let mut schema = Map::from_iter([("type".to_owned(), json!("string"))]);
        put(&mut schema, "pattern", text.pattern);
        limits(&mut schema, "minLength", "maxLength", text.length);
        match text.flow {
            Flow::Both => None,
            Flow::In => schema.insert("writeOnly".into(), json!(true)),
            Flow::Out => schema.insert("readOnly".into(), json!(true)),
        };
        if !text.examples.is_empty() {
            schema.insert("examples".into(), json!(text.examples));
        }
        self.plain(text.name, text.about, schema)
    }

    fn integer(&mut self, integer: &Integer) -> Value {
        let mut schema = Map::from_iter([("type".to_owned(), json!("integer"))]);
        put(&mut schema, "format", integer.format);
        limits(&mut schema, "minimum", "maximum", integer.value);
        put(&mut schema, "default", integer.default);
        if !integer.examples.is_empty() {
            schema.insert("examples".into(), json!(integer.examples));
        }
        self.plain(integer.name, integer.about, schema)
    }

    fn map(&mut self, of: &Shape, names: &Names, side: Side) -> Value {
        let values = match self.schema(of, side) {
            Value::Object(any) if any.is_empty() => json!(true),
            values => values,
        };
        let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
        schema.insert("additionalProperties".into(), values);
        put(&mut schema, "maxProperties", names.most);
        put(
            &mut schema,
            "propertyNames",
            names.pattern.map(|pattern| json!({"pattern": pattern})),
        );
        let example = names.example.and_then(|e| serde_json::from_str::<Value>(e).ok());
        put(&mut schema, "examples", example.map(|example| json!([example])));
        self.plain(names.name, names.about, schema)
    }

    fn plain(&mut self, name: Option<&str>, about: &str, mut schema: Map<String, Value>) -> Value {
        put(&mut schema, "description", told(about));
        match name {
            Some(name) => self.named(name, schema.into()),
            None => schema.into(),
        }
    }

    /// The component lists the values that there are; whoever reads an answer must bear others.
    fn choice(&mut self, choice: &Choices, side: Side) -> Value {
        let mut about = told(choice.about).unwrap_or_default();
        for (value, meaning) in choice.values.iter().filter(|(_, meaning)| !meaning.is_empty()) {
            about.push_str(&format!("\n- `{value}`: {meaning}"));
        }
        let values: Vec<&str> = choice.values.iter().map(|(value, _)| *value).collect();
        let mut schema = Map::from_iter([
            ("type".to_owned(), json!("string")),
            ("enum".to_owned(), json!(values)),
        ]);
        put(&mut schema, "description", told(&about));
        put(
            &mut schema,
            "examples",
            choice.example.map(|example| json!([example])),
        );
        let known = self.named(choice.name, schema.into());
        match side {
            Side::Input => known,
            Side::Answer => json!({"anyOf": [known, {"type": "string"}]}),
        }
    }

    fn record(&mut self, record: &Named) -> Value {
        let name = record.name.as_ref();
        let key = (name.to_owned(), record.fields.as_ptr());
        if self.open.contains(&key) {
            return reference(name);
        }
        if matches!(name, "Answer" | "Input" | "") {
            let first = record.fields.first().map_or("none", |f| f.name);
            self.conflicts.push(format!(
                "a record has no term of its own; its first field is {first}"
            ));
        }
        self.open.push(key);
        let schema = self.object(record, record.fields.iter(), false);
        self.open.pop();
        self.named(name, schema)
    }

    /// The object of a record, with these of its fields. `body`: it is a body of its own, in which null stands for what is absent;
    /// what lies within one says by its type whether it may be null.
    pub(super) fn object<'f>(
        &mut self,
        record: &Named,
        fields: impl Iterator<Item = &'f Field>,
        body: bool,
    ) -> Value {
        let side = if record.comes_in {
            Side::Input
        } else {
            Side::Answer
        };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in fields {
            properties.insert(field.name.to_owned(), self.field(field, side, body));
            if field.required {
                required.push(field.name);
            }
        }
        let mut schema = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), properties.into()),
        ]);
        put(&mut schema, "description", told(record.about));
        schema.insert("required".into(), json!(required));
        if record.comes_in && !record.open {
            schema.insert("additionalProperties".into(), json!(false));
        }
        let example = record.example.and_then(|e| serde_json::from_str::<Value>(e).ok());
        put(&mut schema, "examples", example.map(|example| json!([example])));
        schema.into()
    }

    /// A field of a record: its value, what it is, its class, and what is meant where it is left out.
    pub(super) fn field(&mut self, field: &Field, side: Side, body: bool) -> Value {
        let shape = (field.shape)();
        let mut schema = self.schema(&shape, side);
        let mut default = None;
        if side == Side::Input && !field.required && !matches!(shape, Shape::Optional(_)) {
            default = match shape {
                Shape::List { .. } => Some(json!([])),
                Shape::Boolean => Some(json!(false)),
                _ => None,
            };
            if body {
                // Whatever may be absent may be null: parsing takes both as the same.
                schema = or_null(schema);
            }
        }
        if let Value::Object(schema) = &mut schema {
            put(schema, "description", told(field.about));
            put(schema, "default", default);
            schema.insert("x-data-class".into(), json!(field.class.name()));
        }
        schema
    }

    /// One object for each member that there may be; generators take a choice of named ones.
    fn tagged(&mut self, tagged: &Tagged) -> Value {
        if self.open.iter().any(|(name, _)| name == tagged.name) {
            return reference(tagged.name);
        }
        self.open.push((tagged.name.to_owned(), std::ptr::null()));
        let mut choices = Vec::new();
        for member in (tagged.members)() {
            let value = self.schema(&member.shape, Side::Input);
            let schema = json!({
                "type": "object",
                "properties": {member.tag: value},
                "required": [member.tag],
                "additionalProperties": false,
                "description": member.about,
            });
            choices.push(self.named(member.name, schema));
        }
        self.open.pop();
        let schema = json!({"oneOf": choices, "description": tagged.about});
        self.named(tagged.name, schema)
    }
}

fn limits(schema: &mut Map<String, Value>, least: &str, most: &str, bounds: Bounds) {
    put(schema, least, bounds.min);
    put(schema, most, bounds.max);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::Record,
        shape::{Choice, Shaped},
    };
    use serde::Serialize;

    #[derive(Serialize, serde::Deserialize, Choice)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code, reason = "only its shape is looked at")]
    enum Colour {
        /// As blood.
        Red,
        #[serde(rename = "navy")]
        DarkBlue,
    }

    #[derive(Record, Serialize)]
    #[allow(dead_code, reason = "only its shape is looked at")]
    struct Paint {
        /// In which colour.
        #[public]
        colour: Option<Colour>,
        #[internal]
        mixed_at: crate::kernel::time::Instant,
    }

    #[test]
    fn named_values_are_components_and_answers_are_open() {
        let mut components = Components::default();
        let schema = components.schema(&Paint::shape(), Side::Answer);
        assert_eq!(schema, json!({"$ref": "#/components/schemas/Paint"}));
        assert_eq!(
            components.schemas["Paint"],
            json!({
                "type": "object",
                "required": ["mixed_at"],
                "properties": {
                    "colour": {
                        "anyOf": [{"$ref": "#/components/schemas/Colour"}, {"type": "string"}, {"type": "null"}],
                        "description": "In which colour.", "x-data-class": "public",
                    },
                    "mixed_at": {"type": "string", "format": "date-time", "x-data-class": "internal"},
                },
            })
        );
        assert_eq!(
            components.schemas["Colour"],
            json!({"type": "string", "enum": ["red", "navy"], "description": "- `red`: As blood."})
        );
        assert!(components.conflicts.is_empty(), "{:?}", components.conflicts);
    }

    #[test]
    fn two_things_of_one_name_are_a_conflict() {
        mod other {
            use super::*;
            #[derive(Record, Serialize)]
            pub struct Paint {
                #[public]
                pub litres: u32,
            }
        }
        let mut components = Components::default();
        components.schema(&Paint::shape(), Side::Answer);
        components.schema(&other::Paint::shape(), Side::Answer);
        assert_eq!(components.conflicts, ["two schemas are called Paint"]);
        assert_eq!(other::Paint { litres: 1 }.litres, 1);
    }

    #[test]
    fn a_filter_refers_to_itself_by_name() {
        let mut components = Components::default();
        components.schema(&crate::access::rbac::Filter::shape(), Side::Input);
        let all = &components.schemas["FilterAll"]["properties"]["all"];
        assert_eq!(
            *all,
            json!({"type": "array", "items": {"$ref": "#/components/schemas/Filter"}})
        );
        assert_eq!(
            components.schemas["Filter"]["oneOf"].as_array().map(Vec::len),
            Some(8)
        );
        assert!(components.conflicts.is_empty(), "{:?}", components.conflicts);
    }
}
