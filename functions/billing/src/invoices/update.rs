//! `PATCH /billing/v1/invoices/{id}`: changes a draft.

use super::{
    Invoice, InvoiceId, InvoiceItem, InvoiceSummary,
    discounts::{self, DiscountInput},
    lines::{LineInput, take},
    texts::Texts,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    metadata::{Metadata, MetadataChange},
    money::Currency,
    problem::{Problem, codes},
    rbac,
    record::{Patch, Record},
    road::Context,
    store::{Changes, Event, Key, Table},
    text::{Line, Reference},
};

/// What comes in. What is left out stays as it is; null clears what may be empty.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"memo": "Thank you", "reference": null}"#)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
    /// In which currency (ISO 4217); its lines come with it.
    #[internal]
    currency: Option<Currency>,
    /// What for: 1 to 100 lines, in place of those that are there.
    #[nested]
    lines: Option<Vec<LineInput>>,
    /// What is taken off, in place of the discounts that are there.
    #[nested]
    #[record(length(max = 20))]
    discounts: Option<Vec<DiscountInput>>,
    /// A line for the customer.
    #[personal]
    memo: Patch<Line>,
    /// The tenant's own reference.
    #[personal]
    reference: Patch<Reference>,
    /// The customer's purchase order.
    #[personal]
    purchase_order: Patch<Line>,
    /// Days that the customer has to pay.
    #[internal]
    #[record(range(min = 0, max = 365))]
    due_days: Patch<u16>,
    /// What of its metadata changes: null removes a key, and what is not named stays; null for all of it removes all.
    #[personal]
    metadata: Patch<MetadataChange>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_invoice",
        methods::patch,
        "/billing/v1/invoices/{id}",
        Access::Right(&rbac::INVOICE_WRITE),
        Audit::Change,
        "Change the draft of an invoice",
    )
    .refuses(&[codes::CUSTOMER_ERASED, codes::WRONG_STATE])
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Read(Table::Payments),
        Uses::Key(Purpose::Index),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Invoice;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<InvoiceItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        old.changeable()?;
        let mut next = old.item.clone();
        if input.currency.is_some_and(|currency| currency != old.currency) && input.lines.is_none() {
            return Err(Problem::invalid("/lines", "must come with another currency"));
        }
        next.currency = input.currency.unwrap_or(next.currency);
        let customer = old.customer.as_str();
        let lines = match input.lines {
            Some(lines) => Some(take(cx, &old.customer, next.currency, lines).await?),
            None => None,
        };
        let id = old.id.as_str();
        let cipher = cx.customer_cipher(customer).await?;
        let mut texts = Texts::open(&cipher, &old)?.unwrap_or_default();
        if let Some((lines, described)) = lines {
            (next.lines, texts.lines) = (lines, described);
        }
        if let Some(given) = input.discounts {
            (next.discounts, texts.discounts) = discounts::take(given)?;
        }
        texts.memo = input.memo.after(texts.memo);
        texts.reference = input.reference.after(texts.reference);
        texts.purchase_order = input.purchase_order.after(texts.purchase_order);
        next.due_days = input.due_days.after(next.due_days);
        next.texts = Some(texts.sealed(&cipher, id)?);
        // What stood there in clear is sealed with the rest.
        next.forget_in_clear();
        next.added_up()?;
        match input.metadata {
            Patch::Keep => {}
            Patch::Clear => next.metadata = None,
            Patch::Set(change) => {
                let known = Metadata::opened::<InvoiceItem>(cx, customer, id, old.metadata.as_ref()).await?;
                let metadata = change.applied(known.unwrap_or_default())?;
                next.metadata = Metadata::about::<InvoiceItem>(Some(&metadata), cx, customer, id).await?;
            }
        }
        let (before, after) = (InvoiceSummary::from(&old.item), InvoiceSummary::from(&next));
        let changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .event(Event::about("invoice.updated", id, &after))
            .object(id, Some(&before), Some(&after));
        Ok(Outcome::changed(
            Invoice::with(cx, &next, Some(&texts)).await?,
            changes,
        ))
    }
}
