//! `GET /billing/v1/invoices`: a page of invoices without their lines, newest first.

use super::{ALL, InvoiceItem, InvoiceStatus, InvoiceSummary, of_customer};
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
};

shared::text_type!(
    /// The number of an invoice.
    Number, "^INV-[0-9]{6,19}$", "INV-000017", |t| {
        let digits = t.strip_prefix("INV-").unwrap_or_default();
        if (6..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
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
        let subject = Self::subject(invoice);
        subject
            .map(|s| SubjectKeyItem::key(tenant, s, Purpose::Pii))
            .into_iter()
            .collect()
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
        let (id, sealed) = (invoice.id.as_str(), invoice.metadata.as_ref());
        let metadata = cipher.map(|cipher| Metadata::open::<InvoiceItem>(&cipher, id, sealed));
        Ok(Some(Self {
            metadata: metadata.transpose()?.flatten(),
            ..Self::from(invoice)
        }))
    }
}
