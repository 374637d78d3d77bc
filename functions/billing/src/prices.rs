//! Prices: what a product costs. A price is archived and never changes otherwise; another amount is another price.

pub mod create;
pub mod list;
pub mod read;
pub mod update;

use crate::{
    amounts::{Quantity, UnitAmount},
    compute::Units,
    products::ProductId,
};
use serde::{Deserialize, Serialize};
use shared::{
    money::Currency,
    record::Record,
    store::{Item, Listing, Table},
    time::Timestamp,
};

shared::id_type!(
    /// A price.
    PriceId, "price"
);

/// The list of every price, in the first index.
pub(crate) const ALL: &str = "prices";

/// The list of a product's prices, in the second index.
pub(crate) fn of_product(product: &str) -> String {
    format!("prices#{product}")
}

/// How a price becomes the amount of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum BillingScheme {
    /// The unit amount once, whatever is used of it.
    Flat,
    /// The unit amount for every unit.
    PerUnit,
}

/// Whether a price is charged once or again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// Once.
    OneOff,
    /// Once every interval.
    Recurring,
}

/// How long one period of a recurring price is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "BillingInterval")]
pub enum Interval {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

/// A price as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PriceItem {
    /// Its id.
    #[public]
    pub id: PriceId,
    /// Of which product.
    #[public]
    pub product: ProductId,
    /// In which currency.
    #[internal]
    pub currency: Currency,
    /// How it becomes an amount.
    #[internal]
    pub billing_scheme: BillingScheme,
    /// What one unit costs, in minor units.
    #[internal]
    pub unit_amount: UnitAmount,
    /// Whether it is charged once or again and again.
    #[internal]
    pub kind: PriceKind,
    /// How often, where it recurs.
    #[internal]
    pub interval: Option<Interval>,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
    /// Since when nothing new is billed at it.
    #[public]
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
}

impl Item for PriceItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "price";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: of_product(self.product.as_str()),
            sort: self.id.to_string(),
        })
    }
}

impl PriceItem {
    /// Whether so many units can be billed at this price.
    ///
    /// # Errors
    /// A fixed reason: a flat price has no units.
    pub fn takes(&self, units: &Units) -> Result<(), &'static str> {
        match self.billing_scheme {
            BillingScheme::Flat if units.whole() != Some(Quantity::ONE) => Err("must be 1 for a flat price"),
            BillingScheme::Flat | BillingScheme::PerUnit => Ok(()),
        }
    }
}

/// A price as answered.
#[derive(Record, Serialize)]
pub struct Price {
    /// Its id.
    #[public]
    pub id: PriceId,
    /// Of which product.
    #[public]
    pub product: ProductId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// How it becomes an amount.
    #[internal]
    pub billing_scheme: BillingScheme,
    /// What one unit costs, in minor units.
    #[internal]
    pub unit_amount: UnitAmount,
    /// Whether it is charged once or again and again.
    #[internal]
    pub kind: PriceKind,
    /// How often, where it recurs.
    #[internal]
    pub interval: Option<Interval>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
    /// Since when nothing new is billed at it.
    #[public]
    pub archived_at: Option<shared::time::Instant>,
}

impl From<&PriceItem> for Price {
    fn from(item: &PriceItem) -> Self {
        Self {
            id: item.id.clone(),
            product: item.product.clone(),
            currency: item.currency,
            billing_scheme: item.billing_scheme,
            unit_amount: item.unit_amount.clone(),
            kind: item.kind,
            interval: item.interval,
            created_at: shared::time::Instant::from(item.created_at),
            archived_at: item.archived_at.map(shared::time::Instant::from),
        }
    }
}
