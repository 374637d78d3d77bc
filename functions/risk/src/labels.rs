//! Labels: what payments and checks turned out to be, with the time at which that became known. Nothing of a label changes; what is
//! known later is another one.

pub mod create;
pub mod list;

pub use crate::label_kind::LabelKind;

use crate::checks::CheckId;
use serde::{Deserialize, Serialize};
use shared::{
    ids::{CustomerId, PaymentId},
    money::Currency,
    record::Record,
    store::{Attributes, Item, Listing, Table},
    time::{Instant, Timestamp, rfc3339},
};

/// The list of all labels, in the first index.
pub(crate) const ALL: &str = "risk-labels";

/// The list of a customer's labels, in the second index.
pub(crate) fn of_customer(customer: &str) -> String {
    format!("risk-labels#{customer}")
}

shared::id_type!(
    /// A label.
    LabelId called "RiskLabelId", "lbl"
);

/// The part of a payment that risk reads. It is never written; payments keeps the whole item.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PaymentRef {
    /// Its id.
    #[public]
    pub id: PaymentId,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The currency.
    #[internal]
    pub currency: Currency,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
}

impl Item for PaymentRef {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "payment";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}

/// A label as kept: below what it is about, by the time at which it became known.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct LabelItem {
    /// Its id.
    #[public]
    pub id: LabelId,
    /// The id of the payment or check.
    #[public]
    pub about: String,
    /// The payment, where it is one.
    #[public]
    pub payment: Option<PaymentId>,
    /// The check, where it is one.
    #[public]
    pub check: Option<CheckId>,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The currency.
    #[internal]
    pub currency: Currency,
    /// What it turned out to be.
    #[internal]
    pub label: LabelKind,
    /// When it happened.
    #[public]
    pub occurred_at: Timestamp,
    /// Since when it is known.
    #[public]
    pub label_at: Timestamp,
    /// Who says so.
    #[internal]
    pub labeled_by: String,
    /// When they said so.
    #[public]
    pub created_at: Timestamp,
}

impl Item for LabelItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-label";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Learn which payments were fraud",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegitimateInterest,
        "Until the tenant ends or the person is erased",
        shared::processing::Reach::Listed {
            of: &["customer"],
            index: 2,
            list: |id| format!("risk-labels#{id}"),
        },
    ));
    fn id(&self) -> &str {
        &self.about
    }
    fn sort(&self) -> String {
        format!("{}#{}", rfc3339(self.label_at), self.label.name())
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: format!("{}#{}#{}", rfc3339(self.label_at), self.about, self.label.name()),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: of_customer(self.customer.as_str()),
            sort: format!("{}#{}#{}", rfc3339(self.label_at), self.about, self.label.name()),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("amount", self.amount.into()),
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}

/// A label as answered.
#[derive(Record, Serialize)]
#[record(name = "RiskLabel")]
pub struct Label {
    /// Its id.
    #[public]
    pub id: LabelId,
    /// The payment, where it is one.
    #[public]
    pub payment: Option<PaymentId>,
    /// The check, where it is one.
    #[public]
    pub check: Option<CheckId>,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// What it turned out to be.
    #[internal]
    pub label: LabelKind,
    /// When it happened (RFC 3339 UTC).
    #[public]
    pub occurred_at: Instant,
    /// Since when it is known (RFC 3339 UTC).
    #[public]
    pub label_at: Instant,
    /// Who says so.
    #[internal]
    pub labeled_by: String,
    /// When they said so (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

impl From<&LabelItem> for Label {
    fn from(item: &LabelItem) -> Self {
        Self {
            id: item.id.clone(),
            payment: item.payment.clone(),
            check: item.check.clone(),
            customer: item.customer.clone(),
            label: item.label,
            occurred_at: item.occurred_at.into(),
            label_at: item.label_at.into(),
            labeled_by: item.labeled_by.clone(),
            created_at: item.created_at.into(),
        }
    }
}
