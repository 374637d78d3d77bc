//! Unit amounts and line amounts: exact decimals of minor units, rounded once a line.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use shared::{
    money::{Currency, MAX_AMOUNT},
    shape::{Bounds, Integer, Shape, Shaped},
};

/// Most decimals of a unit amount.
const DECIMALS: usize = 12;
/// Most digits before the point.
const DIGITS: usize = 12;
/// Largest quantity of a line.
pub const MAX_QUANTITY: i64 = 1_000_000_000;

const TOO_LARGE: &str = "makes an amount larger than 999999999999 minor units";

shared::text_type!(
    /// What one unit costs, in minor units: a decimal number of up to 12 digits and 12 decimals, not negative.
    /// Kept without zeros at its end.
    UnitAmount as Decimal, r"^[0-9]{1,12}(\.[0-9]{1,12})?$", "0.0125", |t| {
        let (whole, fraction) = t.split_once('.').unwrap_or((t, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(whole, DIGITS) || !digits(fraction, DECIMALS) {
            return Err("must be a decimal number in minor units, with at most 12 digits before and 12 after the point");
        }
        let decimal = Decimal::from_str_exact(t).map_err(|_| "is not a decimal number")?;
        Ok(decimal.normalize().to_string())
    }
);

impl UnitAmount {
    /// Whether it is a whole number of minor units.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.as_str().contains('.')
    }

    /// As a number.
    pub(crate) fn decimal(&self) -> Result<Decimal, &'static str> {
        Decimal::from_str_exact(self.as_str()).map_err(|_| "is not a decimal number")
    }

    /// The amount of a line: unit amount times quantity, computed exactly and then rounded once to whole minor
    /// units, half away from zero.
    ///
    /// # Errors
    /// A fixed reason when it is larger than [`MAX_AMOUNT`].
    pub fn times(&self, quantity: Quantity) -> Result<i64, &'static str> {
        let unit = self.decimal()?;
        // A product of decimals would be rounded to 28 digits before it is rounded to minor units, so the digits
        // are multiplied as a whole number. What does not fit back is far beyond the largest amount.
        let digits = unit
            .mantissa()
            .checked_mul(i128::from(quantity.get()))
            .ok_or(TOO_LARGE)?;
        let exact = Decimal::try_from_i128_with_scale(digits, unit.scale()).map_err(|_| TOO_LARGE)?;
        let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        rounded
            .to_i64()
            .filter(|minor| *minor <= MAX_AMOUNT)
            .ok_or(TOO_LARGE)
    }

    /// As people read it: in major units, with at least the decimals of the currency.
    #[must_use]
    pub fn shown(&self, currency: Currency) -> String {
        let exponent = currency.exponent();
        let major = self.decimal().and_then(|unit| {
            Decimal::try_from_i128_with_scale(unit.mantissa(), unit.scale() + exponent).map_err(|_| "")
        });
        let Ok(major) = major else {
            return self.as_str().to_owned();
        };
        let text = major.normalize().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let width = usize::try_from(exponent).unwrap_or(2);
        let point = if fraction.is_empty() && width == 0 {
            ""
        } else {
            "."
        };
        format!("{}{point}{fraction:0<width$}", grouped(whole))
    }
}

/// How many units: a whole number from 1 to [`MAX_QUANTITY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Quantity(i64);

impl Quantity {
    /// One.
    pub const ONE: Self = Self(1);
    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<'de> serde::Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_json::Value::deserialize(d)?.as_i64() {
            Some(n @ 1..=MAX_QUANTITY) => Ok(Self(n)),
            _ => Err(D::Error::custom("must be a whole number from 1 to 1000000000")),
        }
    }
}

impl Shaped for Quantity {
    fn shape() -> Shape {
        Shape::Integer(Integer {
            name: Some("Quantity"),
            about: "How many units.",
            value: Bounds {
                min: Some(1),
                max: Some(MAX_QUANTITY),
            },
            examples: &[3],
            ..Integer::default()
        })
    }
}

/// The sum of line amounts.
///
/// # Errors
/// A fixed reason when it is larger than [`MAX_AMOUNT`], which no single payment could pay.
pub fn total(amounts: impl IntoIterator<Item = i64>) -> Result<i64, &'static str> {
    let sum = amounts.into_iter().try_fold(0i64, i64::checked_add);
    sum.filter(|sum| *sum <= MAX_AMOUNT)
        .ok_or("add up to more than 999999999999 minor units")
}

/// An amount as people read it: `1,234.50 EUR`, with as many decimals as the currency has.
#[must_use]
pub fn shown(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let width = usize::try_from(currency.exponent()).unwrap_or(2);
    let digits = format!("{:0>least$}", minor.unsigned_abs(), least = width + 1);
    let (whole, fraction) = digits.split_at(digits.len() - width);
    let point = if width == 0 { "" } else { "." };
    format!("{sign}{}{point}{fraction} {currency}", grouped(whole))
}

