//! How much a payment may be, and how many an hour: what rules say, looked up by what a screen asks.

use crate::Subject;
use std::collections::BTreeMap;

/// A limit, and the rule that it comes from.
pub type Of = (String, i64);

/// The limits that payments are screened against. What none limits is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Largest payment in minor units, by currency.
    pub amounts: BTreeMap<String, Of>,
    /// Payments of one card an hour.
    pub card_per_hour: Option<Of>,
    /// Payments of one customer an hour.
    pub customer_per_hour: Option<Of>,
}

impl Limits {
    /// The largest payment in a currency.
    #[must_use]
    pub fn amount(&self, currency: shared::money::Currency) -> Option<&Of> {
        self.amounts.get(currency.code())
    }

    /// Payments an hour.
    #[must_use]
    pub const fn per_hour(&self, subject: &Subject) -> Option<&Of> {
        match subject {
            Subject::Customer(_) => self.customer_per_hour.as_ref(),
            Subject::Card(_) => self.card_per_hour.as_ref(),
        }
    }
}
