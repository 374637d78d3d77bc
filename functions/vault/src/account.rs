//! What is tokenised: a card number or an IBAN, told apart by how it begins.

use crate::{CardNumber, iban::Iban};

/// A card number or an IBAN.
#[derive(Debug)]
pub enum AccountNumber {
    /// A card.
    Card(CardNumber),
    /// A bank account.
    Iban(Iban),
}

impl AccountNumber {
    /// Parses either.
    ///
    /// # Errors
    /// A fixed reason that never repeats the number.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let first = text.chars().find(|c| !matches!(c, ' ' | '-'));
        if first.is_some_and(|c| c.is_ascii_alphabetic()) {
            Iban::parse(text).map(Self::Iban)
        } else {
            CardNumber::parse(text).map(Self::Card)
        }
    }

    /// The number. For the seal and the fingerprint, nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Card(number) => number.expose(),
            Self::Iban(iban) => iban.expose(),
        }
    }
}

shared::comes_in!(
    AccountNumber,
    "A card number or an IBAN, with or without blanks.",
    "^[ -]*(([0-9][ -]*){12,19}|([A-Za-z][ -]*){2}([0-9][ -]*){2}([0-9A-Za-z][ -]*){11,30})$",
    ["4242424242424242", "DE89370400440532013000"]
);
