//! The deny list: customers and cards that pay nothing here.

use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Table},
    text::Line,
    time::Timestamp,
};

/// A line of the deny list.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct DenyItem {
    /// `customer#<id>` or `card#<tag of the fingerprint>`.
    #[internal]
    pub id: String,
    /// Why.
    #[internal]
    pub reason: Option<Line>,
    /// Since when.
    #[public]
    pub created_at: Timestamp,
}

impl Item for DenyItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "deny";
    fn id(&self) -> &str {
        &self.id
    }
}
