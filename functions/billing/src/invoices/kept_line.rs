//! A line of an invoice, as it is kept.

use crate::{
    amounts::{Quantity, UnitAmount},
    compute::Units,
    prices::PriceId,
    products::ProductId,
    rated::Rated,
    tax::{Supply, TaxClass, settings::Sold},
};
use payments::payments::PaymentId;
use serde::{Deserialize, Serialize};
use shared::{record::Record, text::Line};

/// A line as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct KeptLine {
    /// What the line is about, as it was kept before texts were sealed.
    #[internal]
    #[serde(default)]
    pub description: Option<Line>,
    /// How many units, where that is a whole number from 1.
    #[internal]
    pub quantity: Quantity,
    /// How many units, where that is none.
    #[internal]
    #[serde(default)]
    pub quantity_decimal: Option<Units>,
    /// What one unit costs, in minor units.
    #[internal]
    pub unit_amount: UnitAmount,
    /// What the line costs, in minor units, rounded once and half away from zero.
    #[internal]
    pub amount: i64,
    /// The price that it was made from.
    #[public]
    pub price: Option<PriceId>,
    /// The payment that it is about.
    #[public]
    pub payment: Option<PaymentId>,
    /// The product of the price.
    #[public]
    #[serde(default)]
    pub product: Option<ProductId>,
    /// What it is taxed with.
    #[internal]
    #[serde(default)]
    pub tax_category: Option<TaxClass>,
    /// Services or goods.
    #[internal]
    #[serde(default)]
    pub supply: Option<Supply>,
    /// What discounts take off, in minor units.
    #[internal]
    #[serde(default)]
    pub discount: i64,
    /// Its net, discounts taken off; before tax is known, what it costs.
    #[internal]
    #[serde(default)]
    pub net: Option<i64>,
    /// The place of its tax among those of the invoice, once it is issued.
    #[internal]
    #[serde(default)]
    pub tax: Option<u32>,
    /// How much of the net credit notes have taken back.
    #[internal]
    #[serde(default)]
    pub credited: i64,
    /// How it came about, where it is no plain product of quantity and unit amount.
    #[nested]
    #[serde(default)]
    pub rated: Option<Rated>,
}

impl KeptLine {
    /// A line of so many units.
    #[must_use]
    pub fn new(units: Units, unit_amount: UnitAmount, amount: i64) -> Self {
        let whole = units.whole();
        Self {
            description: None,
            quantity: whole.unwrap_or(Quantity::ONE),
            quantity_decimal: whole.is_none().then_some(units),
            unit_amount,
            amount,
            price: None,
            payment: None,
            product: None,
            tax_category: None,
            supply: None,
            discount: 0,
            net: None,
            tax: None,
            credited: 0,
            rated: None,
        }
    }

    /// How many units.
    #[must_use]
    pub fn units(&self) -> Units {
        self.quantity_decimal
            .clone()
            .unwrap_or_else(|| self.quantity.into())
    }

    /// What it is taxed by.
    #[must_use]
    pub fn sold(&self) -> Sold {
        Sold {
            class: self.tax_category.clone().unwrap_or_else(TaxClass::standard),
            supply: self.supply.unwrap_or_default(),
        }
    }
}
