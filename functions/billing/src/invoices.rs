//! Invoices: what a customer owes. An invoice keeps its own copy of what its lines say, so that nothing that
//! happens to the catalogue later alters it. Its states stand in [`state`], what people wrote on it in [`texts`].

pub mod books;
pub mod charges;
pub mod create;
pub mod delete;
pub mod discounts;
pub mod document;
pub mod finalize;
pub mod issue;
mod kept;
mod kept_line;
pub mod lines;
pub mod list;
pub mod page;
pub mod pay;
pub mod prepare;
pub mod preview;
pub mod read;
pub mod read_document;
pub mod resolve;
pub mod settle;
mod shown;
pub mod state;
mod status;
pub mod tax;
pub mod texts;
pub mod update;

pub use discounts::{InvoiceDiscount, KeptDiscount};
pub use kept_line::KeptLine;
pub use lines::InvoiceLine;
pub use shown::{Invoice, InvoiceSummary};
pub use status::{AttemptStatus, InvoiceStatus, PaymentAttempt};
pub use tax::InvoiceTax;

use crate::{
    rated::SubscriptionId,
    tax::{Day, settings::SERIES},
    wallets::Burned,
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals},
    ids::{CustomerId, TenantId},
    metadata::{self, Kept},
    money::Currency,
    record::Record,
    store::{Item, Sealed, Table},
    text::{Line, Reference},
    time::Timestamp,
};

shared::id_type!(
    /// An invoice.
    InvoiceId, "inv"
);

/// The list of every invoice, in the first index.
pub(crate) const ALL: &str = "invoices";

/// What people wrote on an invoice: the name of the field that keeps it.
pub(crate) const TEXTS: &str = "texts";

/// The list of a customer's invoices, in the second index.
pub(crate) fn of_customer(customer: &str) -> String {
    format!("invoices#{customer}")
}

/// What has become of an invoice's total, in minor units.
#[derive(Record, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Settlement {
    /// Taken from the customer's credit when it was issued.
    #[internal]
    pub wallet: i64,
    /// Paid, by a payment or elsewhere.
    #[internal]
    pub paid: i64,
    /// Credited before it was paid, so that it is not owed any more.
    #[internal]
    pub credited: i64,
    /// Credited after it was paid, and given back.
    #[internal]
    pub returned: i64,
    /// Of what was paid, what somebody says was paid elsewhere.
    #[internal]
    #[serde(default)]
    pub elsewhere: i64,
    /// Written off.
    #[internal]
    pub written_off: i64,
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
    /// What its number begins with, where that is another series than the first one.
    #[internal]
    #[serde(default)]
    pub series: Option<String>,
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
    pub lines: Vec<KeptLine>,
    /// What is taken off.
    #[nested]
    #[serde(default)]
    pub discounts: Vec<KeptDiscount>,
    /// Its tax, once for each treatment; none while it is a draft.
    #[nested]
    #[serde(default)]
    pub taxes: Vec<InvoiceTax>,
    /// Whether its amounts include the tax.
    #[internal]
    #[serde(default)]
    pub inclusive: bool,
    /// What it is over: the sum of its lines less the discounts, and the tax once it is issued.
    #[internal]
    pub total: i64,
    /// What has become of the total.
    #[nested]
    #[serde(default)]
    pub settlement: Settlement,
    /// What was taken of the customer's credit.
    #[nested]
    #[serde(default)]
    pub burned: Vec<Burned>,
    /// What people wrote on it and, once it is issued, who sold and who bought: sealed under the customer's key while it is a draft,
    /// and under the retention key of its year from then on.
    #[personal]
    #[serde(default)]
    pub texts: Option<Sealed>,
    /// Whose key that is, once it is issued.
    #[public]
    #[serde(default)]
    pub retained: Option<String>,
    /// A line for the customer, as it was kept before texts were sealed.
    #[internal]
    #[serde(default)]
    pub memo: Option<Line>,
    /// The tenant's own reference, as it was kept before texts were sealed.
    #[internal]
    #[serde(default)]
    pub reference: Option<Reference>,
    /// Days that the customer has to pay, where the draft says so.
    #[internal]
    #[serde(default)]
    pub due_days: Option<u16>,
    /// The day of issue.
    #[internal]
    #[serde(default)]
    pub issued_on: Option<Day>,
    /// The day when it is due.
    #[internal]
    #[serde(default)]
    pub due_on: Option<Day>,
    /// The latest attempt to pay it.
    #[nested]
    pub payment: Option<PaymentAttempt>,
    /// The subscription that it bills.
    #[public]
    #[serde(default)]
    pub subscription: Option<SubscriptionId>,
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
        if let Some(retained) = &self.retained {
            seals.whose(retained);
        }
        seals.maybe(TEXTS, self.texts.as_mut());
        seals
    }
}

impl InvoiceItem {
    /// Its number, as customers see it.
    #[must_use]
    pub fn number(&self) -> Option<String> {
        let series = self.series.as_deref().unwrap_or(SERIES);
        self.sequence.map(|n| format!("{series}{n:06}"))
    }

    /// What is still owed.
    #[must_use]
    pub fn due(&self) -> i64 {
        let gone = &self.settlement;
        match self.status {
            InvoiceStatus::Paid => 0,
            _ => self.total - gone.wallet - gone.paid - gone.credited - gone.written_off,
        }
    }

    /// What was paid. One of before such sums were kept was paid as a whole.
    #[must_use]
    pub fn paid(&self) -> i64 {
        let kept = self.settlement != Settlement::default();
        match self.status {
            InvoiceStatus::Paid if !kept => self.total,
            _ => self.settlement.paid,
        }
    }
}

/// The last number that a tenant has given out in a series: one item, moved together with the invoice that gets the next.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct InvoiceCounter {
    /// The last number.
    #[internal]
    pub last: i64,
    /// Its series, where that is another one than the first.
    #[internal]
    #[serde(default)]
    pub series: Option<String>,
}

impl InvoiceCounter {
    /// The id of the counter of the first series.
    pub const ID: &'static str = "-";

    /// Of a series, before its first number.
    #[must_use]
    pub fn new(series: &str) -> Self {
        Self {
            last: 0,
            series: (series != SERIES).then(|| series.to_owned()),
        }
    }

    /// The id of the counter of a series.
    #[must_use]
    pub fn id_of(series: &str) -> &str {
        if series == SERIES { Self::ID } else { series }
    }
}

impl Item for InvoiceCounter {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "invoice-counter";
    fn id(&self) -> &str {
        self.series.as_deref().unwrap_or(Self::ID)
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
            series: None,
            customer: CustomerId::new(Timestamp::UNIX_EPOCH),
            currency: "EUR".parse().unwrap(),
            status: InvoiceStatus::Draft,
            lines: vec![KeptLine {
                description: Some(Line::parse("Work").unwrap()),
                ..KeptLine::new(
                    Quantity::ONE.into(),
                    UnitAmount::parse(&total.to_string()).unwrap(),
                    total,
                )
            }],
            discounts: Vec::new(),
            taxes: Vec::new(),
            inclusive: false,
            total,
            settlement: Settlement::default(),
            burned: Vec::new(),
            texts: None,
            retained: None,
            memo: None,
            reference: None,
            due_days: None,
            issued_on: None,
            due_on: None,
            payment: None,
            subscription: None,
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
