//! Invoices: what a customer owes. An invoice keeps its own copy of what its lines say, so that nothing that
//! happens to the catalogue later alters it. Its states stand in [`state`].

pub mod books;
pub mod create;
pub mod delete;
pub mod finalize;
mod kept;
pub mod lines;
pub mod list;
pub mod page;
pub mod pay;
pub mod read;
pub mod settle;
pub mod state;
mod status;
pub mod update;

pub use lines::InvoiceLine;
pub use status::{AttemptStatus, InvoiceStatus, PaymentAttempt};

use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals},
    ids::{CustomerId, TenantId},
    metadata::{self, Kept, Metadata},
    money::Currency,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Item, Table},
    text::{Line, Reference},
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// An invoice.
    InvoiceId, "inv"
);

/// The list of every invoice, in the first index.
pub(crate) const ALL: &str = "invoices";

/// The list of a customer's invoices, in the second index.
pub(crate) fn of_customer(customer: &str) -> String {
    format!("invoices#{customer}")
}

/// An invoice as kept. Amounts are minor units of its currency.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct InvoiceItem {
    /// Its id.
    #[public]
    pub id: InvoiceId,
    /// Its place among the tenant's numbered invoices, from 1 and without gaps; a draft has none.
    #[internal]
    pub sequence: Option<i64>,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
    /// In which currency.
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: InvoiceStatus,
    /// What for.
    #[nested]
    pub lines: Vec<InvoiceLine>,
    /// The sum of its lines.
    #[internal]
    pub total: i64,
    /// A line for the customer.
    #[internal]
    pub memo: Option<Line>,
    /// The tenant's own reference.
    #[internal]
    pub reference: Option<Reference>,
    /// The latest attempt to pay it.
    #[nested]
    pub payment: Option<PaymentAttempt>,
    /// When it was drafted.
    #[public]
    pub created_at: Timestamp,
    /// When it got its number.
    #[public]
    pub finalized_at: Option<Timestamp>,
    /// When it was paid.
    #[public]
    pub paid_at: Option<Timestamp>,
    /// Sealed under the customer's key.
    #[personal]
    #[serde(default)]
    pub metadata: Option<Kept>,
}

impl SealedItem for InvoiceItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals.maybe(metadata::FIELD, self.metadata.as_mut().map(Kept::sealed));
        seals
    }
}

impl InvoiceItem {
    /// Its number, as customers see it.
    #[must_use]
    pub fn number(&self) -> Option<String> {
        self.sequence.map(|n| format!("INV-{n:06}"))
    }
}

/// The last number that a tenant has given out: one item, moved together with the invoice that gets the next.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct InvoiceCounter {
    /// The last number.
    #[internal]
    pub last: i64,
}

impl InvoiceCounter {
    /// The id of a tenant's only counter.
    pub const ID: &'static str = "-";
}

impl Item for InvoiceCounter {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "invoice-counter";
    fn id(&self) -> &str {
        Self::ID
    }
}

/// An invoice without its lines: in lists, in events, and before and after in audit entries.
#[derive(Record, Serialize)]
pub struct InvoiceSummary {
    /// Its id.
    #[public]
    pub id: InvoiceId,
    /// Its number: gapless within the tenant; a draft has none.
    #[internal]
    pub number: Option<String>,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: InvoiceStatus,
    /// The sum of its lines, in minor units.
    #[internal]
    pub total: i64,
    /// The tenant's own reference.
    #[internal]
    pub reference: Option<Reference>,
    /// The latest attempt to pay it.
    #[nested]
    pub payment: Option<PaymentAttempt>,
    /// What the tenant keeps with it; none once the customer has been erased.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was drafted (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// When it got its number.
    #[public]
    pub finalized_at: Option<Instant>,
    /// When it was paid.
    #[public]
    pub paid_at: Option<Instant>,
}

/// As events and entries tell it: masked, so that metadata need not be opened.
impl From<&InvoiceItem> for InvoiceSummary {
    fn from(item: &InvoiceItem) -> Self {
        Self {
            id: item.id.clone(),
            number: item.number(),
            customer: item.customer.clone(),
            currency: item.currency,
            status: item.status,
            total: item.total,
            reference: item.reference.clone(),
            payment: item.payment.clone(),
            metadata: Metadata::unopened(item.metadata.as_ref()),
            created_at: Instant::from(item.created_at),
            finalized_at: item.finalized_at.map(Instant::from),
            paid_at: item.paid_at.map(Instant::from),
        }
    }
}

