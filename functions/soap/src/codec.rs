//! XML by shapes: an operation's element as the JSON that its function takes, and the JSON that it answers as XML.

use crate::names::later;
use serde_json::{Map, Number, Value};
use shared::{
    record::{Field, FieldError},
    shape::Shape,
};
use xml::{Element, Unwritable, Writer};

/// What lists and maps have in them.
pub(crate) const ITEM: &str = "item";
pub(crate) const ENTRY: &str = "entry";
pub(crate) const KEY: &str = "key";
pub(crate) const VALUE: &str = "value";

struct Reading<'n> {
    namespace: &'n str,
    errors: Vec<FieldError>,
}

/// Reads a record's fields, in any order.
///
/// # Errors
/// Every element that is none of its fields, stands twice, or is of another shape.
pub fn read(
    element: &Element,
    fields: &[Field],
    namespace: &str,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let mut reading = Reading {
        namespace,
        errors: Vec::new(),
    };
    let map = reading.record(element, None, fields, "");
    if reading.errors.is_empty() {
        Ok(map)
    } else {
        Err(reading.errors)
    }
}

/// White space at both ends, as XML Schema collapses it around numbers and times.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// A whole number as JSON: an optional sign and digits (XML Schema part 2, section 3.3.13).
fn integer(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    plain
        .parse::<i64>()
        .map(Number::from)
        .or_else(|_| plain.parse::<u64>().map(Number::from))
        .ok()
}

impl Reading<'_> {
    fn fail(&mut self, pointer: &str, detail: impl Into<String>) {
        self.errors.push(FieldError {
            pointer: pointer.to_owned(),
            detail: detail.into(),
        });
    }

    /// Whether an element says that there is nothing in it. Attributes but those of `xsi` are refused.
    fn is_nil(&mut self, element: &Element, pointer: &str) -> bool {
        let xsi = |a: &&xml::Attribute| a.name.namespace.as_deref() == Some(crate::names::XSI);
        if !element.attributes.iter().all(|a| xsi(&a)) {
            self.fail(pointer, "has an attribute that is not known");
        }
        match element.attribute(Some(crate::names::XSI), "nil").map(trimmed) {
            Some("true" | "1") if element.nodes.is_empty() => true,
            Some("true" | "1") => {
                self.fail(pointer, "is nil and has something in it");
                true
            }
            None | Some("false" | "0") => false,
            Some(_) => {
                self.fail(pointer, "has an xsi:nil that is neither true nor false");
                false
            }
        }
    }

    /// The fields of a record, of which those that came later are in a namespace of its own.
    fn record(
        &mut self,
        element: &Element,
        record: Option<&str>,
        fields: &[Field],
        pointer: &str,
    ) -> Map<String, Value> {
        let has_later = fields.iter().any(|f| f.later);
        let behind = record.filter(|_| has_later).map(later);
        let mut map = Map::new();
        if !element.is_structure() {
            self.fail(pointer, "has text between its elements");
        }
        let mut seen: Vec<&str> = Vec::new();
        for child in element.elements() {
            let name = child.name.local.as_str();
            let at = format!("{pointer}/{name}");
            let namespace = child.name.namespace.as_deref();
            let stands_behind = namespace.is_some() && namespace == behind.as_deref();
            if !stands_behind && namespace != Some(self.namespace) {
                self.fail(&at, "is of another namespace");
                continue;
            }
            let Some(field) = fields
                .iter()
                .find(|f| f.name == name && (f.later && record.is_some()) == stands_behind)
            else {
                self.fail(&at, "is not a known field");
                continue;
            };
            if seen.contains(&name) {
                self.fail(&at, "stands twice");
                continue;
            }
            seen.push(name);
            if let Some(value) = self.value(child, &(field.shape)(), &at) {
                map.insert(name.to_owned(), value);
            }
        }
        map
    }

    /// The value of an element; none where it is nil or wrong.
    fn value(&mut self, element: &Element, shape: &Shape, pointer: &str) -> Option<Value> {
        if self.is_nil(element, pointer) {
            return None;
        }
        match shape.present() {
            Shape::Record(named) => {
                let fields = self.record(element, Some(named.name.as_ref()), named.fields, pointer);
                Some(fields.into())
            }
            Shape::List { of, .. } => self.list(element, of, pointer),
            Shape::Map { of, .. } => self.map(element, of, pointer),
            shape => {
                let Some(text) = element.text() else {
                    self.fail(pointer, format!("must be {}", shape.expected()));
                    return None;
                };
                let value = match shape {
                    Shape::Text(_) | Shape::Choice(_) => Some(Value::String(text)),
                    Shape::Decimal(_) | Shape::Instant => Some(trimmed(&text).into()),
                    Shape::Integer(_) => integer(trimmed(&text)).map(Value::Number),
                    Shape::Boolean => match trimmed(&text) {
                        "true" | "1" => Some(true.into()),
                        "false" | "0" => Some(false.into()),
                        _ => None,
                    },
                    _ => None,
                };
                if value.is_none() {
                    self.fail(pointer, format!("must be {}", shape.expected()));
                }
                value
            }
        }
    }

    /// Elements of one name, and nothing else.
    fn only<'e>(&mut self, element: &'e Element, name: &str, pointer: &str) -> Vec<&'e Element> {
        let all: Vec<&Element> = element.elements().collect();
        if !element.is_structure() || !all.iter().all(|e| e.name.is(self.namespace, name)) {
            self.fail(
                pointer,
                format!("must have `{name}` elements in it and nothing else"),
            );
            return Vec::new();
        }
        all
    }

    fn list(&mut self, element: &Element, of: &Shape, pointer: &str) -> Option<Value> {
        let items = self.only(element, ITEM, pointer);
        let values = items.into_iter().enumerate().map(|(n, item)| {
            let at = format!("{pointer}/{n}");
            // Nothing in a list is something that a list cannot have.
            self.value(item, of, &at).unwrap_or(Value::Null)
        });
        Some(Value::Array(values.collect()))
    }

    fn map(&mut self, element: &Element, of: &Shape, pointer: &str) -> Option<Value> {
        let mut map = Map::new();
        for entry in self.only(element, ENTRY, pointer) {
            let parts: Vec<&Element> = entry.elements().collect();
            let (mut key, mut value) = (None, None);
            for part in &parts {
                if part.name.is(self.namespace, KEY) {
                    key = key.or(Some(part));
                } else if part.name.is(self.namespace, VALUE) {
                    value = value.or(Some(part));
                }
            }
            let name = key.and_then(|key| key.text()).map(|key| trimmed(&key).to_owned());
            let (Some(name), Some(value), 2, true) = (name, value, parts.len(), entry.is_structure()) else {
                self.fail(pointer, "has an entry that is not a key and a value");
                continue;
            };
            let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            let value = self.value(value, of, &at).unwrap_or(Value::Null);
            if map.insert(name, value).is_some() {
                self.fail(&at, "stands twice");
            }
        }
        Some(map.into())
    }
}

