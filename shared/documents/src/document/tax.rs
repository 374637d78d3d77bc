//! Tax of a document.

use super::number;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A tax category (UNTDID 5305).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Category {
    /// Taxed at a rate.
    S,
    /// Taxed at zero.
    Z,
    /// Exempt.
    E,
    /// Reverse charge: the buyer accounts for the tax.
    AE,
    /// Supply within the European Economic Area.
    K,
    /// Export.
    G,
    /// Outside of the scope of tax.
    O,
}

impl Category {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::Z => "Z",
            Self::E => "E",
            Self::AE => "AE",
            Self::K => "K",
            Self::G => "G",
            Self::O => "O",
        }
    }
}

/// Whether prices were agreed with tax in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// Without: tax is computed on top, and each group's is round(net × rate).
    Exclusive,
    /// With: net is computed out of it, and each group's tax is less than one minor unit off net × rate.
    Inclusive,
}

/// Tax, once per category and rate (BG-23).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxGroup {
    /// The category (BT-118).
    pub category: Category,
    /// The rate in percent; 0 where none is charged (BT-119).
    #[serde(with = "number")]
    pub rate: Decimal,
    /// Σ net of its lines − Σ its allowances, in minor units (BT-116).
    pub taxable: i64,
    /// The tax, in minor units (BT-117).
    pub tax: i64,
    /// Why there is none, in words (BT-120).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why there is none, as a code of the list VATEX (BT-121).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
}
