//! A card number on its way in or out: checked, zeroised, and without a way to be shown.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Fewest and most digits of a primary account number (ISO/IEC 7812-1).
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// A primary account number: 12 to 19 digits with a right check digit (ISO/IEC 7812-1, annex B).
///
/// It has no `Display` and no `Serialize`, its `Debug` is masked, and it is overwritten when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct CardNumber(String);

shared::shut!(CardNumber);

impl CardNumber {
    /// Parses a number; spaces and hyphens may stand in it.
    ///
    /// # Errors
    /// A fixed reason that never repeats the number.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // Reserved whole, so that growing leaves no copies behind.
        let mut number = Self(String::with_capacity(*DIGITS.end()));
        for c in text.chars() {
            match c {
                ' ' | '-' => {}
                '0'..='9' if number.0.len() < *DIGITS.end() => number.0.push(c),
                '0'..='9' => return Err("has more than 19 digits"),
                _ => return Err("must be digits, spaces and hyphens"),
            }
        }
        if !DIGITS.contains(&number.0.len()) {
            return Err("has fewer than 12 digits");
        }
        if !luhn(number.0.as_bytes()) {
            return Err("is not a card number: its check digit is wrong");
        }
        Ok(number)
    }

    /// The digits. For the seal and the provider, nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first six digits.
    #[must_use]
    pub fn first6(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The last four digits.
    #[must_use]
    pub fn last4(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// Whether the last digit is the right check digit (ISO/IEC 7812-1, annex B).
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b.saturating_sub(b'0'));
            match (i % 2, digit) {
                (0, d) => d,
                (_, d @ 0..5) => 2 * d,
                (_, d) => 2 * d - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn separators_are_stripped_and_the_rest_is_refused() {
        let number = CardNumber::parse("4242 4242-4242 4242").unwrap();
        assert_eq!(
            (number.expose(), number.first6(), number.last4()),
            ("4242424242424242", "424242", "4242")
        );
        for (bad, why) in [
            ("4242424242424241", "check digit"),
            ("42424242424", "fewer"),
            ("42424242424242424242", "more"),
            ("4242x24242424242", "digits"),
            ("４242424242424242", "digits"),
            ("", "fewer"),
        ] {
            assert!(CardNumber::parse(bad).unwrap_err().contains(why), "{bad}");
        }
    }

    #[test]
    fn neither_debug_nor_a_refusal_shows_it() {
        let number = CardNumber::parse("378282246310005").unwrap();
        assert_eq!(format!("{number:?}"), "[card]");
        for bad in [
            serde_json::json!("4242424242424241"),
            serde_json::json!(4242424242424242u64),
        ] {
            let why = serde_json::from_value::<crate::account::AccountNumber>(bad)
                .unwrap_err()
                .to_string();
            assert!(!why.contains("42"), "{why}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_noticed(stem in "[0-9]{11,18}", at in any::<prop::sample::Index>(), by in 1u8..10) {
            let good = (0..10).map(|d| format!("{stem}{d}")).filter(|t| luhn(t.as_bytes())).collect::<Vec<_>>();
            prop_assert_eq!(good.len(), 1, "exactly one check digit is right");
            let mut digits = good[0].clone().into_bytes();
            let at = at.index(digits.len());
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            prop_assert!(CardNumber::parse(std::str::from_utf8(&digits).unwrap()).is_err());
        }
    }
}
