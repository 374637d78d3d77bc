//! Data classes: what a field may show, to whom, and how input is parsed without leaking it.

pub use serde_json::{Map, Value};
pub use shared_derive::Record;

pub use crate::kernel::shape::{Class, Field};

use crate::kernel::shape::{Shape, Shaped};
use serde::{Serialize, de::DeserializeOwned};

/// Whether one of these fields is sealed, nested ones too.
#[must_use]
pub fn any_sealed(fields: &[Field]) -> bool {
    let nested = |f: &Field| f.nested.is_some_and(|nested| any_sealed(nested()));
    fields.iter().any(|f| f.sealed || nested(f))
}

/// A type whose every field declares its class; made by the derive of the same name.
///
/// ```
/// #[derive(shared::record::Record)]
/// #[record(stored)]
/// struct Customer {
///     #[public]
///     id: String,
///     #[personal]
///     name: shared::store::Sealed,
/// }
/// ```
///
/// A field without a class does not compile:
///
/// ```compile_fail
/// #[derive(shared::record::Record)]
/// #[record(stored)]
/// struct Customer {
///     #[public]
///     id: String,
///     name: shared::store::Sealed,
/// }
/// ```
///
/// Nor does personal data in clear in a stored item:
///
/// ```compile_fail
/// #[derive(shared::record::Record)]
/// #[record(stored)]
/// struct Customer {
///     #[public]
///     id: String,
///     #[personal]
///     name: String,
/// }
/// ```
///
/// Nor do sealed bytes whose class hides them from the data map and from rotations of keys:
///
/// ```compile_fail
/// #[derive(shared::record::Record)]
/// #[record(stored)]
/// struct Customer {
///     #[internal]
///     name: Option<shared::store::Sealed>,
/// }
/// ```
pub trait Record: Shaped {
    /// The declared fields.
    const FIELDS: &'static [Field];
    /// The record as JSON with personal, card and secret values replaced by their class.
    fn masked(&self) -> Value;
}

/// A record, or a list or option of records.
pub trait Nested {
    /// The fields of the record inside.
    fn fields() -> &'static [Field];
    /// Masked JSON.
    fn masked_value(&self) -> Value;
}

impl<T: Record> Nested for T {
    fn fields() -> &'static [Field] {
        T::FIELDS
    }
    fn masked_value(&self) -> Value {
        self.masked()
    }
}

impl<T: Record> Nested for Vec<T> {
    fn fields() -> &'static [Field] {
        T::FIELDS
    }
    fn masked_value(&self) -> Value {
        Value::Array(self.iter().map(Record::masked).collect())
    }
}

impl<T: Record> Nested for Option<T> {
    fn fields() -> &'static [Field] {
        T::FIELDS
    }
    fn masked_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Record::masked)
    }
}

impl<T: Record> Nested for Option<Vec<T>> {
    fn fields() -> &'static [Field] {
        T::FIELDS
    }
    fn masked_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Nested::masked_value)
    }
}

/// What may stand in an item although its class is personal, card or secret: sealed bytes, keyed hashes,
/// digests of random tokens and password hashes.
pub trait AtRest {
    /// Whether it is sealed under a subject's key.
    const SEALED: bool;
}
impl<T: AtRest> AtRest for Option<T> {
    const SEALED: bool = T::SEALED;
}
impl<T: AtRest> AtRest for Vec<T> {
    const SEALED: bool = T::SEALED;
}
impl<T: AtRest> AtRest for std::collections::BTreeMap<String, T> {
    const SEALED: bool = T::SEALED;
}

/// A value that may be shown, as JSON.
pub fn clear<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// What stands for a value that may not be shown.
#[must_use]
pub fn hidden(class: Class, present: bool) -> Value {
    if present {
        Value::String(format!("[{}]", class.name()))
    } else {
        Value::Null
    }
}

