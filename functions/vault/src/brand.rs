//! A card's brand, by its issuer identification number and its length.

use serde::{Deserialize, Serialize};

/// A brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "CardBrand")]
pub enum Brand {
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    Amex,
    /// Discover.
    Discover,
    /// Diners Club.
    Diners,
    /// JCB.
    Jcb,
    /// UnionPay.
    Unionpay,
    /// Maestro.
    Maestro,
    /// None of these.
    Unknown,
}

/// First and last value of the leading six digits, lengths, brand. The first line that fits counts.
const RANGES: &[(u32, u32, std::ops::RangeInclusive<usize>, Brand)] = &[
    (400_000, 499_999, 13..=19, Brand::Visa),
    (510_000, 559_999, 16..=16, Brand::Mastercard),
    (222_100, 272_099, 16..=16, Brand::Mastercard),
    (340_000, 349_999, 15..=15, Brand::Amex),
    (370_000, 379_999, 15..=15, Brand::Amex),
    (300_000, 305_999, 14..=19, Brand::Diners),
    (309_500, 309_599, 14..=19, Brand::Diners),
    (360_000, 369_999, 14..=19, Brand::Diners),
    (380_000, 399_999, 14..=19, Brand::Diners),
    (352_800, 358_999, 16..=19, Brand::Jcb),
    (601_100, 601_199, 16..=19, Brand::Discover),
    (644_000, 659_999, 16..=19, Brand::Discover),
    (620_000, 629_999, 16..=19, Brand::Unionpay),
    (810_000, 817_199, 16..=19, Brand::Unionpay),
    (501_800, 501_899, 12..=19, Brand::Maestro),
    (502_000, 502_099, 12..=19, Brand::Maestro),
    (503_800, 503_899, 12..=19, Brand::Maestro),
    (560_000, 589_999, 12..=19, Brand::Maestro),
    (630_400, 630_499, 12..=19, Brand::Maestro),
    (639_000, 639_099, 12..=19, Brand::Maestro),
    (670_000, 679_999, 12..=19, Brand::Maestro),
];

impl Brand {
    /// The brand of a number with these leading six digits and this many in all.
    #[must_use]
    pub fn of(first6: &str, digits: usize) -> Self {
        let Ok(iin) = first6.parse::<u32>() else {
            return Self::Unknown;
        };
        let fits = |r: &&(u32, u32, std::ops::RangeInclusive<usize>, Self)| {
            (r.0..=r.1).contains(&iin) && r.2.contains(&digits)
        };
        RANGES.iter().find(fits).map_or(Self::Unknown, |r| r.3)
    }

    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::Amex => "amex",
            Self::Discover => "discover",
            Self::Diners => "diners",
            Self::Jcb => "jcb",
            Self::Unionpay => "unionpay",
            Self::Maestro => "maestro",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_test_numbers_have_their_brands() {
        for (number, brand) in [
            ("4242424242424242", Brand::Visa),
            ("5555555555554444", Brand::Mastercard),
            ("2223003122003222", Brand::Mastercard),
            ("378282246310005", Brand::Amex),
            ("6011111111111117", Brand::Discover),
            ("3056930009020004", Brand::Diners),
            ("36227206271667", Brand::Diners),
            ("3566002020360505", Brand::Jcb),
            ("6200000000000005", Brand::Unionpay),
            ("6759649826438453", Brand::Maestro),
            ("9999999999999995", Brand::Unknown),
            ("424242424242", Brand::Unknown),
        ] {
            assert_eq!(Brand::of(&number[..6], number.len()), brand, "{number}");
        }
    }

    #[test]
    fn the_name_is_what_serde_writes() {
        for (_, _, _, brand) in RANGES {
            assert_eq!(serde_json::to_value(brand).unwrap(), brand.name());
        }
        assert_eq!(
            serde_json::to_value(Brand::Unknown).unwrap(),
            Brand::Unknown.name()
        );
    }
}
