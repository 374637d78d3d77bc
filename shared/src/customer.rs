//! What every service may know of a customer: that there is one. The rest is billing's own.

use crate::{
    ids::CustomerId,
    record::Record,
    store::{Item, Table},
};
use serde::{Deserialize, Serialize};

/// The part of a customer that other services read. It is never written; billing keeps the whole item.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct CustomerRef {
    /// Its id.
    #[public]
    pub id: CustomerId,
}

impl Item for CustomerRef {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "customer";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}