/// An invoice as answered. Amounts are minor units of its currency.
#[derive(Record, Serialize)]
pub struct Invoice {
    /// Its id.
    #[public]
    pub id: InvoiceId,
    /// Its number: gapless within the tenant; a draft has none.
    #[internal]
    pub number: Option<String>,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: InvoiceStatus,
    /// What for.
    #[nested]
    pub lines: Vec<InvoiceLine>,
    /// The sum of its lines.
    #[internal]
    pub total: i64,
    /// A line for the customer.
    #[internal]
    pub memo: Option<Line>,
    /// The tenant's own reference.
    #[internal]
    pub reference: Option<Reference>,
    /// The latest attempt to pay it.
    #[nested]
    pub payment: Option<PaymentAttempt>,
    /// What the tenant keeps with it; none once the customer has been erased.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was drafted (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// When it got its number.
    #[public]
    pub finalized_at: Option<Instant>,
    /// When it was paid.
    #[public]
    pub paid_at: Option<Instant>,
}

impl Invoice {
    /// An invoice as answered. Where it keeps metadata, its customer's key is read unless this call has read it.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn shown(cx: &Context, item: &InvoiceItem) -> Result<Self, Problem> {
        let (customer, id, sealed) = (item.customer.as_str(), item.id.as_str(), item.metadata.as_ref());
        Ok(Self {
            metadata: Metadata::opened::<InvoiceItem>(cx, customer, id, sealed).await?,
            ..Self::from(item)
        })
    }
}

/// With metadata unopened, where it is not answered.
impl From<&InvoiceItem> for Invoice {
    fn from(item: &InvoiceItem) -> Self {
        Self {
            id: item.id.clone(),
            number: item.number(),
            customer: item.customer.clone(),
            currency: item.currency,
            status: item.status,
            lines: item.lines.clone(),
            total: item.total,
            memo: item.memo.clone(),
            reference: item.reference.clone(),
            payment: item.payment.clone(),
            metadata: Metadata::unopened(item.metadata.as_ref()),
            created_at: Instant::from(item.created_at),
            finalized_at: item.finalized_at.map(Instant::from),
            paid_at: item.paid_at.map(Instant::from),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::amounts::{Quantity, UnitAmount};
    use shared::store::{decode, encode};

    /// A draft of one line.
    pub(crate) fn draft(total: i64) -> InvoiceItem {
        InvoiceItem {
            id: InvoiceId::new(Timestamp::UNIX_EPOCH),
            sequence: None,
            customer: CustomerId::new(Timestamp::UNIX_EPOCH),
            currency: "EUR".parse().unwrap(),
            status: InvoiceStatus::Draft,
            lines: vec![InvoiceLine {
                description: Line::parse("Work").unwrap(),
                quantity: Quantity::ONE,
                unit_amount: UnitAmount::parse(&total.to_string()).unwrap(),
                amount: total,
                price: None,
                product: None,
                payment: None,
            }],
            total,
            memo: None,
            reference: None,
            payment: None,
            created_at: Timestamp::UNIX_EPOCH,
            finalized_at: None,
            paid_at: None,
            metadata: None,
        }
    }

    #[test]
    fn items_come_back_as_they_were() {
        let open = draft(7).finalized(3, Timestamp::UNIX_EPOCH).unwrap();
        for invoice in [draft(7), open] {
            let attributes = encode(&shared::ids::TenantId::platform(), &invoice, 1).unwrap();
            assert!(attributes.contains_key("gsi1pk") && attributes.contains_key("gsi2pk"));
            assert_eq!(decode::<InvoiceItem>(attributes).unwrap().item, invoice);
        }
    }

    #[test]
    fn numbers_grow_beyond_their_width() {
        let mut invoice = draft(7);
        assert_eq!(invoice.number(), None);
        for (sequence, number) in [(1, "INV-000001"), (1_234_567, "INV-1234567")] {
            invoice.sequence = Some(sequence);
            assert_eq!(invoice.number().as_deref(), Some(number));
        }
    }
}
