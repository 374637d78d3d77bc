//! How many units: exact decimals.

use super::round::{TOO_LARGE, divided, ten_to};
use crate::amounts::{Quantity, UnitAmount};
use rust_decimal::Decimal;
use shared::money::MAX_AMOUNT;

/// Most digits before the point.
const DIGITS: usize = 12;
/// Most digits behind it.
const DECIMALS: usize = 6;

shared::text_type!(
    /// How many units, exactly: a decimal number of up to 12 digits and 6 decimals, which may be 0 or negative, as
    /// corrections are. Kept without zeros at its end.
    Units as Decimal, r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$", "5.5", |t| {
        let digits = t.strip_prefix('-').unwrap_or(t);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let good = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !good(whole, DIGITS) || !good(fraction, DECIMALS) {
            return Err("must be a decimal number with at most 12 digits before and 6 after the point");
        }
        let decimal = Decimal::from_str_exact(t).map_err(|_| "is not a decimal number")?;
        if decimal.is_zero() {
            return Ok("0".to_owned());
        }
        Ok(decimal.normalize().to_string())
    }
);

impl std::fmt::Debug for Units {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Quantity> for Units {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.get().to_string())
    }
}

impl Units {
    fn decimal(&self) -> Result<Decimal, &'static str> {
        Decimal::from_str_exact(self.as_str()).map_err(|_| "is not a decimal number")
    }

    /// The same as a whole number from 1, where it is one.
    #[must_use]
    pub fn whole(&self) -> Option<Quantity> {
        let number = serde_json::from_str(self.as_str()).ok()?;
        serde_json::from_value(number).ok()
    }

    /// What so many units of this amount cost: multiplied exactly, then rounded once, half away from zero.
    ///
    /// # Errors
    /// A fixed reason when it is larger than [`MAX_AMOUNT`], or smaller than its opposite.
    pub fn of(&self, unit: &UnitAmount) -> Result<i64, &'static str> {
        let (unit, units) = (unit.decimal()?, self.decimal()?);
        // What does not fit is far beyond the largest amount.
        let digits = unit.mantissa().checked_mul(units.mantissa()).ok_or(TOO_LARGE)?;
        let minor = divided(digits, ten_to(unit.scale() + units.scale())?)?;
        if minor.unsigned_abs() > MAX_AMOUNT.unsigned_abs() {
            return Err(TOO_LARGE);
        }
        Ok(minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(units: &str, unit: &str) -> Result<i64, &'static str> {
        Units::parse(units).unwrap().of(&UnitAmount::parse(unit).unwrap())
    }

    #[test]
    fn a_line_rounds_once_half_away_from_zero() {
        for (units, unit, minor) in [
            ("5.5", "200", 1100),
            ("0", "200", 0),
            ("-0.0", "200", 0),
            ("0.5", "1", 1),
            ("-0.5", "1", -1),
            ("-2.5", "1", -3),
            ("0.49", "1", 0),
            ("1.000001", "99999999999.123456789012", 100_000_099_999),
            ("-761250", "1", -761_250),
            ("1", "999999999999", MAX_AMOUNT),
        ] {
            assert_eq!(cost(units, unit), Ok(minor), "{units} × {unit}");
        }
        for (units, unit) in [
            ("2", "999999999999"),
            ("-2", "999999999999"),
            ("999999999999", "999999999999.999999999999"),
        ] {
            assert!(cost(units, unit).is_err(), "{units} × {unit}");
        }
    }

    #[test]
    fn units_are_decimals_and_nothing_else() {
        for (text, kept) in [
            ("5.50", "5.5"),
            ("-3", "-3"),
            ("007", "7"),
            ("-0", "0"),
            ("0.000001", "0.000001"),
        ] {
            assert_eq!(
                Units::parse(text).map(|u| u.as_str().to_owned()),
                Ok(kept.to_owned())
            );
        }
        for bad in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e3",
            "1,5",
            "+1",
            "1.0000001",
            "1234567890123",
            "NaN",
            "--1",
        ] {
            assert!(Units::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Units::parse("17").unwrap().whole().map(Quantity::get), Some(17));
        for not in ["0", "-1", "5.5", "10000000001"] {
            assert!(Units::parse(not).unwrap().whole().is_none(), "{not}");
        }
    }

    proptest! {
        #[test]
        fn units_agree_with_whole_quantities_and_change_sign(unit in "[0-9]{1,6}(\\.[0-9]{1,12})?", n in 1i64..1_000_000) {
            let amount = UnitAmount::parse(&unit).unwrap();
            let units = Units::parse(&n.to_string()).unwrap();
            let quantity = units.whole().unwrap();
            prop_assert_eq!(units.of(&amount), amount.times(quantity));
            prop_assert_eq!(Units::parse(&format!("-{n}")).unwrap().of(&amount), amount.times(quantity).map(|a| -a));
        }
    }
}
