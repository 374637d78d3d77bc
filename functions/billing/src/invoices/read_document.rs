//! `GET /billing/v1/invoices/{id}/document`: the document of an issued invoice, and with `format` one of its forms.

use super::{InvoiceId, InvoiceItem, InvoiceStatus};
use crate::legal::{Format, IssuedDocument, shown};
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
    /// The form to read; none tells which there are.
    #[public]
    format: Option<Format>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_invoice_document",
        methods::get,
        "/billing/v1/invoices/{id}/document",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Sensitive,
        "Read the document of an issued invoice: PDF, page or e-invoice, as it was rendered once",
    )
    .refuses(&[
        codes::EINVOICE_NOT_POSSIBLE,
        codes::NO_DOCUMENT,
        codes::WRONG_STATE,
    ])
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Pii)])
    .memory(512);
    type Input = Input;
    type Answer = shown::LegalDocument;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<InvoiceItem>(), at.key::<IssuedDocument>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Self::Answer>, Problem> {
        let invoice = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        if invoice.status == InvoiceStatus::Draft {
            return Err(invoice.refused("A draft has no document."));
        }
        shown::document(cx, input.id.as_str(), input.format).await
    }
}
