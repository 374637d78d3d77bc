//! Shapes: what a value looks like on the wire. Contracts, parsing and, later, XSD and forms are made from them.
//!
//! A type says its shape once, by [`Shaped`]. `#[derive(Record)]` asks every field's type for it, so a type without a shape does
//! not compile:
//!
//! ```compile_fail
//! #[derive(serde::Serialize)]
//! struct Unheard;
//! #[derive(shared::record::Record)]
//! struct Answer {
//!     #[public]
//!     what: Unheard,
//! }
//! ```

mod foreign;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

pub use shared_derive::Choice;

/// A type that says what its values look like on the wire.
pub trait Shaped {
    /// The shape. It is made anew by each call, and only generators and refusals call it.
    fn shape() -> Shape;
}

/// What a value looks like on the wire.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A text.
    Text(Text),
    /// A whole number.
    Integer(Integer),
    /// A decimal number, as a text, so that no digit is lost.
    Decimal(Text),
    /// An instant: RFC 3339, in answers always in UTC with milliseconds.
    Instant,
    /// A truth value.
    Boolean,
    /// Bytes that are kept and never sent.
    Bytes,
    /// A list, in an order that means something.
    List {
        /// What it lists.
        of: Box<Self>,
        /// Fewest and most items.
        bounds: Bounds,
    },
    /// Values by names that nobody knows beforehand.
    Map {
        /// What each value is.
        of: Box<Self>,
        /// What its names may be.
        names: Names,
    },
    /// Something that may be absent.
    Optional(Box<Self>),
    /// One of some values.
    Choice(Choices),
    /// Named fields.
    Record(Named),
    /// An object of one member, whose name says what its value is.
    Tagged(Tagged),
    /// A truth value, a whole number or a text: what an attribute of an object can be.
    Scalar,
    /// Any JSON: what somebody else defines, such as WebAuthn or JSON Schema.
    Any,
}

/// Fewest and most: characters of a text, items of a list, the value of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// At least.
    pub min: Option<i64>,
    /// At most.
    pub max: Option<i64>,
}

/// What makes of a text what is kept, or says why not.
pub type Parse = fn(&str) -> Result<String, &'static str>;

/// A text.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// The term for it; a text without one is any text.
    pub name: Option<&'static str>,
    /// What it is.
    pub about: &'static str,
    /// A regular expression (ECMA-262) that takes whatever is accepted.
    pub pattern: Option<&'static str>,
    /// Fewest and most characters.
    pub length: Bounds,
    /// Good ones.
    pub examples: &'static [&'static str],
    /// Who gives it.
    pub flow: Flow,
    /// What it is kept as, where its type parses; the reason otherwise. For tests of every text that there is.
    pub parse: Option<Parse>,
}

/// What the names in a map may be, and how many.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The term for the map; one without is any.
    pub name: Option<&'static str>,
    /// What it is.
    pub about: &'static str,
    /// A regular expression (ECMA-262) that takes every name that is accepted.
    pub pattern: Option<&'static str>,
    /// Most names.
    pub most: Option<i64>,
    /// A good map, as JSON.
    pub example: Option<&'static str>,
}

/// Whether a value only comes in or only goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// Both, or either.
    #[default]
    Both,
    /// It comes in and is never told.
    In,
    /// It is told once and never comes in.
    Out,
}

/// A whole number.
#[derive(Clone, Debug, Default)]
pub struct Integer {
    /// The term for it.
    pub name: Option<&'static str>,
    /// What it is.
    pub about: &'static str,
    /// Its width, as OpenAPI's registry of formats names it: `int64`, `uint32`.
    pub format: Option<&'static str>,
    /// Least and largest.
    pub value: Bounds,
    /// What is meant where it is left out.
    pub default: Option<i64>,
    /// Good ones.
    pub examples: &'static [i64],
}

/// One of some values. In answers more may come: a client must bear values that it does not know.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The term for it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Each value and what it means.
    pub values: Vec<(&'static str, &'static str)>,
    /// A good one, where the first is none.
    pub example: Option<&'static str>,
}

