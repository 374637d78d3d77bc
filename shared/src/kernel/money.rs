//! Money: integer minor units and an ISO 4217 code.

use crate::kernel::shape::{Bounds, Choices, Integer, Shape, Shaped};
use std::{fmt, str::FromStr};

/// Codes by the number of decimal digits of their minor unit (ISO 4217 list one).
const TABLE: [(u32, &str); 4] = [
    (
        0,
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    ),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE \
         CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
         HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK \
         MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD \
         RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH \
         USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// A currency with a minor unit. Codes without one (XAU, XXX) are refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

impl Currency {
    /// Decimal digits of the minor unit.
    #[must_use]
    pub const fn exponent(self) -> u32 {
        self.exponent as u32
    }
    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or_default()
    }
}

impl FromStr for Currency {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: [u8; 3] = text
            .as_bytes()
            .try_into()
            .map_err(|_| "is not an ISO 4217 code")?;
        let found = TABLE
            .iter()
            .find(|(_, list)| list.split_whitespace().any(|c| c == text));
        let (exponent, _) = found.ok_or("is not a currency with a minor unit (ISO 4217)")?;
        Ok(Self {
            code,
            exponent: u8::try_from(*exponent).unwrap_or(2),
        })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_json::Value::deserialize(d)? {
            serde_json::Value::String(s) => s.parse().map_err(|why| {
                // What is a code in capitals is one of ours, so that it may be said.
                match s.to_ascii_uppercase().parse::<Self>() {
                    Ok(meant) => D::Error::custom(format!("is written in capitals: use {meant}")),
                    Err(_) => D::Error::custom(why),
                }
            }),
            _ => Err(D::Error::custom("must be a string")),
        }
    }
}

impl Shaped for Currency {
    fn shape() -> Shape {
        let codes = TABLE.iter().flat_map(|(_, list)| list.split_whitespace());
        Shape::Choice(Choices {
            name: "Currency",
            about: "A currency with a minor unit (ISO 4217).",
            values: codes.map(|code| (code, "")).collect(),
            example: Some("EUR"),
        })
    }
}

/// The largest amount of one payment, in minor units.
pub const MAX_AMOUNT: i64 = 999_999_999_999;

/// A positive amount in minor units, at most [`MAX_AMOUNT`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Checks the bounds.
    ///
    /// # Errors
    /// A fixed reason.
    pub fn new(minor: i64) -> Result<Self, &'static str> {
        match minor {
            1..=MAX_AMOUNT => Ok(Self(minor)),
            i64::MIN..=0 => Err("must be at least 1 minor unit"),
            _ => Err("is larger than 999999999999 minor units"),
        }
    }
    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }
}

impl<'de> serde::Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_json::Value::deserialize(d)? {
            serde_json::Value::Number(n) => match n.as_i64() {
                Some(minor) => Self::new(minor).map_err(D::Error::custom),
                None if n.is_u64() => Err(D::Error::custom("is larger than 999999999999 minor units")),
                None => Err(D::Error::custom("must be a whole number of minor units")),
            },
            _ => Err(D::Error::custom("must be a whole number of minor units")),
        }
    }
}

impl Shaped for Amount {
    fn shape() -> Shape {
        Shape::Integer(Integer {
            name: Some("Amount"),
            about: "A positive amount in minor units of its currency.",
            value: Bounds {
                min: Some(1),
                max: Some(MAX_AMOUNT),
            },
            examples: &[4200],
            ..Integer::default()
        })
    }
}

/// Parses a decimal amount in major units into minor units, exactly: no floating point, no rounding.
///
/// # Errors
/// A fixed reason: not a number, or more decimals than the currency has.
pub fn parse_major(text: &str, currency: Currency) -> Result<i64, &'static str> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent = currency.exponent() as usize;
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err("is not a decimal number");
    }
    if fraction.trim_end_matches('0').len() > exponent {
        return Err("has more decimals than the currency");
    }
    let kept: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(exponent)
        .collect();
    let minor: i64 = format!("{whole}{kept}").parse().map_err(|_| "is too large")?;
    Ok(if negative { -minor } else { minor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_in_small_letters_is_refused_with_the_one_that_is_meant() {
        let refused = |text: &str| {
            let parsed = serde_json::from_value::<Currency>(text.into());
            parsed.unwrap_err().to_string()
        };
        for small in ["eur", "Eur"] {
            assert!(refused(small).ends_with("use EUR"), "{}", refused(small));
        }
        assert!(!refused("xau").contains("use"));
    }

    #[test]
    fn exponents_zero_two_three_and_four() {
        for (code, exponent) in [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4)] {
            assert_eq!(code.parse::<Currency>().unwrap().exponent(), exponent);
        }
        for bad in ["XAU", "XXX", "eur", "EURO", ""] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
    }

    #[test]
    fn major_to_minor_is_exact() {
        let eur = "EUR".parse().unwrap();
        assert_eq!(parse_major("57.16", eur), Ok(5716));
        assert_eq!(parse_major("0.1", eur), Ok(10));
        assert_eq!(parse_major("146.000", eur), Ok(14600));
        assert_eq!(parse_major("-3", eur), Ok(-300));
        for bad in ["", ".", "1.005", "1e3", "NaN", "1,5", "99999999999999999999"] {
            assert!(parse_major(bad, eur).is_err(), "{bad}");
        }
        assert_eq!(parse_major("12", "JPY".parse().unwrap()), Ok(12));
    }

    #[test]
    fn amounts_are_bounded() {
        for (json, ok) in [
            ("1", true),
            ("0", false),
            ("-5", false),
            ("1.5", false),
            ("1000000000000", false),
            ("1e30", false),
            ("\"5\"", false),
            ("18446744073709551615", false),
        ] {
            assert_eq!(serde_json::from_str::<Amount>(json).is_ok(), ok, "{json}");
        }
    }
}
