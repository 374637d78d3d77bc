//! Who sells and who buys, as documents name them.

use crate::{country::Country, tax_ids::TaxId};
use serde::{Deserialize, Serialize};
use shared::{record::Record, text::Line};

shared::text_type!(
    /// A telephone number: 3 to 40 digits, blanks and signs.
    Phone, r"^[0-9+][0-9 ()/.+-]{2,39}$", "+49 30 1234567", |t| {
        let good = |b: u8| b.is_ascii_digit() || b" ()/.+-".contains(&b);
        let starts = t.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'+');
        if (3..=40).contains(&t.len()) && starts && t.bytes().all(good) {
            Ok(t.to_owned())
        } else {
            Err("must be 3 to 40 digits, blanks and signs")
        }
    }
);

shared::text_type!(
    /// A scheme of electronic addresses (EAS) or of registrations (ISO 6523 ICD): 2 to 4 digits or capitals.
    Scheme called "IdentifierScheme", "^[0-9A-Z]{2,4}$", "9930", |t| {
        let good = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
        if (2..=4).contains(&t.len()) && t.bytes().all(good) { Ok(t.to_owned()) } else { Err("must be 2 to 4 digits or capitals") }
    }
);

shared::text_type!(
    /// An account at a bank: an IBAN without blanks, or a number of another kind.
    AccountId called "BankAccountId", "^[0-9A-Z]{5,34}$", "DE02120300000000202051", |t| {
        let good = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
        if (5..=34).contains(&t.len()) && t.bytes().all(good) { Ok(t.to_owned()) } else { Err("must be 5 to 34 digits and capitals") }
    }
);

shared::text_type!(
    /// A time zone (IANA).
    Zone called "TimeZone", r"^[A-Za-z][A-Za-z0-9_+-]{1,30}(/[A-Za-z0-9_+-]{1,30}){0,2}$", "Europe/Berlin", |t| {
        let part = |part: &str, most: usize| {
            let good = |b: u8| b.is_ascii_alphanumeric() || b"_+-".contains(&b);
            (1..=most).contains(&part.len()) && part.bytes().all(good)
        };
        let parts: Vec<&str> = t.split('/').collect();
        let first = parts.first().is_some_and(|p| {
            part(p, 31) && p.len() > 1 && p.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        });
        if first && parts.len() <= 3 && parts.iter().skip(1).all(|p| part(p, 30)) {
            Ok(t.to_owned())
        } else {
            Err("is not a time zone (IANA)")
        }
    }
);

/// What documents speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "DocumentLanguage")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
}

/// Parts of a party: once of sellers, about whom everybody may know, and once of buyers, who are people.
macro_rules! parts {
    ($class:meta, $options:meta, $address:ident $address_name:literal, $electronic:ident $electronic_name:literal) => {
        /// A postal address. Its country stands beside it.
        #[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[$options]
        #[record(name = $address_name)]
        #[serde(deny_unknown_fields)]
        pub struct $address {
            /// Street and number, and what stands with them: at most three lines.
            #[$class]
            #[record(length(min = 1, max = 3))]
            pub lines: Vec<Line>,
            /// City.
            #[$class]
            pub city: Option<Line>,
            /// Post code.
            #[$class]
            pub postal_code: Option<Line>,
            /// State or region.
            #[$class]
            pub region: Option<Line>,
        }

        /// Where electronic documents go.
        #[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[$options]
        #[record(name = $electronic_name)]
        #[serde(deny_unknown_fields)]
        pub struct $electronic {
            /// Scheme of the list EAS; `EM` for mail.
            #[$class]
            pub scheme: Scheme,
            /// The address.
            #[$class]
            pub value: Line,
        }
    };
}

parts!(internal, record(input, stored), SellerAddress "SellerAddress", SellerEndpoint "SellerElectronicAddress");
parts!(personal, record(input), Address "PostalAddress", Endpoint "ElectronicAddress");

/// Whom to ask at the seller's.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "SellerContact")]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// A department or person.
    #[internal]
    pub name: Option<Line>,
    /// Telephone.
    #[internal]
    pub phone: Option<Phone>,
    /// Mail address.
    #[internal]
    pub email: Option<Line>,
}

/// An account that buyers transfer to.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "SellerAccount")]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account.
    #[internal]
    pub account: AccountId,
    /// Whose it is.
    #[internal]
    pub holder: Option<Line>,
    /// The bank, as a BIC.
    #[internal]
    pub bank: Option<AccountId>,
}

/// A number in a register of companies.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "SellerRegistration")]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Which register (ISO 6523 ICD).
    #[internal]
    pub scheme: Option<Scheme>,
    /// The number.
    #[internal]
    pub value: Line,
}

/// Who sells, as every document says.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    /// The full name.
    #[internal]
    pub name: Line,
    /// What it is known as, where that is another name.
    #[internal]
    pub trading_name: Option<Line>,
    /// Where it is.
    #[nested]
    pub address: SellerAddress,
    /// In which country (ISO 3166-1 alpha-2).
    #[internal]
    pub country: Country,
    /// Its VAT id, and other tax ids.
    #[internal]
    #[record(length(max = 5))]
    #[serde(default)]
    pub tax_ids: Vec<TaxId>,
    /// Its number at the local tax office.
    #[internal]
    pub tax_number: Option<Line>,
    /// Its number in a register of companies.
    #[nested]
    pub registration: Option<Registration>,
    /// What the law has it say of itself, such as its court and managers.
    #[internal]
    pub legal_note: Option<Line>,
    /// Whom to ask.
    #[nested]
    pub contact: Option<Contact>,
    /// Where electronic documents to it go.
    #[nested]
    pub electronic_address: Option<SellerEndpoint>,
    /// Where buyers transfer to.
    #[nested]
    pub account: Option<Account>,
}

/// Who buys, as an issued document says. Kept sealed, never as it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The full name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// In which country.
    pub country: Option<Country>,
    /// What else a document says of them.
    #[serde(flatten)]
    pub details: BuyerDetails,
}

/// What a customer's documents say of them beside the name. Kept sealed, never as it is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuyerDetails {
    /// Where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Their tax ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tax_ids: Vec<TaxId>,
    /// What their documents speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Their time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
    /// Days that they have to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_days: Option<u16>,
    /// Where their electronic documents go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub electronic_address: Option<Endpoint>,
    /// What they ask to see on their documents, such as a Leitweg-ID (BT-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_reference: Option<Line>,
}

impl BuyerDetails {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Most days that somebody may have to pay.
pub const MOST_DAYS: u16 = 365;
