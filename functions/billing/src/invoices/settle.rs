//! What a payment's outcome changes about its invoice, whether it is known at once or found out later.

use super::{AttemptStatus, InvoiceId, InvoiceItem, InvoiceSummary};
use payments::payments::{PaymentId, PaymentItem};
use serde::{Deserialize, Serialize};
use shared::{
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Event, Item, Listing, Stored, Table},
    time::Timestamp,
};

/// The list of a tenant's awaited payments, in the first index.
pub const AWAITED: &str = "awaited-payments";

/// An invoice whose payment has no outcome yet, until it has one.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct AwaitedPayment {
    /// The payment.
    #[public]
    pub id: PaymentId,
    /// The invoice that waits for it.
    #[public]
    pub invoice: InvoiceId,
    /// Since when.
    #[public]
    pub since: Timestamp,
    /// The region that looks after it.
    #[public]
    pub region: String,
}

impl Item for AwaitedPayment {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "awaited-payment";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Settle an invoice whose payment has no outcome yet",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::Contract,
        "Until the payment has its outcome",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: AWAITED.into(),
            sort: self.id.to_string(),
        })
    }
}

/// The event that tells how an invoice's payment ended, while it has ended.
fn event(next: &InvoiceItem) -> Option<&'static str> {
    match next.payment.as_ref()?.status {
        AttemptStatus::Succeeded => Some("invoice.paid"),
        AttemptStatus::Failed => Some("invoice.payment_failed"),
        AttemptStatus::Pending => None,
    }
}

/// Adds to `changes` what a payment means for its invoice, which is `old` in the store and `reserved` for the
/// payment (the same, once the intent has been committed). A payment without an outcome is awaited from now on.
///
/// # Errors
/// 409 when the invoice does not wait for this payment, 500 when an item does not encode.
pub fn settle(
    cx: &Context,
    old: &Stored<InvoiceItem>,
    reserved: &InvoiceItem,
    payment: &PaymentItem,
    mut changes: Changes,
) -> Result<(InvoiceItem, Changes), Problem> {
    let next = reserved.settled(payment, cx.now())?;
    if next != old.item {
        changes = changes.write(cx.replace(old, &next)?);
    }
    let (before, after) = (InvoiceSummary::from(&old.item), InvoiceSummary::from(&next));
    let id = next.id.as_str();
    changes = match event(&next) {
        Some(kind) => changes.event(Event::about(kind, id, &after).of(&next)),
        None => changes.write(cx.create(&AwaitedPayment {
            id: payment.id.clone(),
            invoice: next.id.clone(),
            since: cx.now(),
            region: cx.app().config.region.clone(),
        })?),
    };
    let changes = changes.object(id, Some(&before), Some(&after));
    Ok((next, changes))
}

/// The changes that settle an invoice whose payment was awaited; `None` while it still has no outcome.
///
/// # Errors
/// As [`settle`].
pub fn arrived(
    cx: &Context,
    awaited: &Stored<AwaitedPayment>,
    old: &Stored<InvoiceItem>,
    payment: &PaymentItem,
) -> Result<Option<Changes>, Problem> {
    let next = old.settled(payment, cx.now())?;
    let Some(kind) = event(&next) else {
        return Ok(None);
    };
    let (before, after) = (InvoiceSummary::from(&old.item), InvoiceSummary::from(&next));
    let id = next.id.as_str();
    Ok(Some(
        Changes::new()
            .write(cx.replace(old, &next)?)
            .write(cx.delete(awaited))
            .event(Event::about(kind, id, &after).of(&next))
            .object(id, Some(&before), Some(&after)),
    ))
}
