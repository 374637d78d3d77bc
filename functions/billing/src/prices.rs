//! Prices: what a product costs. A price is archived and never changes otherwise; another amount is another price.

pub mod create;
pub mod list;
pub mod read;
pub mod update;

use crate::{
    amounts::{Quantity, UnitAmount},
    compute::Units,
    meters::{MeterAggregation, MeterId},
    products::ProductId,
};
use rating::{Aggregation, Model, Number, Tier, Wrong};
use serde::{Deserialize, Serialize};
use shared::{
    metadata::MetadataKey,
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
    /// Each unit at the amount of the tier that it falls into, and the flat amount of every tier entered.
    Graduated,
    /// Every unit at the amount of the tier that the quantity falls into, and its flat amount.
    Volume,
    /// The unit amount for every package begun.
    Package,
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
    /// Three months.
    Quarter,
    /// Six months.
    HalfYear,
    /// A year.
    Year,
}

impl Interval {
    /// As periods are computed with it.
    #[must_use]
    pub const fn unit(self) -> rating::Unit {
        match self {
            Self::Day => rating::Unit::Day,
            Self::Week => rating::Unit::Week,
            Self::Month => rating::Unit::Month,
            Self::Quarter => rating::Unit::Quarter,
            Self::HalfYear => rating::Unit::HalfYear,
            Self::Year => rating::Unit::Year,
        }
    }
}

/// A tier of a price: quantities up to and including its end.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[serde(deny_unknown_fields)]
pub struct PriceTier {
    /// The last quantity of it; the last tier has none.
    #[internal]
    #[serde(default)]
    pub up_to: Option<Units>,
    /// What one unit costs, in minor units.
    #[internal]
    pub unit_amount: UnitAmount,
    /// What entering it costs, in minor units; nothing when absent. The first is entered at nothing.
    #[internal]
    #[serde(default)]
    pub flat_amount: Option<UnitAmount>,
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
    /// What one unit costs, or a package of them, in minor units; of tiers, one unit of the first.
    #[internal]
    pub unit_amount: UnitAmount,
    /// Its tiers, where it has some.
    #[nested]
    #[serde(default)]
    pub tiers: Vec<PriceTier>,
    /// How many units a package holds, where it is of packages.
    #[internal]
    #[serde(default)]
    pub package_size: Option<Units>,
    /// How many units are free before the first package.
    #[internal]
    #[serde(default)]
    pub free_units: Option<Units>,
    /// Whether it is charged once or again and again.
    #[internal]
    pub kind: PriceKind,
    /// How often, where it recurs.
    #[internal]
    pub interval: Option<Interval>,
    /// How many of them make a period; one when absent.
    #[internal]
    #[serde(default)]
    pub interval_count: Option<u16>,
    /// The meter whose usage it is for; none where subscriptions say how many units.
    #[public]
    #[serde(default)]
    pub meter: Option<MeterId>,
    /// How that meter counts.
    #[internal]
    #[serde(default)]
    pub aggregation: Option<MeterAggregation>,
    /// The property of an event that holds its value, where one does.
    #[internal]
    #[serde(default)]
    pub value_property: Option<MetadataKey>,
    /// How many hours after a period its late events are still billed with it.
    #[internal]
    #[serde(default)]
    pub usage_grace_hours: Option<u16>,
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
            BillingScheme::Graduated | BillingScheme::Volume | BillingScheme::Package
                if units.as_str().starts_with('-') =>
            {
                Err("must not be negative for this price")
            }
            _ => Ok(()),
        }
    }

    /// How it becomes an amount.
    ///
    /// # Errors
    /// A fixed reason, which nothing that was accepted meets.
    pub fn model(&self) -> Result<Model, &'static str> {
        let number = |text: &str| Number::parse(text).map_err(Wrong::reason);
        let tier = |tier: &PriceTier| {
            let end = tier.up_to.as_ref().map(|end| number(end.as_str()));
            Ok(Tier {
                up_to: end.transpose()?,
                unit_amount: number(tier.unit_amount.as_str())?,
                flat_amount: number(tier.flat_amount.as_ref().map_or("0", UnitAmount::as_str))?,
            })
        };
        let tiers = || {
            self.tiers
                .iter()
                .map(tier)
                .collect::<Result<Vec<_>, &'static str>>()
        };
        let amount = number(self.unit_amount.as_str())?;
        let units = |units: &Option<Units>| number(units.as_ref().map_or("0", Units::as_str));
        let model = match self.billing_scheme {
            BillingScheme::Flat => Model::Flat(amount),
            BillingScheme::PerUnit => Model::PerUnit(amount),
            BillingScheme::Graduated => Model::Graduated(tiers()?),
            BillingScheme::Volume => Model::Volume(tiers()?),
            BillingScheme::Package => Model::Package {
                amount,
                size: units(&self.package_size)?,
                free: units(&self.free_units)?,
            },
        };
        model.check().map_err(Wrong::reason)?;
        Ok(model)
    }

    /// The meter whose usage it is for, and how that counts.
    #[must_use]
    pub fn metered(&self) -> Option<(&MeterId, Aggregation)> {
        Some((self.meter.as_ref()?, self.aggregation?.into()))
    }

    /// How many hours after a period its late events are still billed with it.
    #[must_use]
    pub fn grace_hours(&self) -> u16 {
        self.usage_grace_hours.unwrap_or_default()
    }

    /// How long its periods are; none where it does not recur.
    #[must_use]
    pub fn recurs(&self) -> Option<(Interval, u16)> {
        Some((self.interval?, self.interval_count.unwrap_or(1)))
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
    /// What one unit costs, or a package of them, in minor units; of tiers, one unit of the first.
    #[internal]
    pub unit_amount: UnitAmount,
    /// Its tiers, where it has some.
    #[nested]
    pub tiers: Vec<PriceTier>,
    /// How many units a package holds, where it is of packages.
    #[internal]
    pub package_size: Option<Units>,
    /// How many units are free before the first package.
    #[internal]
    pub free_units: Option<Units>,
    /// Whether it is charged once or again and again.
    #[internal]
    pub kind: PriceKind,
    /// How often, where it recurs.
    #[internal]
    pub interval: Option<Interval>,
    /// How many of them make a period, where it recurs.
    #[internal]
    pub interval_count: Option<u16>,
    /// The meter whose usage it is for, which is billed when a period has ended; none where subscriptions say how many units.
    #[public]
    pub meter: Option<MeterId>,
    /// How many hours after a period its late events are still billed with it, where it has a meter.
    #[internal]
    pub usage_grace_hours: Option<u16>,
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
            tiers: item.tiers.clone(),
            package_size: item.package_size.clone(),
            free_units: item.free_units.clone(),
            kind: item.kind,
            interval: item.interval,
            interval_count: item.recurs().map(|(_, count)| count),
            usage_grace_hours: item.metered().map(|_| item.grace_hours()),
            meter: item.meter.clone(),
            created_at: shared::time::Instant::from(item.created_at),
            archived_at: item.archived_at.map(shared::time::Instant::from),
        }
    }
}
