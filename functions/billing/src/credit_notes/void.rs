//! `POST /billing/v1/invoices/{id}/void`: takes an unpaid invoice back as a whole, by its credit note in the same transaction.

use super::{Asked, Destination, Issue};
use crate::{
    invoices::{Invoice, InvoiceId, InvoiceItem, InvoiceStatus, InvoiceSummary},
    tax::TaxSettingsItem,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
    text::Line,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
    /// Why.
    #[personal]
    reason: Option<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Void;

impl Endpoint for Void {
    const DECLARATION: Declaration = Declaration::new(
        "void_invoice",
        methods::post,
        "/billing/v1/invoices/{id}/void",
        Access::Right(&rbac::INVOICE_VOID),
        Audit::Alert,
        "Take an unpaid invoice back: its full credit note is issued with it, and credit that it used is given back",
    )
    .soap("voidInvoice")
    .refuses(&[
        codes::PAYMENT_PENDING,
        codes::TOO_MANY_GRANTS,
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
        let mut keys = Issue::ahead(at.tenant);
        keys.push(at.key::<InvoiceItem>());
        keys
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        if old.status != InvoiceStatus::Open || old.paid() != 0 {
            let text =
                "Only an open invoice of which nothing has been paid can be voided; credit it instead.";
            return Err(old.refused(text));
        }
        let asked = Asked {
            lines: None,
            to: Destination::Wallet,
            reason: input.reason,
            voids: true,
        };
        let settings = cx.find::<TaxSettingsItem>(TaxSettingsItem::ID).await?;
        let settings = settings.as_ref().map(|set| &set.item);
        let issued = Issue::of(cx, &old, settings, asked).await?;
        let (before, after) = (
            InvoiceSummary::from(&old.item),
            InvoiceSummary::from(&issued.invoice),
        );
        let id = issued.invoice.id.as_str();
        let changes = issued.changes.object(id, Some(&before), Some(&after));
        let answer = Invoice::with(cx, &issued.invoice, issued.texts.as_ref()).await?;
        Ok(Outcome::changed(answer, changes))
    }
}