/// Digits with commas between thousands.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(text: &str) -> UnitAmount {
        UnitAmount::parse(text).expect(text)
    }

    fn times(text: &str, quantity: i64) -> Result<i64, &'static str> {
        unit(text).times(Quantity(quantity))
    }

    #[test]
    fn a_line_rounds_once_half_away_from_zero() {
        for (text, quantity, minor) in [
            ("0", 7, 0),
            ("100", 3, 300),
            ("0.5", 1, 1),
            ("1.5", 1, 2),
            ("2.5", 1, 3),
            ("0.49", 1, 0),
            ("0.499999999999", 1, 0),
            ("0.0125", 40, 1),
            ("0.0125", 39, 0),
            ("0.000000000001", 500_000_000, 0),
            ("0.000000000001", 1_000_000_000, 0),
            ("0.333333333333", 3, 1),
            ("999999999999", 1, MAX_AMOUNT),
            ("999.999999999", 1_000_000_000, MAX_AMOUNT),
            ("999999999999.49", 1, MAX_AMOUNT),
        ] {
            assert_eq!(times(text, quantity), Ok(minor), "{text} × {quantity}");
        }
    }

    #[test]
    fn what_is_too_large_is_refused_and_never_wraps() {
        for (text, quantity) in [
            ("999999999999.5", 1),
            ("999999999999", 2),
            ("1000", 1_000_000_000),
            ("999999999999.999999999999", MAX_QUANTITY),
        ] {
            assert_eq!(times(text, quantity), Err(TOO_LARGE), "{text} × {quantity}");
        }
        assert_eq!(total([MAX_AMOUNT - 1, 1]), Ok(MAX_AMOUNT));
        assert!(total([MAX_AMOUNT, 1]).is_err());
        assert!(total([i64::MAX, i64::MAX, 2]).is_err());
        assert_eq!(total([]), Ok(0));
    }

    #[test]
    fn unit_amounts_are_plain_decimals() {
        for (text, kept) in [
            ("1.50", "1.5"),
            ("007", "7"),
            ("0.000000000000", "0"),
            ("100", "100"),
        ] {
            assert_eq!(unit(text).as_str(), kept);
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,5",
            " 1",
            "1_000",
            "0x1",
            "NaN",
            "٣",
            "1000000000000",
            "0.0000000000001",
            "1.2.3",
        ] {
            assert!(UnitAmount::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn quantities_are_whole_and_bounded() {
        for (json, ok) in [
            ("1", true),
            ("1000000000", true),
            ("0", false),
            ("-1", false),
            ("1.5", false),
            ("1000000001", false),
            ("1e30", false),
            ("\"1\"", false),
        ] {
            assert_eq!(serde_json::from_str::<Quantity>(json).is_ok(), ok, "{json}");
        }
    }

    #[test]
    fn amounts_are_shown_with_the_decimals_of_their_currency() {
        for (minor, code, text) in [
            (0, "JPY", "0 JPY"),
            (1_234_567, "JPY", "1,234,567 JPY"),
            (5, "EUR", "0.05 EUR"),
            (123_450, "EUR", "1,234.50 EUR"),
            (5, "KWD", "0.005 KWD"),
            (1_234_567, "KWD", "1,234.567 KWD"),
            (12_345, "CLF", "1.2345 CLF"),
            (-5, "EUR", "-0.05 EUR"),
        ] {
            assert_eq!(shown(minor, code.parse().unwrap()), text);
        }
        for (amount, code, text) in [
            ("1999", "EUR", "19.99"),
            ("0.0125", "EUR", "0.000125"),
            ("100000", "JPY", "100,000"),
            ("1.5", "JPY", "1.5"),
            ("1", "KWD", "0.001"),
            ("1", "CLF", "0.0001"),
            ("0", "EUR", "0.00"),
        ] {
            assert_eq!(unit(amount).shown(code.parse().unwrap()), text, "{amount} {code}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_the_exact_product_rounded_once(
            whole in 0u64..1_000_000, fraction in 0u64..1_000_000_000_000, quantity in 1i64..1_000_000,
        ) {
            let text = format!("{whole}.{fraction:012}");
            // The same in whole numbers: the rounding half up of a product that is not negative.
            let scale = 10i128.pow(12);
            let exact = (i128::from(whole) * scale + i128::from(fraction)) * i128::from(quantity);
            let rounded = (exact + scale / 2) / scale;
            match times(&text, quantity) {
                Ok(minor) => prop_assert_eq!(i128::from(minor), rounded),
                Err(_) => prop_assert!(rounded > i128::from(MAX_AMOUNT)),
            }
        }

        #[test]
        fn what_is_shown_says_the_same_number(
            minor in 0..=MAX_AMOUNT, code in proptest::sample::select(vec!["JPY", "EUR", "KWD", "CLF"]),
        ) {
            let currency: Currency = code.parse().unwrap();
            let text = shown(minor, currency);
            let major = text.strip_suffix(&format!(" {code}")).unwrap().replace(',', "");
            prop_assert_eq!(shared::money::parse_major(&major, currency), Ok(minor));
            prop_assert_eq!(major.split_once('.').map_or(0, |(_, f)| f.len()), currency.exponent() as usize);
            let as_unit = UnitAmount::parse(&minor.to_string()).unwrap().shown(currency);
            prop_assert_eq!(as_unit.replace(',', ""), major);
        }

        #[test]
        fn nothing_makes_it_panic(text in "[0-9.eE+-]{0,40}", quantity in 1..=MAX_QUANTITY) {
            if let Ok(unit) = UnitAmount::parse(&text) {
                let _ = unit.times(Quantity(quantity));
                let _ = unit.shown("CLF".parse().unwrap());
            }
        }
    }
}