/// An input as whoever decides about it sees it: all of it, but for card numbers and secrets.
#[must_use]
pub fn for_decision(fields: &[Field], input: &Value) -> Value {
    match input {
        Value::Array(items) => items.iter().map(|item| for_decision(fields, item)).collect(),
        Value::Object(members) => {
            let shown = members.iter().map(|(name, value)| {
                let field = fields.iter().find(|f| f.name == name);
                let value = match field {
                    Some(field) => match field.nested {
                        Some(nested) => for_decision(nested(), value),
                        None if matches!(field.class, Class::Card | Class::Secret) => {
                            hidden(field.class, !value.is_null())
                        }
                        None => value.clone(),
                    },
                    None => Value::Null,
                };
                (name.clone(), value)
            });
            Value::Object(shown.collect())
        }
        other => other.clone(),
    }
}

/// One field that failed validation (RFC 9457, section 3; the pointer is RFC 6901).
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer to the field.
    pub pointer: String,
    /// Why, without the value.
    pub detail: String,
}

/// Most of them that one answer names: whoever sends thousands of unknown fields learns nothing from the rest, and an entry would
/// hold them all.
pub const MOST_ERRORS: usize = 50;

/// Notes one more, unless there are enough.
fn note(errors: &mut Vec<FieldError>, pointer: impl Into<String>, detail: impl Into<String>) {
    if errors.len() < MOST_ERRORS {
        errors.push(FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        });
    }
}

/// An input that can be parsed from JSON; made by `#[derive(Record)]` with `#[record(input)]`.
pub trait Input: Sized {
    /// Parses one object, leaving every failing field in the parser's error list.
    fn parse(input: Parser<'_>) -> Option<Self>;
}

/// An input, or a list or option of inputs.
pub trait NestedInput: Sized {
    /// Parses a value standing at `pointer`.
    fn parse_value(value: Value, pointer: &str, errors: &mut Vec<FieldError>) -> Option<Self>;
}

impl<T: Input> NestedInput for T {
    fn parse_value(value: Value, pointer: &str, errors: &mut Vec<FieldError>) -> Option<Self> {
        match value {
            Value::Object(map) => T::parse(Parser {
                map,
                pointer: pointer.to_owned(),
                errors,
            }),
            _ => {
                note(errors, pointer, "must be an object");
                None
            }
        }
    }
}

impl<T: Input> NestedInput for Vec<T> {
    fn parse_value(value: Value, pointer: &str, errors: &mut Vec<FieldError>) -> Option<Self> {
        let Value::Array(list) = value else {
            note(errors, pointer, "must be a list");
            return None;
        };
        let mut parsed = Some(Self::new());
        for (i, value) in list.into_iter().enumerate() {
            // What comes after as many errors as are told is not looked at.
            if errors.len() >= MOST_ERRORS {
                return None;
            }
            let item = T::parse_value(value, &format!("{pointer}/{i}"), errors);
            parsed = parsed.zip(item).map(|(mut all, item)| {
                all.push(item);
                all
            });
        }
        parsed
    }
}

impl<T: Input> NestedInput for Option<T> {
    fn parse_value(value: Value, pointer: &str, errors: &mut Vec<FieldError>) -> Option<Self> {
        if value.is_null() {
            Some(None)
        } else {
            T::parse_value(value, pointer, errors).map(Some)
        }
    }
}

impl<T: Input> NestedInput for Option<Vec<T>> {
    fn parse_value(value: Value, pointer: &str, errors: &mut Vec<FieldError>) -> Option<Self> {
        if value.is_null() {
            Some(None)
        } else {
            Vec::parse_value(value, pointer, errors).map(Some)
        }
    }
}

/// What a PATCH says about a field that may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// It is absent: what is there stays.
    #[default]
    Keep,
    /// It is null: what is there goes.
    Clear,
    /// It is a value, which takes the place of what is there.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether it says anything.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// What is there afterwards.
    #[must_use]
    pub fn after(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => s.serialize_none(),
            Self::Set(value) => value.serialize(s),
        }
    }
}

