//! Purges: entries past retention are removed; their leaf hashes stay, so every remaining proof stays valid.

use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Table},
};

/// Up to where the entries of a region may be gone.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct FloorItem {
    /// The region.
    #[public]
    pub id: String,
    /// Entries below this id have been purged, or are being purged.
    #[public]
    pub below: String,
}

impl Item for FloorItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "audit-floor";
    fn id(&self) -> &str {
        &self.id
    }
}
