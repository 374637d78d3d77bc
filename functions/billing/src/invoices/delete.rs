//! `DELETE /billing/v1/invoices/{id}`: a draft that is not wanted any more. It has no number, so none is missing.

use super::{InvoiceId, InvoiceItem, InvoiceSummary};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::{Nothing, Record},
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
pub struct Delete;

impl Endpoint for Delete {
    const DECLARATION: Declaration = Declaration::new(
        "delete_invoice",
        methods::delete,
        "/billing/v1/invoices/{id}",
        Access::Right(&rbac::INVOICE_WRITE),
        Audit::Change,
        "Delete the draft of an invoice",
    )
    .refuses(&[codes::WRONG_STATE])
    .status(204)
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Nothing;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<InvoiceItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        old.changeable()?;
        let (id, before) = (old.id.as_str(), InvoiceSummary::from(&old.item));
        let changes = Changes::new()
            .write(cx.delete(&old))
            .event(Event::about("invoice.deleted", id, &before))
            .object(id, Some(&before), None::<&InvoiceSummary>);
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