impl<T: Shaped> Shaped for Patch<T> {
    fn shape() -> Shape {
        Shape::Optional(Box::new(T::shape()))
    }
}

/// Walks one JSON object and collects what is wrong with it.
pub struct Parser<'e> {
    map: Map<String, Value>,
    pointer: String,
    errors: &'e mut Vec<FieldError>,
}

impl Parser<'_> {
    fn fail(&mut self, name: &str, detail: impl Into<String>) {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        note(self.errors, format!("{}/{escaped}", self.pointer), detail);
    }

    /// A number without a fraction is a whole one however it is written (JSON Schema 2020-12, core 4.2.1: `4200.0` is an integer).
    fn whole(&mut self, name: &str, shape: fn() -> Shape) {
        let Some(value) = self.map.get_mut(name) else {
            return;
        };
        if value.is_f64() && matches!(shape().present(), Shape::Integer(_)) {
            *value = whole(value.take());
        }
    }

    /// Whether the field is there and not null.
    #[must_use]
    pub fn has(&mut self, name: &str) -> bool {
        if self.map.get(name).is_some_and(Value::is_null) {
            self.map.remove(name);
        }
        self.map.contains_key(name)
    }

    /// Notes that a required field is absent.
    pub fn missing(&mut self, name: &str) {
        self.fail(name, "is required");
    }

    /// Takes a plain value. The detail of a failure never repeats the value.
    pub fn leaf<T: DeserializeOwned + Shaped>(&mut self, name: &str) -> Option<T> {
        self.whole(name, T::shape);
        let value = self.map.remove(name)?;
        // Most fields hold one value, in which there is nowhere to look; to describe them takes longer than to read them.
        let holds = value.is_object() || value.is_array();
        if let Some((place, why)) = holds.then(|| T::shape().beyond(&value)).flatten() {
            note(self.errors, format!("{}/{name}{place}", self.pointer), why);
            return None;
        }
        match serde_json::from_value(value) {
            Ok(parsed) => Some(parsed),
            Err(e) => {
                let text = e.to_string();
                // What serde says repeats the value, and a personal one may stand in any field by mistake.
                let echoes = [
                    "invalid type",
                    "invalid value",
                    "unknown variant",
                    "invalid length",
                    "unknown field",
                ];
                let detail = if echoes.iter().any(|start| text.starts_with(start)) {
                    format!("must be {}", T::shape().expected())
                } else {
                    text
                };
                self.fail(name, detail.chars().take(200).collect::<String>());
                None
            }
        }
    }

    /// Takes what a PATCH says about a field: null clears it, and what is absent stays.
    pub fn patch<T: DeserializeOwned + Shaped>(&mut self, name: &str) -> Option<Patch<T>> {
        match self.map.get(name) {
            None => Some(Patch::Keep),
            Some(Value::Null) => {
                self.map.remove(name);
                Some(Patch::Clear)
            }
            Some(_) => self.leaf::<T>(name).map(Patch::Set),
        }
    }

    /// Whether the bounds of its shape let a value through; one that they do not is taken away, and why is noted.
    pub fn within(&mut self, name: &str, shape: fn() -> Shape) -> bool {
        self.whole(name, shape);
        let why = self.map.get(name).and_then(|value| shape().out_of_bounds(value));
        let Some(why) = why else { return true };
        self.map.remove(name);
        self.fail(name, why);
        false
    }

    /// Takes a nested record.
    pub fn nested<T: NestedInput>(&mut self, name: &str) -> Option<T> {
        let value = self.map.remove(name)?;
        T::parse_value(value, &format!("{}/{name}", self.pointer), self.errors)
    }

    /// Refuses whatever is left.
    pub fn finish(&mut self) {
        let enough = MOST_ERRORS.saturating_sub(self.errors.len());
        for (name, _) in std::mem::take(&mut self.map).into_iter().take(enough) {
            let shown: String = name.chars().take(64).collect();
            self.fail(&shown, "is not a known field");
        }
    }
}

