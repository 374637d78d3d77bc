//! When a subscription is looked at, and what has been billed of it.

use super::{SubscriptionItem, bill::BillKind};
use crate::{invoices::InvoiceId, rated::SubscriptionId};
use serde::{Deserialize, Serialize};
use shared::{
    problem::Problem,
    processing::{Basis, Processing, Reach, Subjects},
    record::Record,
    road::Context,
    store::{Item, Listing, Stored, Table, Write},
    time::{Timestamp, rfc3339},
};

/// Shards of the list of what is due: an index key takes 1,000 units a second.
pub const SHARDS: u8 = 8;

/// A shard's list of what is due, soonest first, in the first index.
#[must_use]
pub fn shard(number: u8) -> String {
    format!("due-subscriptions#{number}")
}

/// When a subscription is looked at next, while something will be billed of it.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct DueItem {
    /// The subscription.
    #[public]
    pub id: SubscriptionId,
    /// When: where its invoice could not be made, later than it is due.
    #[public]
    pub look_at: Timestamp,
}

impl Item for DueItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "subscription-due";
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Bill a subscription when it is due",
        Subjects::Customers,
        Basis::Contract,
        "Until the subscription has ended",
        Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        // The last letters of an id are random.
        let last = self.id.as_str().bytes().last().unwrap_or_default();
        Some(Listing {
            list: shard(last % SHARDS),
            sort: format!("{}#{}", rfc3339(self.look_at), self.id),
        })
    }
}

/// What was billed of a subscription at a boundary: there is one of it, whoever bills.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct BilledItem {
    /// The subscription.
    #[public]
    pub subscription: SubscriptionId,
    /// What for.
    #[internal]
    pub kind: BillKind,
    /// The boundary.
    #[public]
    pub boundary: Timestamp,
    /// Which of those of its kind there.
    #[internal]
    pub sequence: u32,
    /// The invoice; none where nothing was owed.
    #[public]
    pub invoice: Option<InvoiceId>,
}

impl Item for BilledItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "subscription-billed";
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Bill nothing of a subscription twice",
        Subjects::Customers,
        Basis::Contract,
        "While the tenant keeps books",
        Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.subscription.as_str()
    }
    fn sort(&self) -> String {
        format!(
            "{}#{}#{}",
            self.kind.name(),
            rfc3339(self.boundary),
            self.sequence
        )
    }
}

/// The write that has a subscription looked at when it is due; none where that is as it was.
///
/// # Errors
/// 500 when it does not encode.
pub fn looks(
    cx: &Context,
    old: Option<&Stored<DueItem>>,
    next: &SubscriptionItem,
) -> Result<Option<Write>, Problem> {
    let at = next.due_at.map(|look_at| DueItem {
        id: next.id.clone(),
        look_at,
    });
    Ok(match (old, at) {
        (None, None) => None,
        (None, Some(due)) => Some(cx.create(&due)?),
        (Some(old), Some(due)) if old.look_at == due.look_at => None,
        (Some(old), Some(due)) => Some(cx.replace(old, &due)?),
        (Some(old), None) => Some(cx.delete(old)),
    })
}
