//! Refunds: what goes back of a captured payment.
//!
//! ```text
//! pending ──► succeeded | failed
//! ```
//!
//! While a refund is pending, its amount is reserved on the payment.

pub mod create;
pub mod list;

pub use crate::names::RefundId;
use crate::{
    names::by_age,
    payments::{PaymentId, PaymentItem},
    provider::Reply,
};
use serde::{Deserialize, Serialize};
use shared::{
    money::Currency,
    problem::Problem,
    record::Record,
    store::{Item, Listing, Table},
    text::Line,
    time::Timestamp,
};

/// The list of a payment's refunds, in the first index.
pub(crate) fn of_payment(payment: &PaymentId) -> String {
    format!("refunds#{payment}")
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The provider has been asked, and has not told yet.
    Pending,
    /// The money went back.
    Succeeded,
    /// It did not.
    Failed,
}

impl RefundStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// A refund as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct RefundItem {
    /// Its id.
    #[public]
    pub id: RefundId,
    /// Of which payment.
    #[public]
    pub payment: PaymentId,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The payment's currency.
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: RefundStatus,
    /// Why it is made, in the tenant's own words.
    #[internal]
    pub reason: Option<Line>,
    /// Why it failed.
    #[internal]
    #[record(shape = Option<shared::problem::DeclineCode>)]
    pub failure_code: Option<String>,
    /// When it was asked for.
    #[public]
    pub created_at: Timestamp,
}

impl Item for RefundItem {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "refund";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Give payments back",
            shared::processing::Subjects::Customers,
            shared::processing::Basis::LegalObligation,
            "While the tenant keeps books: amounts stay after an erasure (GDPR art. 17(3)(b)), the person does not",
            shared::processing::Reach::Listed {
                of: &["payment"],
                index: 1,
                list: |id| format!("refunds#{id}"),
            },
        )
        .recipients(&["payment provider"]),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: of_payment(&self.payment),
            sort: by_age(self.created_at, self.id.as_str()),
        })
    }
}

impl RefundItem {
    /// A new refund, whose amount has been reserved on its payment.
    #[must_use]
    pub fn pending(
        id: RefundId,
        payment: &PaymentItem,
        amount: i64,
        reason: Option<Line>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            payment: payment.id.clone(),
            amount,
            currency: payment.currency,
            status: RefundStatus::Pending,
            reason,
            failure_code: None,
            created_at: now,
        }
    }

    /// The provider's answer.
    ///
    /// # Errors
    /// 409 unless the refund is `pending`.
    pub fn answered(&self, reply: &Reply) -> Result<Self, Problem> {
        if self.status != RefundStatus::Pending {
            return Err(Problem::wrong_state(
                self.status.name(),
                "The refund has been answered.",
            ));
        }
        let mut next = self.clone();
        match reply {
            Reply::Approved => next.status = RefundStatus::Succeeded,
            Reply::Declined(code) => {
                next.status = RefundStatus::Failed;
                next.failure_code = Some(code.clone());
            }
            Reply::Unknown => {}
        }
        Ok(next)
    }
}

/// A refund as answered and as told in events.
#[derive(Record, Serialize)]
pub struct Refund {
    /// Its id.
    #[public]
    pub id: RefundId,
    /// Of which payment.
    #[public]
    pub payment: PaymentId,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The payment's currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: RefundStatus,
    /// Why it is made, in the tenant's own words.
    #[internal]
    pub reason: Option<Line>,
    /// Why it failed.
    #[internal]
    #[record(shape = Option<shared::problem::DeclineCode>)]
    pub failure_code: Option<String>,
    /// When it was asked for (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
}

impl From<&RefundItem> for Refund {
    fn from(item: &RefundItem) -> Self {
        Self {
            id: item.id.clone(),
            payment: item.payment.clone(),
            amount: item.amount,
            currency: item.currency,
            status: item.status,
            reason: item.reason.clone(),
            failure_code: item.failure_code.clone(),
            created_at: shared::time::Instant::from(item.created_at),
        }
    }
}
