//! Lines, and what is taken off them.

use super::{Category, number};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A line (BG-25). What is taken back has a negative quantity, never a negative price (BR-27).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its name within the document (BT-126).
    pub id: String,
    /// What it is about, in a few words (BT-153).
    pub name: String,
    /// The same at length, as the arithmetic of tiers (BT-154).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The seller's name of the item (BT-155).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// How many (BT-129). 1 or −1 where the amount is no product of quantity and price: tiers, proration, minimums, prices with tax.
    #[serde(with = "number")]
    pub quantity: Decimal,
    /// Of what, as a code of UN/ECE Recommendation 20: `C62` is one, `HUR` an hour, `MON` a month (BT-130).
    pub unit: String,
    /// What one costs without tax, in whole units of the currency, as 12.3456 euros (BT-146).
    #[serde(with = "number")]
    pub unit_price: Decimal,
    /// What is taken off (BG-27).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// Quantity × price − discounts, without tax, in minor units (BT-131).
    pub net: i64,
    /// Its tax category (BT-151).
    pub category: Category,
    /// Its rate in percent; 0 where none is charged (BT-152).
    #[serde(with = "number")]
    pub rate: Decimal,
    /// The days that it is for (BG-26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// What is taken off a line (BG-27).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    /// Without tax, in minor units (BT-136).
    pub amount: i64,
    /// Why (BT-139).
    pub reason: String,
    /// In percent of what it is taken off, to be shown (BT-138). The amount counts.
    #[serde(default, with = "number::option", skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal>,
}

/// What is taken off the document as a whole (BG-20).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Without tax, in minor units (BT-92).
    pub amount: i64,
    /// Why (BT-97).
    pub reason: String,
    /// The tax category that it lowers (BT-95).
    pub category: Category,
    /// Its rate in percent (BT-96).
    #[serde(with = "number")]
    pub rate: Decimal,
}

/// Days, both inclusive, as the standard counts them: the last is the one before a half-open range ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first (BT-73, BT-134).
    pub first: Date,
    /// The last (BT-74, BT-135).
    pub last: Date,
}
