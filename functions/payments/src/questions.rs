//! Open questions: orders whose outcome the provider never told. They are asked for, and never placed again.

use crate::{names::by_age, provider::Order};
use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    road::Context,
    store::{Item, Listing, Table},
    time::Timestamp,
};

/// The list of a tenant's open questions, in the first index.
pub const OPEN: &str = "open-questions";

/// A question as kept, until it is answered.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct OpenQuestion {
    /// The order's key.
    #[internal]
    pub id: String,
    /// The order.
    #[nested]
    pub order: Order,
    /// Since when it is open.
    #[public]
    pub asked_at: Timestamp,
    /// The region that asks.
    #[public]
    pub region: String,
}

impl Item for OpenQuestion {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "open-question";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Ask the payment provider for outcomes that it has not told",
            shared::processing::Subjects::Customers,
            shared::processing::Basis::Contract,
            "Until the outcome is known",
            shared::processing::Reach::Nothing,
        )
        .recipients(&["payment provider"]),
    );
    fn id(&self) -> &str {
        &self.id
    }
    fn listing(&self) -> Option<Listing> {
        let sort = by_age(self.asked_at, &self.id);
        Some(Listing {
            list: OPEN.into(),
            sort,
        })
    }
}

impl OpenQuestion {
    /// The question about an order.
    #[must_use]
    pub fn about(cx: &Context, order: &Order) -> Self {
        Self {
            id: order.key.clone(),
            order: order.clone(),
            asked_at: cx.now(),
            region: cx.app().config.region.clone(),
        }
    }
}