/// How sensitive a value is. The order is the order of care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// May be shown to whoever may call.
    Public,
    /// Business data of the tenant.
    Internal,
    /// Data about a natural person (GDPR art. 4 no. 1).
    Personal,
    /// Account data (PCI DSS 4.0.1, table 2).
    Card,
    /// Credentials, tokens and keys.
    Secret,
}

impl Class {
    /// The class's name, as in `x-data-class` of the OpenAPI documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Personal => "personal",
            Self::Card => "card",
            Self::Secret => "secret",
        }
    }

    /// Whether audit entries, events, logs and `Debug` must hide it.
    #[must_use]
    pub const fn is_masked(self) -> bool {
        matches!(self, Self::Personal | Self::Card | Self::Secret)
    }
}

/// One field of a record, as declared.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its class; for a nested record the class of the envelope.
    pub class: Class,
    /// The fields of a nested record.
    pub nested: Option<fn() -> &'static [Field]>,
    /// Whether it holds bytes that are sealed under a subject's key, so that a rotation has to find them.
    pub sealed: bool,
    /// What it holds, for people.
    pub about: &'static str,
    /// What its value looks like on the wire.
    pub shape: fn() -> Shape,
    /// Whether it is always there.
    pub required: bool,
    /// Whether it came after the first release of its record: a strict reader of sequences must be able to pass over it.
    pub later: bool,
}

impl Field {
    /// A public field that is always there, of a type whose fields are no record's.
    #[must_use]
    pub const fn public(name: &'static str, about: &'static str, shape: fn() -> Shape) -> Self {
        Self {
            name,
            class: Class::Public,
            nested: None,
            sealed: false,
            about,
            shape,
            required: true,
            later: false,
        }
    }
}

/// A record.
#[derive(Clone, Debug)]
pub struct Named {
    /// The term for it.
    pub name: Cow<'static, str>,
    /// What it is.
    pub about: &'static str,
    /// Its fields, in order.
    pub fields: &'static [Field],
    /// Whether clients send it: unknown fields are then refused, and what may be absent may be null.
    pub comes_in: bool,
    /// Whether fields that are not listed are let through.
    pub open: bool,
    /// A good one, as JSON.
    pub example: Option<&'static str>,
}

/// An object of one member.
#[derive(Clone, Debug)]
pub struct Tagged {
    /// The term for it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The members that it may have. A function, as they may hold the type itself.
    pub members: fn() -> Vec<Member>,
}

/// One of the members of a tagged object.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name on the wire.
    pub tag: &'static str,
    /// The term for the object that has it.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Its value.
    pub shape: Shape,
}

/// Gives a plain struct, one that items hold and nobody is answered, the shape of a record of these fields.
#[macro_export]
macro_rules! plain_shape {
    ($name:ident, $about:literal, $($field:ident: $ty:ty),+ $(,)?) => {
        impl $crate::shape::Shaped for $name {
            fn shape() -> $crate::shape::Shape {
                const FIELDS: &[$crate::record::Field] = &[
                    $($crate::record::Field::public(stringify!($field), "", <$ty as $crate::shape::Shaped>::shape)),+
                ];
                $crate::shape::Shape::Record($crate::shape::Named {
                    name: stringify!($name).into(),
                    about: $about,
                    fields: FIELDS,
                    comes_in: false,
                    open: false,
                    example: None,
                })
            }
        }
    };
}

impl Shape {
    /// The same with closer bounds: of a text's characters, a list's items or a number. Others have none.
    #[must_use]
    pub fn within(self, min: Option<i64>, max: Option<i64>) -> Self {
        let closer = |bounds: Bounds| Bounds {
            min: min.or(bounds.min),
            max: max.or(bounds.max),
        };
        match self {
            Self::Optional(of) => Self::Optional(Box::new(of.within(min, max))),
            Self::List { of, bounds } => Self::List {
                of,
                bounds: closer(bounds),
            },
            Self::Text(text) => Self::Text(Text {
                length: closer(text.length),
                ..text
            }),
            Self::Integer(integer) => Self::Integer(Integer {
                value: closer(integer.value),
                ..integer
            }),
            other => other,
        }
    }

