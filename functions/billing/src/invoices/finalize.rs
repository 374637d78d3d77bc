//! `POST /billing/v1/invoices/{id}/finalize`: taxed, the next number, without a gap; frozen from then on.

use super::{
    Invoice, InvoiceCounter, InvoiceId, InvoiceItem, InvoiceSummary,
    issue::issue,
    prepare::{Prepared, PreviewHash},
};
use crate::tax::TaxSettingsItem;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
    /// The hash of a preview: refused where anything would differ from it.
    #[public]
    preview: Option<PreviewHash>,
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
        "Tax an invoice and give it its number; it is frozen and due from then on",
    )
    .soap("finalizeInvoice")
    .refuses(&[
        codes::BUYER_COUNTRY_MISSING,
        codes::CUSTOMER_ERASED,
        codes::PREVIEW_DIFFERS,
        codes::TAX_RATE_MISSING,
        codes::WRONG_STATE,
    ])
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Key(Purpose::Pii),
        Uses::Post,
    ]);
    type Input = Input;
    type Answer = Invoice;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let counter = Key::of::<InvoiceCounter>(at.tenant, InvoiceCounter::ID);
        let settings = Key::of::<TaxSettingsItem>(at.tenant, TaxSettingsItem::ID);
        vec![at.key::<InvoiceItem>(), counter, settings]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        let prepared = Prepared::of(cx, &old, true).await?;
        prepared.is_as(input.preview.as_ref())?;
        let issued = issue(cx, prepared).await?;
        let next = issued.invoice;
        let (before, after) = (InvoiceSummary::from(&old.item), InvoiceSummary::from(&next));
        let changes = issued.changes.write(cx.replace(&old, &next)?).object(
            next.id.as_str(),
            Some(&before),
            Some(&after),
        );
        let answer = Invoice::with(cx, &next, Some(&issued.texts)).await?;
        Ok(Outcome::changed(answer, changes))
    }
}