/// Beyond this a floating-point number no longer tells one whole number from the next.
const EXACT: f64 = 9_007_199_254_740_991.0;

#[allow(
    clippy::cast_possible_truncation,
    reason = "a whole number within the exact ones"
)]
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(n) if n.fract() == 0.0 && n.abs() <= EXACT => Value::from(n as i64),
        _ => value,
    }
}

/// Parses a whole input.
///
/// # Errors
/// Every failing field, in the order of declaration, unknown ones last.
pub fn parse<T: Input>(value: Value) -> Result<T, Vec<FieldError>> {
    let mut errors = Vec::new();
    match T::parse_value(value, "", &mut errors) {
        Some(parsed) if errors.is_empty() => Ok(parsed),
        _ if errors.is_empty() => Err(vec![FieldError {
            pointer: String::new(),
            detail: "is not acceptable".into(),
        }]),
        _ => Err(errors),
    }
}

/// No fields at all: the input of an endpoint that takes none, the answer of one that gives none.
#[derive(Record, Serialize, Default, Clone)]
#[record(input)]
pub struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Record)]
    #[record(input)]
    struct Line {
        #[public]
        quantity: u32,
    }

    #[derive(Record)]
    #[record(input)]
    struct Order {
        #[personal]
        name: String,
        #[card]
        number: Option<u64>,
        #[nested]
        lines: Vec<Line>,
        #[public]
        #[serde(default)]
        note: String,
    }

    #[derive(Record, Serialize, serde::Deserialize)]
    #[record(input)]
    struct Place {
        #[public]
        #[record(length(min = 1, max = 2))]
        #[allow(dead_code, reason = "only its bounds are looked at")]
        lines: Vec<String>,
    }

    #[derive(Record)]
    #[record(input)]
    #[allow(dead_code, reason = "only its bounds are looked at")]
    struct Change {
        #[public]
        place: Option<Place>,
        #[public]
        places: Vec<Place>,
        #[public]
        #[record(range(min = 0, max = 9))]
        days: Patch<u16>,
    }

    #[test]
    fn bounds_hold_within_records_and_for_what_a_patch_sets() {
        let good = serde_json::json!({"place": {"lines": ["a"]}, "places": [], "days": 9});
        assert!(parse::<Change>(good).is_ok());
        let none = serde_json::json!({"places": [], "days": null});
        assert!(parse::<Change>(none).is_ok());
        let bad = serde_json::json!({"place": {"lines": []}, "places": [{"lines": ["a"]}, {"lines": ["a", "b", "c"]}], "days": 10});
        let errors = parse::<Change>(bad).err().unwrap();
        let told: Vec<(&str, &str)> = errors
            .iter()
            .map(|e| (e.pointer.as_str(), e.detail.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("/place/lines", "must be 1 to 2 items"),
                ("/places/1/lines", "must be 1 to 2 items"),
                ("/days", "must be 0 to 9")
            ]
        );
    }

    #[test]
    fn names_every_failing_field_and_no_value() {
        let bad = serde_json::json!({"name": 4242424242424242u64, "lines": [{"quantity": -1}, 7], "x/y": 1});
        let errors = parse::<Order>(bad).unwrap_err();
        let pointers: Vec<&str> = errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/lines/0/quantity", "/lines/1", "/x~1y"]);
        assert!(!format!("{errors:?}").contains("4242"));
    }

    #[test]
    fn fifty_errors_are_enough_and_end_the_parsing() {
        let many: Map<String, Value> = (0..20_000).map(|n| (format!("u{n}"), Value::Null)).collect();
        assert_eq!(
            parse::<Order>(Value::Object(many)).unwrap_err().len(),
            MOST_ERRORS
        );
        let lines: Vec<Value> = (0..20_000)
            .map(|_| serde_json::json!({"quantity": -1, "x": 1}))
            .collect();
        let errors = parse::<Order>(serde_json::json!({"name": "a", "lines": lines, "y": 1})).unwrap_err();
        assert_eq!(errors.len(), MOST_ERRORS);
        assert!(errors.last().is_some_and(|e| e.pointer.starts_with("/lines/24")));
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        #[derive(Record)]
        #[record(input)]
        struct Paid {
            #[public]
            #[record(range(min = 1, max = 10000))]
            amount: i64,
            #[public]
            count: Option<u32>,
        }
        let parsed = |text: &str| parse::<Paid>(serde_json::from_str(text).unwrap());
        for (text, amount) in [("4200", 4200), ("4200.0", 4200), ("4.2e3", 4200), ("1E0", 1)] {
            let paid = parsed(&format!(r#"{{"amount": {text}, "count": 3.0}}"#)).unwrap();
            assert_eq!((paid.amount, paid.count), (amount, Some(3)));
        }
        for text in ["1.5", "0.0", "-0", "1e30", "1e5", "\"4200\"", "1e400"] {
            let text = format!(r#"{{"amount": {text}}}"#);
            let refused = serde_json::from_str(&text).map_or(true, |v| parse::<Paid>(v).is_err());
            assert!(refused, "{text}");
        }
    }

    #[test]
    fn a_value_in_the_wrong_field_is_not_repeated() {
        #[derive(Debug, Serialize, serde::Deserialize, crate::kernel::shape::Choice)]
        #[serde(rename_all = "snake_case")]
        enum Colour {
            Red,
            Blue,
        }
        #[derive(Record)]
        #[record(input)]
        struct Paint {
            #[public]
            colour: Colour,
            #[public]
            litres: u32,
        }
        let bad = serde_json::json!({"colour": "ada@example.com, expected x", "litres": "ada"});
        let errors = parse::<Paint>(bad).unwrap_err();
        let details: Vec<&str> = errors.iter().map(|e| e.detail.as_str()).collect();
        assert_eq!(
            details,
            ["must be `red` or `blue`", "must be a whole number of at least 0"]
        );
        let good = parse::<Paint>(serde_json::json!({"colour": "blue", "litres": 1})).unwrap();
        assert!(matches!(good.colour, Colour::Blue) && good.litres == 1);
        let red = parse::<Paint>(serde_json::json!({"colour": "red", "litres": 1})).unwrap();
        assert!(matches!(red.colour, Colour::Red));
    }

    #[test]
    fn null_clears_and_what_is_absent_stays() {
        #[derive(Record)]
        #[record(input)]
        struct Change {
            #[internal]
            note: Patch<String>,
            #[personal]
            number: Patch<u32>,
        }
        let change = |body| parse::<Change>(body).unwrap();
        let before = || Some("as it was".to_owned());
        let both = change(serde_json::json!({"note": null}));
        assert!(both.note.is_some() && !both.number.is_some());
        assert_eq!(both.masked()["number"], Value::Null);
        assert_eq!(both.note.after(before()), None);
        assert_eq!(change(serde_json::json!({})).note.after(before()), before());
        let set = change(serde_json::json!({"note": "new", "number": 4242}));
        assert_eq!(set.masked()["number"], "[personal]");
        assert_eq!(set.note.after(before()).as_deref(), Some("new"));
        let wrong = parse::<Change>(serde_json::json!({"number": "4242"})).unwrap_err();
        assert_eq!((wrong[0].pointer.as_str(), wrong.len()), ("/number", 1));
    }

    #[test]
    fn masks_by_class_in_debug_and_json() {
        let order: Order = parse(serde_json::json!({
            "name": "Ada", "number": 4111111111111111u64, "lines": [{"quantity": 2}]
        }))
        .unwrap();
        assert_eq!(order.note, "");
        assert_eq!(order.lines[0].quantity + order.name.len() as u32, 5);
        assert!(order.number.is_some());
        let text = format!("{order:?}");
        assert!(
            text.contains("[personal]") && text.contains("[card]") && text.contains("\"quantity\":2"),
            "{text}"
        );
        assert!(!text.contains("Ada") && !text.contains("4111"));
    }
}
