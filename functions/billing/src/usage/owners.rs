//! Whom usage is of: what must be known of a subscription to count for it.

use crate::rated::SubscriptionId;
use serde::{Deserialize, Serialize};
use shared::{
    ids::CustomerId,
    record::Record,
    store::{Item, Table},
};

/// The part of a subscription that says whose it is. It is never written.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SubscriptionRef {
    /// Its id.
    #[public]
    pub id: SubscriptionId,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
}

impl Item for SubscriptionRef {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "subscription";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}
