//! `GET /billing/v1/credit-notes/{id}`.

use super::{CreditNote, CreditNoteId, CreditNoteItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
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
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_credit_note",
        methods::get,
        "/billing/v1/credit-notes/{id}",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Sensitive,
        "Read a credit note",
    )
    .soap("getCreditNote")
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = CreditNote;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CreditNoteItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<CreditNote>, Problem> {
        let item = cx.get::<CreditNoteItem>(input.id.as_str()).await?;
        // Who may read some invoices only is told of their notes only.
        if !cx.shows("invoice", &item.filterable()) {
            return Err(Problem::not_found());
        }
        let answer = CreditNote::shown(cx, &item).await?;
        Ok(Outcome::read(answer).concerning(input.id.as_str()))
    }
}
