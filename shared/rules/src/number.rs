//! Decimals: how they are read and written, and arithmetic that always has an answer.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Reads `-12.50`: digits with at most one point between them, and a sign. The value has no trailing zeros.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.len() > 40 || !plain(whole) || !plain(fraction) {
        return None;
    }
    // Zeros at the end would take digits that the largest ones do not have.
    let short = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    };
    Decimal::from_str_exact(short).ok().map(|d| d.normalize())
}

/// As JSON: a text.
pub(crate) fn serialize<S: Serializer>(number: &Decimal, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&number.normalize())
}

/// From JSON.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    decimal(&String::deserialize(d)?).ok_or_else(|| D::Error::custom("is not a decimal"))
}

const fn end(negative: bool) -> Decimal {
    if negative { Decimal::MIN } else { Decimal::MAX }
}

/// The sum; at the end of what there is, that end.
pub(crate) fn add(a: Decimal, b: Decimal) -> Decimal {
    a.checked_add(b).unwrap_or(end(a.is_sign_negative()))
}

/// The difference.
pub(crate) fn sub(a: Decimal, b: Decimal) -> Decimal {
    add(a, -b)
}

/// The product.
pub(crate) fn mul(a: Decimal, b: Decimal) -> Decimal {
    let negative = a.is_sign_negative() != b.is_sign_negative();
    a.checked_mul(b).unwrap_or(end(negative))
}

/// The quotient; none by zero.
pub(crate) fn div(a: Decimal, b: Decimal) -> Option<Decimal> {
    if b.is_zero() {
        return None;
    }
    let negative = a.is_sign_negative() != b.is_sign_negative();
    Some(a.checked_div(b).unwrap_or(end(negative)))
}
