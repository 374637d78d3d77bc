//! Billing a boundary: its invoice and the subscription in one transaction, which nobody can make twice.

use super::{Subscription, SubscriptionItem, SubscriptionStatus, bill::Bill, due::BilledItem};
use crate::invoices::{InvoiceId, InvoiceSummary, issue::issue, prepare::Found};
use shared::{
    crypto::SubjectCipher,
    problem::Problem,
    road::Context,
    store::{Changes, Event, Stored},
};

/// What changes as a boundary is billed, and the invoice that is made; but when it is looked at next.
///
/// # Errors
/// 409 when it cannot be taxed; 422 when an amount is too large; 500, 503.
pub async fn billed(
    cx: &Context,
    old: &Stored<SubscriptionItem>,
    bill: &Bill,
    cipher: &SubjectCipher,
    found: Found,
) -> Result<(Changes, Option<InvoiceId>), Problem> {
    let id = old.id.as_str();
    let (changes, invoice) = match bill.draft(cipher, cx.now())? {
        None => (Changes::new(), None),
        Some(draft) if bill.issues() => {
            let issued = issue(cx, found.prepare(cx, &draft).await?).await?;
            let changes = issued.changes.write(cx.create(&issued.invoice)?);
            (changes, Some(issued.invoice.id))
        }
        Some(draft) => {
            let told = InvoiceSummary::from(&draft);
            let created = Event::about("invoice.created", draft.id.as_str(), &told).of(&draft);
            let changes = Changes::new().write(cx.create(&draft)?).event(created);
            (changes, Some(draft.id))
        }
    };
    let (before, after) = (Subscription::from(&old.item), Subscription::from(&bill.next));
    let kind = match bill.next.status {
        SubscriptionStatus::Canceled if old.status != SubscriptionStatus::Canceled => "subscription.canceled",
        _ => "subscription.updated",
    };
    let once = BilledItem {
        subscription: old.id.clone(),
        kind: bill.kind,
        boundary: bill.boundary,
        sequence: 1,
        invoice: invoice.clone(),
    };
    let mut changes = changes
        .write(cx.replace(old, &bill.next)?)
        .write(cx.create(&once)?)
        .event(Event::about(kind, id, &after).of(&bill.next))
        .object(id, Some(&before), Some(&after));
    changes.writes.extend(bill.counted.writes(cx)?);
    Ok((changes, invoice))
}