    /// The shape of what is there, when it is.
    #[must_use]
    pub fn present(&self) -> &Self {
        match self {
            Self::Optional(of) => of.present(),
            other => other,
        }
    }

    /// What a refusal says that it expected, without a word about what came instead.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Text(_) => "a text".to_owned(),
            Self::Integer(integer) => match (integer.value.min, integer.value.max) {
                (Some(min), Some(max)) => format!("a whole number from {min} to {max}"),
                (Some(min), None) => format!("a whole number of at least {min}"),
                _ => "a whole number".to_owned(),
            },
            Self::Decimal(_) => "a decimal number, as a text".to_owned(),
            Self::Instant => "an instant (RFC 3339)".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Bytes => "bytes".to_owned(),
            Self::List { .. } => "a list".to_owned(),
            Self::Map { .. } | Self::Record(_) | Self::Tagged(_) => "an object".to_owned(),
            Self::Optional(of) => of.expected(),
            // A list of all currencies helps nobody.
            Self::Choice(choice) if choice.values.len() > 20 => format!("a value of {}", choice.name),
            Self::Choice(choice) => {
                let values: Vec<String> = choice.values.iter().map(|(v, _)| format!("`{v}`")).collect();
                match values.split_last() {
                    Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                    _ => values.concat(),
                }
            }
            Self::Scalar => "true, false, a whole number or a text".to_owned(),
            Self::Any => "JSON".to_owned(),
        }
    }

    /// Where in a value bounds refuse something, and why: in the fields of records and in what lists hold. The value itself is
    /// [`Self::out_of_bounds`]'s.
    #[must_use]
    pub fn beyond(&self, value: &Value) -> Option<(String, String)> {
        match (self.present(), value) {
            (Self::Record(named), Value::Object(map)) => named.fields.iter().find_map(|field| {
                let (shape, value) = ((field.shape)(), map.get(field.name)?);
                shape.within_reach(&format!("/{}", field.name), value)
            }),
            (Self::List { of, .. }, Value::Array(list)) => {
                let mut items = list.iter().enumerate();
                items.find_map(|(number, value)| of.within_reach(&format!("/{number}"), value))
            }
            _ => None,
        }
    }

    fn within_reach(&self, place: &str, value: &Value) -> Option<(String, String)> {
        if let Some(why) = self.out_of_bounds(value) {
            return Some((place.to_owned(), why));
        }
        let (inside, why) = self.beyond(value)?;
        Some((format!("{place}{inside}"), why))
    }

    /// Why bounds refuse a value, without repeating it; nothing when they do not, or when it is of another shape.
    #[must_use]
    pub fn out_of_bounds(&self, value: &Value) -> Option<String> {
        let (size, bounds, unit) = match (self.present(), value) {
            (Self::List { bounds, .. }, Value::Array(list)) => {
                (i64::try_from(list.len()).ok()?, bounds, " items")
            }
            (Self::Text(text), Value::String(given)) => (
                i64::try_from(given.chars().count()).ok()?,
                &text.length,
                " characters",
            ),
            (Self::Integer(integer), Value::Number(number)) => (number.as_i64()?, &integer.value, ""),
            _ => return None,
        };
        let (low, high) = (
            bounds.min.is_some_and(|min| size < min),
            bounds.max.is_some_and(|max| size > max),
        );
        if !low && !high {
            return None;
        }
        Some(match (bounds.min, bounds.max) {
            (Some(min), Some(max)) => format!("must be {min} to {max}{unit}"),
            (Some(min), None) => format!("must be at least {min}{unit}"),
            (_, max) => format!("must be at most {}{unit}", max.unwrap_or(i64::MAX)),
        })
    }
}
