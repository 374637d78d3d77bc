//! `GET /billing/v1/invoices`: a page of invoices without their lines, newest first.

use super::{ALL, InvoiceItem, InvoiceStatus, InvoiceSummary, of_customer, texts::Texts};
use jiff::tz::TimeZone;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{CustomerId, TenantId},
    lists::{Beside, By, MetadataFilter, Moment, Order, Rows, Way},
    metadata::Metadata,
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
    time::Timestamp,
};

shared::text_type!(
    /// The number of an invoice.
    Number, r"^[0-9A-Z/._-]{1,20}[0-9]{6,19}$", "INV-000017", |t| {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"/._-".contains(&b);
        let ends = t.bytes().rev().take_while(u8::is_ascii_digit).count() >= 6;
        if (7..=39).contains(&t.len()) && ends && t.bytes().all(good) {
            Ok(t.to_owned())
        } else {
            Err("is not the number of an invoice")
        }
    }
);

shared::list! {
    InvoiceItem as InvoiceSummary,
    Declaration::new(
        "list_invoices",
        methods::get,
        "/billing/v1/invoices",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Log,
        "List invoices, newest first",
    )
    .soap("getInvoices"),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("inv"), most: 100 },
    uses [Uses::Key(Purpose::Pii), Uses::Key(Purpose::Index)],
    filters {
        /// Only the one with this number.
        #[internal]
        number: Number = By::Entry(|invoice| Some(invoice.number()?.into())),
        /// Only those with this value of a key that the tenant has declared: `key:value`.
        #[personal]
        metadata: MetadataFilter = By::Metadata(|invoice| invoice.metadata.as_ref()),
        /// Only those of this customer.
        #[public]
        customer: CustomerId = By::List(
            Way::index(2, |_, customer| of_customer(customer)),
            |invoice| Some(invoice.customer.as_str().into()),
        ),
        /// Only those in this state.
        #[public]
        status: InvoiceStatus = By::Rare(|invoice| Some(invoice.status.name().into()), is_rare),
        /// Only those drafted at this time or later.
        #[public]
        created_from: Moment = By::From,
        /// Only those drafted at this time or earlier.
        #[public]
        created_to: Moment = By::To,
    },
}

/// Nearly all invoices are paid in the end, and picking finds them soon; what is still open is what people look for.
fn is_rare(status: &str) -> bool {
    status != "paid"
}

impl Rows<InvoiceItem> for InvoiceSummary {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, invoice: &InvoiceItem) -> Vec<Key> {
        invoice.keys(tenant)
    }

    /// What was issued this year or the last is opened by keys of those years.
    fn likely(tenant: &TenantId, now: Timestamp) -> Vec<Key> {
        let this = now.to_zoned(TimeZone::UTC).year();
        let keepers = [this.saturating_sub(1), this].map(Context::retention_subject);
        let key = |keeper: &String| SubjectKeyItem::key(tenant, keeper, Purpose::Pii);
        keepers.iter().map(key).collect()
    }

    fn subject(invoice: &InvoiceItem) -> Option<&str> {
        invoice.metadata.as_ref().map(|_| invoice.customer.as_str())
    }

    async fn of(
        _: &Context,
        invoice: &InvoiceItem,
        beside: &mut Beside<'_>,
    ) -> Result<Option<Self>, Problem> {
        let cipher = match Self::subject(invoice) {
            Some(subject) => beside.cipher(subject, Purpose::Pii).await?,
            None => None,
        };
        let texts = match &invoice.texts {
            Some(_) => beside.cipher(invoice.keeper_of_texts(), Purpose::Pii).await?,
            None => None,
        };
        let texts = texts
            .map(|cipher| Texts::open(&cipher, invoice))
            .transpose()?
            .flatten();
        let kept = invoice.reference.clone();
        let (id, sealed) = (invoice.id.as_str(), invoice.metadata.as_ref());
        let metadata = cipher.map(|cipher| Metadata::open::<InvoiceItem>(&cipher, id, sealed));
        Ok(Some(Self {
            reference: texts.map_or(kept, |texts| texts.reference),
            metadata: metadata.transpose()?.flatten(),
            ..Self::from(invoice)
        }))
    }
}
