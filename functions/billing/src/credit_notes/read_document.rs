//! `GET /billing/v1/credit-notes/{id}/document`: the document of a credit note, and with `format` one of its forms.

use super::{CreditNoteId, CreditNoteItem};
use crate::legal::{Format, IssuedDocument, shown};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Item, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The credit note.
    #[public]
    id: CreditNoteId,
    /// The form to read; none tells which there are.
    #[public]
    format: Option<Format>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_credit_note_document",
        methods::get,
        "/billing/v1/credit-notes/{id}/document",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Sensitive,
        "Read the document of a credit note: PDF, page or e-invoice, as it was rendered once",
    )
    .refuses(&[codes::EINVOICE_NOT_POSSIBLE, codes::NO_DOCUMENT])
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Pii)])
    .memory(512);
    type Input = Input;
    type Answer = shown::LegalDocument;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CreditNoteItem>(), at.key::<IssuedDocument>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Self::Answer>, Problem> {
        let note = cx.get::<CreditNoteItem>(input.id.as_str()).await?;
        // Who may read some invoices only is told of their notes only.
        if !cx.shows("invoice", &note.filterable()) {
            return Err(Problem::not_found());
        }
        shown::document(cx, input.id.as_str(), input.format).await
    }
}
