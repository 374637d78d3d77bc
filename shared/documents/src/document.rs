//! What a document says.

mod line;
mod number;
mod party;
mod payment;
mod tax;

pub use line::{Allowance, Discount, Line, Period};
pub use party::{Address, Contact, Identifier, Party};
pub use payment::{Means, Payment};
pub use tax::{Category, Pricing, TaxGroup};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An invoice or a credit note as it was issued. Amounts are whole minor units of [`Self::currency`] and, in a credit note, positive for
/// what is given back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Invoice or credit note (BT-3).
    pub kind: Kind,
    /// Which rules it keeps beyond our own.
    pub profile: Profile,
    /// Its number (BT-1).
    pub number: String,
    /// The day of issue (BT-2).
    pub issued: Date,
    /// The day when it is due (BT-9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// What it is in (BT-5).
    pub currency: Currency,
    /// Another currency in which the seller accounts for tax (BT-6, BT-111).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounting: Option<Accounting>,
    /// What the page and the PDF speak.
    pub language: Language,
    /// Whether prices were agreed with tax in them.
    pub pricing: Pricing,
    /// Who sells (BG-4).
    pub seller: Party,
    /// Who buys (BG-7).
    pub buyer: Party,
    /// What the buyer asked to see on it, as a Leitweg-ID (BT-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_reference: Option<String>,
    /// The buyer's purchase order (BT-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<String>,
    /// The seller's own number of a contract or subscription (BT-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Notes for the reader (BT-22).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The invoice that a credit note is about (BG-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preceding: Option<Preceding>,
    /// When and where it was supplied (BG-13, BG-14).
    #[serde(default)]
    pub delivery: Delivery,
    /// The lines (BG-25).
    pub lines: Vec<Line>,
    /// What is taken off the document as a whole (BG-20).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<Allowance>,
    /// Tax, once per category and rate (BG-23).
    pub groups: Vec<TaxGroup>,
    /// The sums (BG-22).
    pub totals: Totals,
    /// How it is paid (BG-16, BT-20).
    pub payment: Payment,
}

// All of it is about somebody.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} lines", self.kind, self.lines.len())
    }
}

/// Invoice or credit note (BT-3, UNTDID 1001).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 380.
    Invoice,
    /// 381.
    CreditNote,
}

/// Which rules a document keeps beyond our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// None: a page and a PDF, for sellers and buyers to whom the European standard says nothing.
    Page,
    /// EN 16931-1.
    En16931,
    /// XRechnung 3.0, which German authorities ask for.
    #[serde(rename = "xrechnung")]
    XRechnung,
    /// Peppol BIS Billing 3.0.
    Peppol,
}

/// What the page and the PDF speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
}

/// A currency of ISO 4217.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    /// Its three letters.
    pub code: String,
    /// How many decimals a minor unit is: 0, 2 or 3.
    pub exponent: u8,
}

/// The currency in which the seller accounts for tax, with all the tax in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounting {
    /// Which (BT-6).
    pub currency: Currency,
    /// The tax, in minor units of it (BT-111).
    pub tax: i64,
}

/// The invoice that a credit note is about (BG-3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preceding {
    /// Its number (BT-25).
    pub number: String,
    /// Its day of issue (BT-26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Date>,
}

/// When and where it was supplied.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The day (BT-72).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The days (BG-14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Where to (BG-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// The sums, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Σ net of the lines (BT-106).
    pub lines: i64,
    /// Σ allowances of the document (BT-107).
    pub allowances: i64,
    /// Without tax: lines − allowances (BT-109).
    pub net: i64,
    /// Σ tax of the groups (BT-110).
    pub tax: i64,
    /// With tax (BT-112).
    pub gross: i64,
    /// What was paid or taken from a wallet before (BT-113).
    pub prepaid: i64,
    /// What is to be paid: gross − prepaid (BT-115).
    pub due: i64,
}
