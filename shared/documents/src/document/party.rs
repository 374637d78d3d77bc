//! Seller and buyer.

use serde::{Deserialize, Serialize};

/// Seller (BG-4) or buyer (BG-7).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The full name (BT-27, BT-44).
    pub name: String,
    /// What it is known as where that is another name (BT-28, BT-45).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trading_name: Option<String>,
    /// Where it is (BG-5, BG-8).
    pub address: Address,
    /// The VAT identifier with its country's letters (BT-31, BT-48).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_id: Option<String>,
    /// The seller's local tax number (BT-32). No term of a buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<String>,
    /// The number in a register of companies (BT-30, BT-47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Identifier>,
    /// What the law has a seller say of itself, as its court and managers (BT-33). No term of a buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_note: Option<String>,
    /// Whom to ask (BG-6, BG-9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Where electronic documents go, with a scheme of the list EAS, as `9930` or `EM` for mail (BT-34, BT-49).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Identifier>,
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// At most three lines (BT-35, BT-36, BT-162; BT-50, BT-51, BT-163).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// The city (BT-37, BT-52).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The post code (BT-38, BT-53).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_code: Option<String>,
    /// A state or region (BT-39, BT-54).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdivision: Option<String>,
    /// The country, in two letters of ISO 3166-1 (BT-40, BT-55).
    pub country: String,
}

/// A value of a scheme.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// Which list it is of: ISO 6523 ICD for registrations, EAS for electronic addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The value.
    pub value: String,
}

/// Whom to ask.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// A person or department (BT-41, BT-56).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A telephone number (BT-42, BT-57).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A mail address (BT-43, BT-58).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}
