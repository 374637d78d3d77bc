//! How much a payment may be, and how many an hour. A tenant may set its own.

use crate::Subject;
use serde::{Deserialize, Serialize};
use shared::{
    money::Currency,
    record::Record,
    store::{Item, Table},
};
use std::collections::BTreeMap;

/// The id of a tenant's only settings item.
pub const ID: &str = "-";

/// Major units of one payment, in a currency that has no limit of its own.
const MAJOR_UNITS: i64 = 1_000;

/// The limits that payments are screened against.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Largest payment in minor units, by currency; 1,000 major units in every other.
    #[internal]
    pub amounts: BTreeMap<String, i64>,
    /// Payments of one card an hour.
    #[internal]
    pub card_per_hour: i64,
    /// Payments of one customer an hour.
    #[internal]
    pub customer_per_hour: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            amounts: BTreeMap::new(),
            card_per_hour: 20,
            customer_per_hour: 30,
        }
    }
}

impl Limits {
    /// The largest payment in minor units.
    #[must_use]
    pub fn amount(&self, currency: Currency) -> i64 {
        let shipped = || MAJOR_UNITS.saturating_mul(10i64.saturating_pow(currency.exponent()));
        self.amounts.get(currency.code()).copied().unwrap_or_else(shipped)
    }

    /// Payments an hour.
    #[must_use]
    pub const fn per_hour(&self, subject: &Subject) -> i64 {
        match subject {
            Subject::Customer(_) => self.customer_per_hour,
            Subject::Card(_) => self.card_per_hour,
        }
    }
}

/// A tenant's own limits.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RiskLimits {
    /// The limits.
    #[nested]
    pub limits: Limits,
}

impl Item for RiskLimits {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-limits";
    fn id(&self) -> &str {
        ID
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_amount_follows_the_exponent() {
        let own = BTreeMap::from([("USD".to_owned(), 5)]);
        let limits = Limits {
            amounts: own,
            ..Limits::default()
        };
        for (code, minor) in [
            ("JPY", 1_000),
            ("EUR", 100_000),
            ("KWD", 1_000_000),
            ("CLF", 10_000_000),
            ("USD", 5),
        ] {
            assert_eq!(limits.amount(code.parse().unwrap()), minor, "{code}");
        }
    }

    #[test]
    fn what_a_tenant_leaves_out_is_as_shipped() {
        let some: Limits = serde_json::from_str(r#"{"card_per_hour": 3}"#).unwrap();
        assert_eq!(
            some,
            Limits {
                card_per_hour: 3,
                ..Limits::default()
            }
        );
    }
}
