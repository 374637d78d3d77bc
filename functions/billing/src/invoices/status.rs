//! Where an invoice stands, and what became of attempts to pay it.

use payments::payments::PaymentId;
use serde::{Deserialize, Serialize};
use shared::record::Record;

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Not sent yet, and without a number.
    Draft,
    /// Numbered, frozen and due.
    Open,
    /// Nothing is owed any more.
    Paid,
    /// Taken back as a whole, by a credit note.
    Void,
    /// Written off: nobody expects it to be paid.
    Uncollectible,
}

impl InvoiceStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
            Self::Uncollectible => "uncollectible",
        }
    }
}

/// What became of an attempt to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "PaymentAttemptStatus")]
pub enum AttemptStatus {
    /// Its outcome is not known yet.
    Pending,
    /// It paid the invoice.
    Succeeded,
    /// It did not.
    Failed,
}

/// An attempt to pay.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct PaymentAttempt {
    /// The payment.
    #[public]
    pub id: PaymentId,
    /// What became of it.
    #[public]
    pub status: AttemptStatus,
    /// Why it failed.
    #[internal]
    #[record(shape = Option<shared::problem::DeclineCode>)]
    pub decline_code: Option<String>,
    /// Why the risk check declined it, for people; the payment names the rules.
    #[internal]
    #[serde(default)]
    pub decline_reasons: Vec<String>,
}
