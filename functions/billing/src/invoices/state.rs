//! The state machine of an invoice: pure transitions, each to be stored by one conditional write.
//!
//! ```text
//!        finalized                 settled (captured)
//! draft ───────────► open ──────────────────────────────► paid
//!    │                │ ▲                                  ▲
//!    │                └─┘ reserved, settled (declined)     │
//!    └─────────────────────────────────────────────────────┘ finalized, with nothing to pay
//! ```
//!
//! Paying takes two transitions: `reserved` notes the payment before the provider is asked, `settled` follows what
//! became of it. In between the attempt is pending, and no other may begin. Whatever is not drawn here is refused
//! with 409 and the state.

use super::InvoiceItem;
use payments::payments::{PaymentId, PaymentItem, PaymentStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::{problem::Problem, record::Record, time::Timestamp};

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum InvoiceStatus {
    /// Not sent yet, and without a number.
    Draft,
    /// Numbered, frozen and due.
    Open,
    /// Nothing is owed any more.
    Paid,
}

impl InvoiceStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
        }
    }
}

/// What became of an attempt to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AttemptStatus {
    /// Its outcome is not known yet.
    Pending,
    /// It paid the invoice.
    Succeeded,
    /// It did not.
    Failed,
}

/// An attempt to pay.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    pub decline_code: Option<String>,
}

use AttemptStatus::{Failed, Pending, Succeeded};
use InvoiceStatus::{Draft, Open, Paid};

impl InvoiceItem {
    fn refused(&self, detail: &'static str) -> Problem {
        Problem::wrong_state(self.status.name(), detail)
    }

    /// Numbers the invoice. One of which nothing is owed is paid at once.
    ///
    /// # Errors
    /// 409 unless it is a draft.
    pub fn finalized(&self, sequence: i64, now: Timestamp) -> Result<Self, Problem> {
        if self.status != Draft {
            return Err(self.refused("Only a draft can be finalized."));
        }
        let nothing = self.total == 0;
        Ok(Self {
            sequence: Some(sequence),
            status: if nothing { Paid } else { Open },
            finalized_at: Some(now),
            paid_at: nothing.then_some(now),
            ..self.clone()
        })
    }

    /// Whether it can be paid now.
    ///
    /// # Errors
    /// 409 unless it is open and no payment of it is under way.
    pub fn payable(&self) -> Result<(), Problem> {
        if self.status != Open {
            return Err(self.refused("Only an open invoice can be paid."));
        }
        match &self.payment {
            Some(attempt) if attempt.status == Pending => {
                let text = "A payment of this invoice is under way; its outcome is not known yet.";
                let problem = Problem::conflict("payment_pending", text);
                Err(problem
                    .with("state", json!(self.status.name()))
                    .with("payment", json!(attempt.id)))
            }
            _ => Ok(()),
        }
    }

    /// Notes a payment that is about to be made.
    ///
    /// # Errors
    /// As [`Self::payable`].
    pub fn reserved(&self, payment: &PaymentItem) -> Result<Self, Problem> {
        self.payable()?;
        Ok(Self {
            payment: Some(PaymentAttempt {
                id: payment.id.clone(),
                status: Pending,
                decline_code: None,
            }),
            ..self.clone()
        })
    }

    /// Follows what became of the payment that it waits for. A payment without an outcome changes nothing.
    ///
    /// # Errors
    /// 409 when it waits for no such payment.
    pub fn settled(&self, payment: &PaymentItem, now: Timestamp) -> Result<Self, Problem> {
        let awaited = self.payment.as_ref();
        if !awaited.is_some_and(|a| a.status == Pending && a.id == payment.id) {
            return Err(self.refused("The invoice does not wait for this payment."));
        }
        let mut next = self.clone();
        let (status, decline_code) = match payment.status {
            PaymentStatus::Captured => (Succeeded, None),
            PaymentStatus::Declined | PaymentStatus::Canceled | PaymentStatus::Expired => {
                let code = payment.decline_code.clone();
                (Failed, code.or_else(|| Some(payment.status.name().to_owned())))
            }
            _ => return Ok(next),
        };
        if status == Succeeded {
            next.status = Paid;
            next.paid_at = Some(now);
        }
        next.payment = Some(PaymentAttempt {
            id: payment.id.clone(),
            status,
            decline_code,
        });
        Ok(next)
    }
}
