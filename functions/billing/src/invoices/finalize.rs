//! `POST /billing/v1/invoices/{id}/finalize`: the next number, without a gap; frozen from then on.

use super::{Invoice, InvoiceCounter, InvoiceId, InvoiceItem, InvoiceStatus, InvoiceSummary, books};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Finalize;

impl Endpoint for Finalize {
    const DECLARATION: Declaration = Declaration::new(
        "finalize_invoice",
        methods::post,
        "/billing/v1/invoices/{id}/finalize",
        Access::Right(&rbac::INVOICE_FINALIZE),
        Audit::Change,
        "Give an invoice its number; it is frozen and due from then on",
    )
    .soap("finalizeInvoice")
    .refuses(&[codes::WRONG_STATE])
    .uses(&[Uses::Post, Uses::Write(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Invoice;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let counter = Key::of::<InvoiceCounter>(at.tenant, InvoiceCounter::ID);
        vec![at.key::<InvoiceItem>(), counter]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        let counter = cx.find::<InvoiceCounter>(InvoiceCounter::ID).await?;
        let last = counter.as_ref().map_or(0, |counter| counter.last);
        let number = last
            .checked_add(1)
            .ok_or_else(|| Problem::internal("the invoice numbers have run out"))?;
        let next = old.finalized(number, cx.now())?;
        // The counter moves with the invoice or not at all, so no number is lost and none is given twice.
        let moved = InvoiceCounter { last: number };
        let count = match &counter {
            Some(counter) => cx.replace(counter, &moved)?,
            None => cx.create(&moved)?,
        };
        let (before, after) = (InvoiceSummary::from(&old.item), InvoiceSummary::from(&next));
        let id = next.id.as_str();
        let mut changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .write(count)
            .event(Event::about("invoice.finalized", id, &after).of(&next));
        if next.status == InvoiceStatus::Paid {
            changes = changes.event(Event::about("invoice.paid", id, &after).of(&next));
        }
        let changes = changes.object(id, Some(&before), Some(&after));
        let changes = ledger::post(cx, changes, books::finalized(&next)).await?;
        Ok(Outcome::changed(Invoice::shown(cx, &next).await?, changes))
    }
}
