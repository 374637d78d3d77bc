//! Exact arithmetic on minor units, and how they are written. What is divided is rounded once, half away from zero.

use crate::document::Currency;
use rust_decimal::Decimal;
use std::fmt::Write;

/// 10 to the power of it.
fn ten(power: u32) -> Option<i128> {
    10_i128.checked_pow(power)
}

/// Divides and rounds, half away from zero. The divisor is positive.
fn divided(value: i128, by: i128) -> Option<i128> {
    let (whole, rest) = (value.checked_div(by)?, value.checked_rem(by)?);
    let away = i128::from(rest.unsigned_abs().checked_mul(2)? >= by.unsigned_abs());
    whole.checked_add(away.checked_mul(value.signum())?)
}

/// Quantity × price in minor units, rounded. None beyond what can be counted exactly.
#[must_use]
pub fn product(quantity: Decimal, price: Decimal, exponent: u8) -> Option<i64> {
    let digits = quantity.mantissa().checked_mul(price.mantissa())?;
    let scale = quantity.scale().checked_add(price.scale())?;
    let exponent = u32::from(exponent);
    let minor = match scale.checked_sub(exponent) {
        Some(beyond) => divided(digits, ten(beyond)?)?,
        None => digits.checked_mul(ten(exponent.checked_sub(scale)?)?)?,
    };
    i64::try_from(minor).ok()
}

/// A share in percent of an amount, rounded. None beyond what can be counted exactly.
#[must_use]
pub fn share(of: i64, percent: Decimal) -> Option<i64> {
    let (exact, unit) = exact_share(of, percent)?;
    i64::try_from(divided(exact, unit)?).ok()
}

/// Whether an amount is less than one minor unit off a share in percent of another.
#[must_use]
pub fn near_share(amount: i64, of: i64, percent: Decimal) -> bool {
    let near = || {
        let (exact, unit) = exact_share(of, percent)?;
        let off = i128::from(amount).checked_mul(unit)?.checked_sub(exact)?;
        Some(off.unsigned_abs() < unit.unsigned_abs())
    };
    near().unwrap_or(false)
}

/// Whether an amount is at most 0.02 units of its currency off a share in percent of another, as Peppol has it (R040).
#[must_use]
pub fn shown_share(amount: i64, of: i64, percent: Decimal, exponent: u8) -> bool {
    let near = || {
        let (exact, unit) = exact_share(of, percent)?;
        let off = i128::from(amount).checked_mul(unit)?.checked_sub(exact)?;
        let most = unit.checked_mul(2)?.checked_mul(ten(u32::from(exponent))?)?;
        Some(off.unsigned_abs().checked_mul(100)? <= most.unsigned_abs())
    };
    near().unwrap_or(false)
}

/// A share in percent, and what it is counted in.
fn exact_share(of: i64, percent: Decimal) -> Option<(i128, i128)> {
    let exact = i128::from(of).checked_mul(percent.mantissa())?;
    Some((exact, ten(percent.scale().checked_add(2)?)?))
}

/// A sum. None beyond what can be counted.
#[must_use]
pub fn sum(amounts: impl IntoIterator<Item = i64>) -> Option<i64> {
    amounts.into_iter().try_fold(0_i64, i64::checked_add)
}

/// An amount in whole units of its currency with a point and all its decimals, as `-1234.50`.
#[must_use]
pub fn plain(minor: i64, exponent: u8) -> String {
    let (sign, whole, decimals) = parts(minor, exponent);
    let mut text = format!("{sign}{whole}");
    if exponent > 0 {
        let _ = write!(text, ".{decimals}");
    }
    text
}

/// Sign, whole units, and the decimals with their zeros.
#[must_use]
pub fn parts(minor: i64, exponent: u8) -> (&'static str, String, String) {
    let sign = if minor < 0 { "-" } else { "" };
    let width = usize::from(exponent);
    let digits = format!(
        "{:0>least$}",
        minor.unsigned_abs(),
        least = width.saturating_add(1)
    );
    let (whole, decimals) = digits.split_at(digits.len().saturating_sub(width));
    (sign, whole.to_owned(), decimals.to_owned())
}

/// An amount as e-invoices write it, with at most two decimals (BR-DEC-09 and others). None where it has three that count.
#[must_use]
pub fn written(minor: i64, currency: &Currency) -> Option<String> {
    match currency.exponent.checked_sub(2) {
        None | Some(0) => Some(plain(minor, currency.exponent)),
        Some(beyond) => {
            let unit = 10_i64.checked_pow(u32::from(beyond))?;
            (minor.checked_rem(unit)? == 0).then_some(())?;
            Some(plain(minor.checked_div(unit)?, 2))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn published_numbers() {
        // Nets and taxes of the billing engine's published cases.
        assert_eq!(share(2 * 69622, decimal("25")), Some(34811));
        assert_eq!(share(-761_250, decimal("19")), Some(-144_638));
        assert_eq!(share(19333, decimal("25")), Some(4833));
        assert_eq!(share(15, decimal("10")), Some(2), "half goes up");
        assert_eq!(share(-15, decimal("10")), Some(-2), "and away from zero");
        assert_eq!(product(decimal("3"), decimal("0.3333"), 2), Some(100));
        assert_eq!(product(decimal("-1"), decimal("12.345"), 2), Some(-1235));
        assert_eq!(product(decimal("10"), decimal("100"), 0), Some(1000));
        assert_eq!(product(decimal("2"), decimal("17.6"), 3), Some(35200));
        assert_eq!(product(Decimal::MAX, Decimal::MAX, 2), None);
    }

    #[test]
    fn a_unit_off_is_not_near() {
        assert!(near_share(1995, 9975, decimal("20")));
        assert!(near_share(1, 2, decimal("20")), "0.40 is 0.60 off");
        assert!(!near_share(1996, 9975, decimal("20")));
        assert!(!near_share(i64::MAX, i64::MIN, Decimal::MAX));
    }

    #[test]
    fn amounts_are_written_with_two_decimals_at_most() {
        let currency = |exponent| Currency {
            code: "XTS".into(),
            exponent,
        };
        assert_eq!(written(-5, &currency(2)).as_deref(), Some("-0.05"));
        assert_eq!(written(1000, &currency(0)).as_deref(), Some("1000"));
        assert_eq!(written(35200, &currency(3)).as_deref(), Some("35.20"));
        assert_eq!(written(35201, &currency(3)), None);
        assert_eq!(plain(i64::MIN, 2), "-92233720368547758.08");
    }
}
