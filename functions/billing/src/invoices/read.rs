//! `GET /billing/v1/invoices/{id}`: as JSON, or as a page to print.

use super::{Invoice, InvoiceId, InvoiceItem, page};
use crate::customers::CustomerItem;
use shared::{
    auth::Tenant,
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    problem::Problem,
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
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_invoice",
        methods::get,
        "/billing/v1/invoices/{id}",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Sensitive,
        "Read an invoice, as JSON or as a page to print",
    )
    .soap("getInvoice")
    .printable()
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Invoice;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<InvoiceItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let item = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        let of = input.id.as_str();
        if !cx.wants_page() {
            return Ok(Outcome::read(Invoice::shown(cx, &item.item).await?).concerning(of));
        }
        let outcome = Outcome::read(Invoice::from(&item.item)).concerning(of);
        let seller = cx.get::<Tenant>(cx.tenant().as_str()).await?;
        let buyer = buyer(cx, &item.customer).await?;
        Ok(outcome.page(page::of(&item, &seller.name, buyer.as_deref())))
    }
}

/// The customer's name; `None` once their key has been destroyed.
async fn buyer(cx: &Context, customer: &CustomerId) -> Result<Option<String>, Problem> {
    let id = customer.as_str();
    let key = cx.key::<CustomerItem>(id);
    let subject = SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii);
    let mut batch = cx.batch(&[key.clone(), subject.clone()]).await?;
    let found = batch
        .take::<CustomerItem>(&key)?
        .zip(batch.take::<SubjectKeyItem>(&subject)?);
    let Some((item, subject)) = found else {
        return Ok(None);
    };
    let cipher = cx.subject(&subject).await?;
    cipher
        .open_text::<CustomerItem>(id, "-", "name", &item.name)
        .map(|name| Some((*name).to_string()))
}
