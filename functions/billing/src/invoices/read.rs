//! `GET /billing/v1/invoices/{id}`: as JSON, or as a page to print.

use super::{Invoice, InvoiceId, InvoiceItem, page, texts::Texts};
use crate::customers::CustomerItem;
use shared::{
    auth::Tenant,
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
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
        let customer = item.customer.as_str();
        let key = cx.key::<CustomerItem>(customer);
        let mut keys = item.keys(cx.tenant());
        keys.extend([
            key.clone(),
            SubjectKeyItem::key(cx.tenant(), customer, Purpose::Pii),
        ]);
        keys.sort();
        keys.dedup();
        let buyer = cx.batch(&keys).await?.take::<CustomerItem>(&key)?;
        let texts = Texts::of(cx, &item).await?;
        let frozen = texts.as_ref().and_then(|texts| texts.buyer.as_ref());
        let name = match (frozen, buyer) {
            (Some(frozen), _) => Some(frozen.name.clone()),
            (None, Some(buyer)) => name(cx, &buyer).await?,
            (None, None) => None,
        };
        let sold = texts.as_ref().and_then(|texts| texts.seller.as_ref());
        let seller = match sold {
            Some(sold) => sold.name.as_str().to_owned(),
            None => cx.get::<Tenant>(cx.tenant().as_str()).await?.item.name,
        };
        let shown = Invoice::of(&item, texts.as_ref());
        let page = page::of(&shown, &seller, name.as_deref());
        Ok(Outcome::read(shown).concerning(of).page(page))
    }
}

/// A customer's name; `None` once their key has been destroyed.
async fn name(cx: &Context, customer: &CustomerItem) -> Result<Option<String>, Problem> {
    let id = customer.id.as_str();
    match cx.cipher_of(id, Purpose::Pii).await? {
        Some(cipher) => cipher
            .open_text::<CustomerItem>(id, "-", "name", &customer.name)
            .map(Some),
        None => Ok(None),
    }
}
