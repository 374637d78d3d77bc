//! The card verification value: it passes through memory to the provider and is kept nowhere, neither sealed nor hashed
//! (PCI DSS 4.0.1, requirement 3.3.1.2).

use vault::brand::Brand;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A card verification value: three digits, or four on cards of American Express.
///
/// It has no `Display` and no `Serialize`, its `Debug` is masked, and it is overwritten when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Cvv(String);

shared::shut!(Cvv);

impl Cvv {
    /// Parses a value.
    ///
    /// # Errors
    /// A fixed reason that never repeats the value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if matches!(text.len(), 3 | 4) && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be three or four digits")
        }
    }

    /// Whether it is as long as cards of a brand have it.
    #[must_use]
    pub fn fits(&self, brand: Brand) -> bool {
        self.0.len() == if brand == Brand::Amex { 4 } else { 3 }
    }

    /// The digits. For the provider, nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

shared::comes_in!(
    Cvv,
    "The code that is printed on the card.",
    "^[0-9]{3,4}$",
    ["123"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_or_four() {
        for (text, brand, fits) in [
            ("123", Brand::Visa, true),
            ("000", Brand::Mastercard, true),
            ("1234", Brand::Amex, true),
            ("123", Brand::Amex, false),
            ("1234", Brand::Visa, false),
        ] {
            assert_eq!(Cvv::parse(text).unwrap().fits(brand), fits, "{text}");
        }
        for bad in ["", "12", "12345", "12a", " 123", "１２３"] {
            let why = Cvv::parse(bad).unwrap_err();
            assert!(bad.is_empty() || !why.contains(bad));
        }
        assert_eq!(format!("{:?}", Cvv::parse("739").unwrap()), "[card]");
    }
}
