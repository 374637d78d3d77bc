//! Months whose books are closed.

pub mod close;

use crate::months::Month;
use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Table},
    time::Timestamp,
};

/// A closed month: since when, and where the books stood then.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PeriodItem {
    /// The month.
    #[public]
    pub id: Month,
    /// Since when it is closed.
    #[public]
    pub closed_at: Timestamp,
    /// Entries in the books then.
    #[public]
    pub number: u64,
    /// The digest of their ids.
    #[public]
    pub chain: String,
}

impl Item for PeriodItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "period";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}
