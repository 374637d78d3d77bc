//! `GET /billing/v1/credit-notes`: a page of credit notes, newest first.

use super::{ALL, CreditNote, CreditNoteItem, NoteTexts, of_customer};
use crate::invoices::InvoiceId;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{CustomerId, TenantId},
    lists::{Beside, By, Moment, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
};

shared::list! {
    CreditNoteItem as CreditNote,
    Declaration::new(
        "list_credit_notes",
        methods::get,
        "/billing/v1/credit-notes",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Log,
        "List credit notes, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("cn"), most: 100 },
    uses [Uses::Key(Purpose::Pii)],
    filters {
        /// Only those of this invoice.
        #[public]
        invoice: InvoiceId = By::Entry(|note| Some(note.invoice.as_str().into())),
        /// Only those of this customer.
        #[public]
        customer: CustomerId = By::List(
            Way::index(2, |_, customer| of_customer(customer)),
            |note| Some(note.customer.as_str().into()),
        ),
        /// Only those issued at this time or later.
        #[public]
        created_from: Moment = By::From,
        /// Only those issued at this time or earlier.
        #[public]
        created_to: Moment = By::To,
    },
}

impl Rows<CreditNoteItem> for CreditNote {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, note: &CreditNoteItem) -> Vec<Key> {
        vec![SubjectKeyItem::key(tenant, &note.retained, Purpose::Pii)]
    }

    fn subject(note: &CreditNoteItem) -> Option<&str> {
        Some(&note.retained)
    }

    async fn of(
        cx: &Context,
        note: &CreditNoteItem,
        beside: &mut Beside<'_>,
    ) -> Result<Option<Self>, Problem> {
        // Who may read some invoices only is told of their notes only.
        let attributes = shared::store::Item::filterable(note);
        if !cx.shows("invoice", &attributes) {
            return Ok(None);
        }
        let cipher = beside.cipher(&note.retained, Purpose::Pii).await?;
        let texts = cipher.map(|cipher| NoteTexts::open(&cipher, note)).transpose()?;
        Ok(Some(Self::of(note, texts.and_then(|texts| texts.reason))))
    }
}
