//! Refunds: what goes back of a captured payment.
//!
//! ```text
//! pending ──► succeeded | failed
//! ```
//!
//! While a refund is pending, its amount is reserved on the payment.

pub mod create;
mod kept;
pub mod list;
pub mod list_all;
pub mod read;

pub use crate::names::RefundId;
use crate::{
    payments::{PaymentId, PaymentItem},
    provider::Reply,
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{CustomerId, TenantId},
    metadata::{self, Kept, Metadata},
    money::Currency,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Attributes, Item},
    text::Line,
    time::Timestamp,
    words::Words,
};

/// The list of every refund, in the second index.
pub(crate) const ALL: &str = "refunds";

/// The list of a payment's refunds, in the first index.
pub(crate) fn of_payment(payment: &str) -> String {
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
    /// Why it is made, in the tenant's own words: sealed under the customer's key.
    #[personal]
    pub reason: Option<Words>,
    /// Why it failed.
    #[internal]
    #[record(shape = Option<shared::problem::DeclineCode>)]
    pub failure_code: Option<String>,
    /// When it was asked for.
    #[public]
    pub created_at: Timestamp,
    /// Who gets it; refunds of before it was kept do not say.
    #[public]
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// Sealed under the customer's key.
    #[personal]
    #[serde(default)]
    pub metadata: Option<Kept>,
    /// What its payment is about, as filters look at it: whoever may not see the payment may not see its refunds either.
    #[internal]
    #[serde(default)]
    pub payment_amount: Option<i64>,
}

impl SealedItem for RefundItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(
            self.customer.as_ref().map_or("-", CustomerId::as_str),
            Purpose::Pii,
        );
        seals
            .maybe(metadata::FIELD, self.metadata.as_mut().map(Kept::sealed))
            .maybe("reason", self.reason.as_mut().and_then(Words::seal));
        seals
    }
}

impl RefundItem {
    /// Whether anything of it is sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.metadata.is_some() || self.reason.is_some()
    }

    /// What filters look at of its payment; none where the refund is of before it was kept.
    #[must_use]
    pub fn payment_attributes(&self) -> Option<Attributes> {
        Some(Attributes::from([
            ("amount", self.payment_amount?.into()),
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_ref()?.as_str().into()),
        ]))
    }

    /// A new refund, whose amount has been reserved on its payment.
    #[must_use]
    pub fn pending(id: RefundId, payment: &PaymentItem, amount: i64, now: Timestamp) -> Self {
        Self {
            id,
            payment: payment.id.clone(),
            amount,
            currency: payment.currency,
            status: RefundStatus::Pending,
            reason: None,
            failure_code: None,
            created_at: now,
            customer: Some(payment.customer.clone()),
            metadata: None,
            payment_amount: Some(payment.amount),
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
    /// Who gets it; refunds of before it was kept do not say.
    #[public]
    pub customer: Option<CustomerId>,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The payment's currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: RefundStatus,
    /// Why it is made, in the tenant's own words; none once the customer has been erased.
    #[personal]
    pub reason: Option<Line>,
    /// Why it failed.
    #[internal]
    #[record(shape = Option<shared::problem::DeclineCode>)]
    pub failure_code: Option<String>,
    /// What the tenant keeps with it; none once the customer has been erased.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was asked for (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
}

impl Refund {
    /// A refund as answered. Where it keeps metadata, its customer's key is read unless this call has read it.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn shown(cx: &Context, item: &RefundItem) -> Result<Self, Problem> {
        let cipher = match item.is_sealed() {
            true => cx.cipher_of(item.subject(), Purpose::Pii).await?,
            false => None,
        };
        Self::opened(item, cipher.as_ref())
    }

    /// A refund whose customer's key has been read; none where they have been erased or nothing is sealed.
    ///
    /// # Errors
    /// 500 when something does not open.
    pub fn opened(item: &RefundItem, cipher: Option<&SubjectCipher>) -> Result<Self, Problem> {
        let id = item.id.as_str();
        let reason = cipher.zip(item.reason.as_ref());
        let reason = reason.map(|(cipher, words)| words.open::<RefundItem>(cipher, id, "-", "reason"));
        let reason = reason.transpose()?.map(|text| Line::parse(&text));
        let metadata = cipher.map(|c| Metadata::open::<RefundItem>(c, id, item.metadata.as_ref()));
        Ok(Self {
            reason: reason
                .transpose()
                .map_err(|_| Problem::internal("a stored reason does not parse"))?,
            metadata: metadata.transpose()?.flatten(),
            ..Self::from(item)
        })
    }
}

/// As events tell it: masked, so that metadata need not be opened.
impl From<&RefundItem> for Refund {
    fn from(item: &RefundItem) -> Self {
        Self {
            id: item.id.clone(),
            payment: item.payment.clone(),
            customer: item.customer.clone(),
            amount: item.amount,
            currency: item.currency,
            status: item.status,
            reason: item.reason.as_ref().and_then(|_| Line::parse("-").ok()),
            failure_code: item.failure_code.clone(),
            metadata: Metadata::unopened(item.metadata.as_ref()),
            created_at: shared::time::Instant::from(item.created_at),
        }
    }
}
