//! Types, and values of them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use std::borrow::Cow;

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unicode text.
    Text,
    /// A whole number.
    Number,
    /// A number with up to 28 digits.
    Decimal,
    /// True or false.
    Boolean,
    /// A point in time.
    Instant,
    /// A list of texts.
    Texts,
    /// A list of whole numbers or decimals.
    Numbers,
}

impl Kind {
    /// Its name in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Decimal => "a decimal",
            Self::Boolean => "true or false",
            Self::Instant => "an instant",
            Self::Texts => "a list of texts",
            Self::Numbers => "a list of numbers",
        }
    }

    /// Whether it is computed with.
    #[must_use]
    pub const fn numeric(self) -> bool {
        matches!(self, Self::Number | Self::Decimal)
    }
}

/// A value. Whole numbers are decimals without a fraction.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// None.
    Missing,
    /// A text.
    Text(Cow<'a, str>),
    /// A number or decimal.
    Decimal(Decimal),
    /// True or false.
    Boolean(bool),
    /// A point in time.
    Instant(Timestamp),
    /// A list of texts.
    Texts(Cow<'a, [String]>),
    /// A list of numbers.
    Numbers(Cow<'a, [Decimal]>),
}

impl<'a> Value<'a> {
    /// A text, or none.
    #[must_use]
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Missing, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// A whole number, or none.
    #[must_use]
    pub fn number(number: Option<i64>) -> Self {
        number.map_or(Self::Missing, |number| Self::Decimal(Decimal::from(number)))
    }
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Text(text) => write!(f, "{}", crate::print::quoted(text)),
            Self::Decimal(number) => write!(f, "{}", number.normalize()),
            Self::Boolean(yes) => write!(f, "{yes}"),
            Self::Instant(at) => write!(f, "{at}"),
            Self::Texts(list) => write!(f, "{} texts", list.len()),
            Self::Numbers(list) => write!(f, "{} numbers", list.len()),
        }
    }
}
