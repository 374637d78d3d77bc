//! Events on their way to webhooks.

use crate::{
    kernel::{
        ids::{EventId, TenantId},
        record::Record,
        time::Timestamp,
    },
    store::{Item, Listing, Table},
};
use serde::{Deserialize, Serialize};

/// The list of a table's outbox records.
pub const OUTBOX: &str = "outbox";

/// An event on its way to webhooks; the dispatcher reads it from the stream.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct OutboxItem {
    /// Its id.
    #[public]
    pub id: EventId,
    /// Whose.
    #[public]
    pub tenant: TenantId,
    /// `<noun>.<past participle>`.
    #[public]
    pub kind: String,
    /// When it happened.
    #[public]
    pub occurred_at: Timestamp,
    /// Masked data, as JSON text.
    #[internal]
    pub data: String,
    /// What filters look at when it is decided who may be told, as JSON text.
    #[internal]
    #[serde(default)]
    pub attributes: Option<String>,
    /// `traceparent` of the call.
    #[public]
    pub trace: Option<String>,
    /// Region that made it; only its own dispatcher acts on it.
    #[public]
    pub region: String,
}

impl Item for OutboxItem {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "outbox";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Hand events to webhooks; personal data is masked",
            crate::store::processing::Subjects::Customers,
            crate::store::processing::Basis::LegitimateInterest,
            "7 days",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: OUTBOX.into(),
            sort: self.id.to_string(),
        })
    }
    fn expires(&self) -> Option<i64> {
        Some(self.occurred_at.as_second() + 7 * 24 * 3600)
    }
}
