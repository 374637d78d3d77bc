//! The tree of a condition, and its form as JSON.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A condition or a part of one: `{"apply": {"op": "gt", "of": [{"attribute": "amount"}, {"number": 50000}]}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expr {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A decimal, as a text: JSON's numbers are not exact.
    Decimal(#[serde(with = "crate::number")] Decimal),
    /// True or false.
    Boolean(bool),
    /// A point in time (RFC 3339).
    Instant(Timestamp),
    /// A list: of texts, or of numbers and decimals.
    List(Vec<Expr>),
    /// What the event says.
    Attribute(String),
    /// An operation.
    Apply {
        /// Which.
        op: Op,
        /// On what.
        of: Vec<Expr>,
    },
}

impl Expr {
    /// An operation.
    #[must_use]
    pub fn apply(op: Op, of: impl Into<Vec<Self>>) -> Self {
        Self::Apply { op, of: of.into() }
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::List(of) | Self::Apply { of, .. } => of,
            _ => &[],
        }
    }

    /// How many nodes it has, up to one more than allowed.
    #[must_use]
    pub fn nodes(&self) -> usize {
        let (mut seen, mut open) = (0, vec![self]);
        while let Some(next) = open.pop() {
            seen += 1;
            if seen > crate::NODES {
                break;
            }
            open.extend(next.parts());
        }
        seen
    }
}

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Not.
    Not,
    /// All of two or more.
    And,
    /// One of two or more.
    Or,
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`: a decimal, missing where the divisor is zero.
    Div,
    /// `-` before something.
    Neg,
    /// Whether a list has something.
    In,
    /// `starts_with(text, beginning)`
    StartsWith,
    /// `ends_with(text, end)`
    EndsWith,
    /// `contains(text, part)`
    Contains,
    /// `lower(text)`: in lower case, whatever the language.
    Lower,
    /// `decimal(text)`: the decimal that a text says (`-12.50`), missing where it says none.
    Decimal,
    /// `missing(x)`
    Missing,
    /// `coalesce(x, y, …)`: the first that is not missing.
    Coalesce,
    /// `hour(instant, zone)`: 0 to 23 in a zone (IANA).
    Hour,
    /// `weekday(instant, zone)`: 1 (Monday) to 7.
    Weekday,
    /// `time_between(instant, from, to, zone)`: whether it is `from` or later and before `to` there, over midnight where `to` is earlier.
    TimeBetween,
    /// `days_between(from, to)`: whole days of 24 hours; below zero where `to` is earlier.
    DaysBetween,
}

/// Functions by their names in the text form.
pub(crate) const FUNCTIONS: [(&str, Op); 11] = [
    ("starts_with", Op::StartsWith),
    ("ends_with", Op::EndsWith),
    ("contains", Op::Contains),
    ("lower", Op::Lower),
    ("decimal", Op::Decimal),
    ("missing", Op::Missing),
    ("coalesce", Op::Coalesce),
    ("hour", Op::Hour),
    ("weekday", Op::Weekday),
    ("time_between", Op::TimeBetween),
    ("days_between", Op::DaysBetween),
];

impl Op {
    /// How it is written between operands or before one, and how strongly it binds there.
    pub(crate) const fn sign(self) -> Option<(&'static str, u8)> {
        Some(match self {
            Self::Or => ("or", 1),
            Self::And => ("and", 2),
            Self::Not => ("not ", 3),
            Self::Eq => ("=", 4),
            Self::Ne => ("!=", 4),
            Self::Lt => ("<", 4),
            Self::Le => ("<=", 4),
            Self::Gt => (">", 4),
            Self::Ge => (">=", 4),
            Self::In => ("in", 4),
            Self::Add => ("+", 5),
            Self::Sub => ("-", 5),
            Self::Mul => ("*", 6),
            Self::Div => ("/", 6),
            Self::Neg => ("-", 7),
            _ => return None,
        })
    }

    /// Its name in sentences.
    pub(crate) fn name(self) -> &'static str {
        let function = FUNCTIONS.iter().find(|(_, op)| *op == self);
        let sign = || self.sign().map_or("an operation", |(sign, _)| sign.trim());
        function.map_or_else(sign, |(name, _)| name)
    }

    /// How many operands it takes, at least and at most.
    pub(crate) const fn takes(self) -> (usize, usize) {
        match self {
            Self::Not | Self::Neg | Self::Lower | Self::Decimal | Self::Missing => (1, 1),
            Self::And | Self::Or | Self::Coalesce => (2, usize::MAX),
            Self::TimeBetween => (4, 4),
            _ => (2, 2),
        }
    }
}
