//! When a card ends: month and year as printed on it.

use jiff::tz::{self, TimeZone};
use shared::{
    shape::{Bounds, Integer, Shape, Shaped},
    time::Timestamp,
};

/// Declares a bounded number with a fixed reason for what is out of bounds.
macro_rules! bounded {
    ($(#[doc = $doc:literal])* $name:ident called $term:literal, $inner:ty, $min:literal..=$max:literal, $why:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// Checks the bounds.
            ///
            /// # Errors
            /// A fixed reason.
            pub fn new(number: $inner) -> Result<Self, &'static str> {
                if ($min..=$max).contains(&number) { Ok(Self(number)) } else { Err($why) }
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                use serde::de::Error;
                let number = serde_json::Value::deserialize(d)?.as_i64().and_then(|n| <$inner>::try_from(n).ok());
                number.map_or(Err($why), Self::new).map_err(D::Error::custom)
            }
        }
        impl Shaped for $name {
            fn shape() -> Shape {
                Shape::Integer(Integer {
                    name: Some($term),
                    about: concat!($($doc),*),
                    value: Bounds { min: Some($min), max: Some($max) },
                    ..Integer::default()
                })
            }
        }
    };
}

bounded!(
    /// A month, 1 to 12.
    Month called "ExpiryMonth", i8, 1..=12, "must be a month from 1 to 12"
);
bounded!(
    /// A year of four digits.
    Year called "ExpiryYear", i16, 2000..=2099, "must be a year from 2000 to 2099"
);

impl Month {
    /// December.
    pub const LAST: Self = Self(12);
}

/// Hours behind UTC of the last place where a month ends.
const LAST_PLACE: i8 = -12;

/// Whether a card's last month is over. It may be used until that month has ended everywhere, wherever who holds it is.
#[must_use]
pub fn is_over(year: Year, month: Month, now: Timestamp) -> bool {
    let now = now.to_zoned(TimeZone::fixed(tz::offset(LAST_PLACE)));
    (year.0, month.0) < (now.year(), now.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_may_be_used_to_the_last_moment_of_its_month() {
        let over = |year, month, now: &str| {
            is_over(
                Year::new(year).unwrap(),
                Month::new(month).unwrap(),
                now.parse().unwrap(),
            )
        };
        // The month goes on in the west for half a day after it has ended at Greenwich.
        assert!(!over(2027, 2, "2027-03-01T00:00:00Z"));
        assert!(!over(2027, 2, "2027-03-01T11:59:59.999Z"));
        assert!(over(2027, 2, "2027-03-01T12:00:00Z"));
        assert!(!over(2027, 12, "2028-01-01T11:59:59Z"));
        assert!(over(2027, 12, "2028-01-01T12:00:00Z"));
        assert!(!over(2028, 1, "2027-12-31T23:59:59Z"));
    }

    #[test]
    fn out_of_bounds_is_refused_with_a_fixed_reason() {
        for bad in ["0", "13", "-1", "1.5", "\"1\"", "300", "99999999999999999999"] {
            let why = serde_json::from_str::<Month>(bad).unwrap_err().to_string();
            assert!(why.starts_with("must be a month"), "{bad}: {why}");
        }
        for bad in ["1999", "2100", "27", "null"] {
            assert!(serde_json::from_str::<Year>(bad).is_err(), "{bad}");
        }
        assert_eq!(serde_json::to_string(&Month::new(7).unwrap()).unwrap(), "7");
    }
}