/// Writes a value by its shape, the fields of records in the order of their declaration, those that came later behind the others.
/// What is null is left out.
///
/// # Errors
/// What XML cannot hold, and what is of another shape.
pub fn write(writer: &mut Writer, name: &str, shape: &Shape, value: &Value) -> Result<(), Unwritable> {
    match (shape.present(), value) {
        (_, Value::Null) => Ok(()),
        (Shape::Record(named), Value::Object(map)) => {
            let record = named.name.as_ref();
            let there = |field: &'static Field| Some((field, map.get(field.name)?));
            let behind = || {
                named
                    .fields
                    .iter()
                    .filter(|f| f.later)
                    .filter_map(there)
                    .peekable()
            };
            if behind().peek().is_none() {
                writer.start(name, &[])?;
            } else {
                writer.start(name, &[(&format!("xmlns:{record}"), &later(record))])?;
            }
            for (field, value) in named.fields.iter().filter(|f| !f.later).filter_map(there) {
                write(writer, field.name, &(field.shape)(), value)?;
            }
            for (field, value) in behind() {
                write(
                    writer,
                    &format!("{record}:{}", field.name),
                    &(field.shape)(),
                    value,
                )?;
            }
            writer.end()
        }
        (Shape::List { of, .. }, Value::Array(list)) => {
            writer.start(name, &[])?;
            for value in list {
                write(writer, ITEM, of, value)?;
            }
            writer.end()
        }
        (Shape::Map { of, .. }, Value::Object(map)) => {
            writer.start(name, &[])?;
            for (key, value) in map {
                writer.start(ENTRY, &[])?;
                writer.leaf(KEY, key)?;
                write(writer, VALUE, of, value)?;
                writer.end()?;
            }
            writer.end()
        }
        (Shape::Record(_) | Shape::List { .. } | Shape::Map { .. }, _) => Err(Unwritable),
        (_, Value::String(text)) => writer.leaf(name, text),
        (_, Value::Number(number)) => writer.leaf(name, &number.to_string()),
        (_, Value::Bool(value)) => writer.leaf(name, if *value { "true" } else { "false" }),
        (_, Value::Array(_) | Value::Object(_)) => Err(Unwritable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use shared::{record::Record, shape::Shaped, text::Name};
    use std::collections::BTreeMap;
    use xml::Limits;

    #[derive(Record)]
    #[record(input)]
    struct Line {
        #[public]
        #[allow(dead_code, reason = "only its shape is looked at")]
        quantity: u32,
    }

    #[derive(Record)]
    #[record(input)]
    #[allow(dead_code, reason = "only its shape is looked at")]
    struct Order {
        #[personal]
        name: Name,
        #[public]
        amount: i64,
        #[public]
        at: Option<shared::time::Instant>,
        #[public]
        open: Option<bool>,
        #[nested]
        lines: Vec<Line>,
        #[public]
        #[record(shape = BTreeMap<String, String>)]
        notes: Option<shared::record::Value>,
    }

    const NS: &str = "urn:x";

    fn taken(inside: &str) -> Result<Value, Vec<(String, String)>> {
        let text = format!(
            "<order xmlns='{NS}' xmlns:i='{}'>{inside}</order>",
            crate::names::XSI
        );
        let element = xml::read(text.as_bytes(), &Limits::default()).unwrap();
        let read = read(&element, Order::FIELDS, NS);
        read.map(Value::Object)
            .map_err(|errors| errors.into_iter().map(|e| (e.pointer, e.detail)).collect())
    }

    #[test]
    fn fields_come_in_any_order_and_nil_is_absent() {
        let read = taken(
            "<lines><item><quantity>+07</quantity></item><item><quantity> 2\n</quantity></item></lines>
             <amount>-5</amount><open>1</open><at i:nil='true'/>
             <notes><entry><key>a</key><value>b &amp; c</value></entry><entry><value/><key>d</key></entry></notes>
             <name>A<!-- -->d<![CDATA[a <3]]></name>",
        );
        let expected = json!({"lines": [{"quantity": 7}, {"quantity": 2}], "amount": -5, "open": true,
            "notes": {"a": "b & c", "d": ""}, "name": "Ada <3"});
        assert_eq!(read.unwrap(), expected);
        assert_eq!(
            taken("<lines/>").unwrap(),
            json!({"lines": []}),
            "there and empty"
        );
        assert_eq!(taken("").unwrap(), json!({}), "not there");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = |inside: &str| {
            let errors = taken(inside).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors.into_iter().next().unwrap()
        };
        let told = |pointer: &str, detail: &str| (pointer.to_owned(), detail.to_owned());
        assert_eq!(wrong("<b/>"), told("/b", "is not a known field"));
        assert_eq!(
            wrong("<name xmlns='urn:y'/>"),
            told("/name", "is of another namespace")
        );
        assert_eq!(
            wrong("<name>a</name><name>b</name>"),
            told("/name", "stands twice")
        );
        assert_eq!(
            wrong("<name i:nil='true'/><name>b</name>"),
            told("/name", "stands twice")
        );
        assert_eq!(
            wrong("<name a='1'>a</name>"),
            told("/name", "has an attribute that is not known")
        );
        assert_eq!(wrong("<name i:nil='yes'>a</name>").0, "/name");
        assert_eq!(wrong("<name i:nil='true'>a</name>").0, "/name");
        for number in ["", "1.0", "1e3", "0x1", "--1", "99999999999999999999", "1 2", "١"] {
            assert_eq!(
                wrong(&format!("<amount>{number}</amount>")),
                told("/amount", "must be a whole number")
            );
        }
        assert_eq!(wrong("<open>yes</open>"), told("/open", "must be true or false"));
        assert_eq!(wrong("<open>TRUE</open>").0, "/open");
        assert_eq!(wrong("<lines><line/></lines>").0, "/lines");
        assert_eq!(wrong("<lines>x<item/></lines>").0, "/lines");
        assert_eq!(
            wrong("<lines><item><quantity/></item></lines>").0,
            "/lines/0/quantity"
        );
        assert_eq!(wrong("<notes><entry><key>a</key></entry></notes>").0, "/notes");
        assert_eq!(
            wrong(
                "<notes><entry><key>a/b</key><value/></entry><entry><key>a/b</key><value/></entry></notes>"
            ),
            told("/notes/a~1b", "stands twice")
        );
        assert_eq!(wrong("<name><b/></name>"), told("/name", "must be a text"));
        assert_eq!(wrong("text").0, "");
    }

    fn order() -> impl Strategy<Value = Value> {
        let text = prop::collection::vec(prop::char::any().prop_filter("XML", |c| xml::is_char(*c)), 0..12)
            .prop_map(|chars| chars.into_iter().collect::<String>());
        let lines = prop::collection::vec(any::<u32>().prop_map(|q| json!({"quantity": q})), 0..4);
        let notes = prop::collection::btree_map("[a-z]{1,5}", text.clone(), 0..3);
        (
            text,
            any::<i64>(),
            any::<Option<bool>>(),
            lines,
            prop::option::of(notes),
        )
            .prop_map(|(name, amount, open, lines, notes)| {
                let mut order = json!({"name": name, "amount": amount, "lines": lines});
                for (name, value) in [("open", json!(open)), ("notes", json!(notes))] {
                    if !value.is_null() {
                        order[name] = value;
                    }
                }
                order
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_written_is_read_as_it_was(order in order()) {
            let mut writer = Writer::new();
            writer.start("all", &[("xmlns", NS)]).unwrap();
            write(&mut writer, "order", &Order::shape(), &order).unwrap();
            writer.end().unwrap();
            let all = xml::read(writer.finish().unwrap().as_bytes(), &Limits::default()).unwrap();
            let back = read(all.elements().next().unwrap(), Order::FIELDS, NS).unwrap();
            prop_assert_eq!(Value::Object(back), order);
        }
    }

    #[derive(Record)]
    #[allow(dead_code, reason = "only its shape is looked at")]
    struct Parcel {
        #[public]
        id: String,
        #[public]
        #[record(later)]
        weight: Option<i64>,
        #[nested]
        #[record(later)]
        lines: Vec<Line>,
        #[public]
        open: bool,
    }

    fn written(value: &Value) -> String {
        let mut writer = Writer::default();
        write(&mut writer, "parcel", &Parcel::shape(), value).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn what_came_later_stands_behind_in_a_namespace_of_its_own() {
        let parcel = json!({"id": "a", "weight": 5, "lines": [{"quantity": 1}], "open": true});
        let expected = "<parcel xmlns:Parcel=\"urn:ledgerkeep:soap:v1:Parcel\"><id>a</id><open>true</open>\
             <Parcel:weight>5</Parcel:weight><Parcel:lines><item><quantity>1</quantity></item></Parcel:lines></parcel>";
        assert_eq!(written(&parcel), expected);
        let without = json!({"id": "a", "open": true});
        assert_eq!(written(&without), "<parcel><id>a</id><open>true</open></parcel>");
        // Whoever sends it back is understood; in the namespace of the others it is not known.
        let read = |text: &str| {
            let all = format!("<all xmlns='{}'>{text}</all>", crate::names::OWN);
            let root = xml::read(all.as_bytes(), &Limits::default()).unwrap();
            let mut reading = Reading {
                namespace: crate::names::OWN,
                errors: Vec::new(),
            };
            let value = reading.value(root.elements().next().unwrap(), &Parcel::shape(), "");
            let wrong = reading.errors.into_iter().map(|e| e.pointer).collect::<Vec<_>>();
            (value.unwrap(), wrong)
        };
        assert_eq!(read(expected), (parcel, Vec::new()));
        let early = "<parcel><id>a</id><weight>5</weight></parcel>";
        assert_eq!(read(early), (json!({"id": "a"}), vec!["/weight".to_owned()]));
        let late = expected.replace("<id>a</id>", "<Parcel:id>a</Parcel:id>");
        assert_eq!(read(&late).1, ["/id"]);
    }

    #[test]
    fn what_xml_cannot_hold_is_not_written() {
        let bad = json!({"name": "a\u{1}", "amount": 1, "lines": []});
        assert_eq!(
            write(&mut Writer::new(), "order", &Order::shape(), &bad),
            Err(Unwritable)
        );
    }
}
