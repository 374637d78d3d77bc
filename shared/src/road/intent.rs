//! Intents: what an effect endpoint committed before it called out.

use super::idempotency::Kept;
use crate::{
    kernel::record::Record,
    store::{Item, Listing, Table},
};
use serde::{Deserialize, Serialize};

/// The list of a tenant's open intents.
pub const INTENTS: &str = "intents";

/// An intent as kept, until its outcome is committed.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct IntentItem {
    /// Its id.
    #[public]
    pub id: String,
    /// The function that will conclude it.
    #[public]
    pub function: String,
    /// Who asked: `usr_…` or `cli_…`.
    #[public]
    pub actor: String,
    /// What it is about: ids and amounts, as JSON text.
    #[internal]
    pub data: String,
    /// Its idempotency slot, as JSON text.
    #[internal]
    pub slot: Option<String>,
    /// Masked request, for the entry of its outcome.
    #[internal]
    pub request: Option<String>,
    /// `traceparent` of the call.
    #[public]
    #[serde(default)]
    pub trace: Option<String>,
    /// Unix seconds.
    #[public]
    pub created_at: i64,
    /// Region that owns it.
    #[public]
    pub region: String,
}

impl IntentItem {
    pub(crate) fn kept(&self) -> Option<Kept> {
        self.slot.as_deref().and_then(|s| serde_json::from_str(s).ok())
    }
}

impl Item for IntentItem {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "intent";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Finish calls of the payment provider that were cut off",
            crate::store::processing::Subjects::Customers,
            crate::store::processing::Basis::Contract,
            "Until the call is finished",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        &self.id
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: INTENTS.into(),
            sort: self.id.clone(),
        })
    }
}
