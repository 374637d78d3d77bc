//! What every service may know of a customer: that there is one, and whether it may be worked with. The rest is billing's own.

use crate::{
    kernel::{ids::CustomerId, problem::Problem, record::Record, time::Timestamp},
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
    /// Since when their data is kept only (GDPR art. 18).
    #[public]
    #[serde(default)]
    pub restricted_at: Option<Timestamp>,
    /// When they were erased (GDPR art. 17).
    #[public]
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
}

impl CustomerRef {
    /// Whether anything may be done with their data but keeping it: the one check of everybody who does.
    ///
    /// # Errors
    /// 409 `customer_erased` or `processing_restricted`.
    pub fn may_be_processed(&self) -> Result<(), Problem> {
        if self.erased_at.is_some() {
            return Err(Problem::conflict(
                "customer_erased",
                "This customer has been erased.",
            ));
        }
        if self.restricted_at.is_some() {
            let text = "Processing of this customer's data is restricted (GDPR art. 18).";
            return Err(Problem::conflict("processing_restricted", text));
        }
        Ok(())
    }
}

impl Item for CustomerRef {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "customer";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}
