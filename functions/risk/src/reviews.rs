//! Reviews: payments that wait for a person. A review is opened with its payment, decided once, and carried out by payments; one that
//! nobody has decided when it is due ends as a refusal.

pub mod claim;
pub mod decide;
mod kept;
pub mod list;
pub mod read;
pub mod release;
pub mod snooze;
mod state;
mod status;
pub mod task;

pub use kept::{ReviewClaim, ReviewItem};
pub use status::{ReviewId, ReviewStatus};
pub use task::ReviewTask;

use crate::{Verdict, label_kind::LabelKind};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::Outcome,
    ids::{CustomerId, PaymentId, PaymentMethodId},
    money::Currency,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Event, Stored},
    text::Line,
    time::{Instant, after},
};

/// Seconds for which a claim keeps others away.
pub(crate) const CLAIM: i64 = 3_600;

/// A review as answered and as told in events. Amounts are minor units of its currency.
#[derive(Record, Serialize)]
pub struct Review {
    /// Its id.
    #[public]
    pub id: ReviewId,
    /// The payment that waits.
    #[public]
    pub payment: PaymentId,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// With what.
    #[public]
    pub payment_method: PaymentMethodId,
    /// How much.
    #[internal]
    pub amount: i64,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// What the screen said.
    #[nested]
    pub risk: Verdict,
    /// Where it stands.
    #[public]
    pub status: ReviewStatus,
    /// Until when somebody decides (RFC 3339 UTC); the payment is declined then.
    #[public]
    pub due_at: Instant,
    /// Who looks at it.
    #[internal]
    pub claimed_by: Option<String>,
    /// Since when; a claim keeps others away for an hour.
    #[public]
    pub claimed_at: Option<Instant>,
    /// Until when nobody wants to look at it.
    #[public]
    pub snoozed_until: Option<Instant>,
    /// Who has decided.
    #[internal]
    pub decided_by: Option<String>,
    /// When.
    #[public]
    pub decided_at: Option<Instant>,
    /// Why; none once the customer has been erased.
    #[personal]
    pub reason: Option<Line>,
    /// What the payment turned out to be.
    #[internal]
    pub label: Option<LabelKind>,
    /// When the payment began to wait (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

/// As events tell it: masked, so that the reason need not be opened.
impl From<&ReviewItem> for Review {
    fn from(item: &ReviewItem) -> Self {
        Self {
            id: item.id.clone(),
            payment: item.payment.clone(),
            customer: item.customer.clone(),
            payment_method: item.payment_method.clone(),
            amount: item.amount,
            currency: item.currency,
            risk: item.risk.clone(),
            status: item.status,
            due_at: item.due_at.into(),
            claimed_by: item.claimed_by.clone(),
            claimed_at: item.claimed_at.map(Instant::from),
            snoozed_until: item.snoozed_until.map(Instant::from),
            decided_by: item.decided_by.clone(),
            decided_at: item.decided_at.map(Instant::from),
            reason: item.reason.as_ref().and_then(|_| Line::parse("-").ok()),
            label: item.label,
            created_at: item.created_at.into(),
        }
    }
}

impl Review {
    /// A review as answered. Where a reason is kept, its customer's key is read unless this call has read it.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn shown(cx: &Context, item: &ReviewItem) -> Result<Self, Problem> {
        let cipher = match item.reason {
            Some(_) => cx.cipher_of(item.customer.as_str(), Purpose::Pii).await?,
            None => None,
        };
        Ok(Self {
            reason: item.why(cipher.as_ref())?,
            ..Self::from(item)
        })
    }
}

/// What waits, and for how long.
pub struct Waiting {
    /// Its review.
    pub review: ReviewId,
    /// The payment.
    pub payment: PaymentId,
    /// Who pays.
    pub customer: CustomerId,
    /// With what.
    pub payment_method: PaymentMethodId,
    /// Minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What the screen said.
    pub risk: Verdict,
    /// Hours until the payment is declined.
    pub hours: i64,
}

/// Adds the review of a payment, which is made in the same transaction.
///
/// # Errors
/// 500 when an item does not encode.
pub fn open(cx: &Context, waiting: Waiting, changes: Changes) -> Result<Changes, Problem> {
    let item = ReviewItem {
        id: waiting.review,
        payment: waiting.payment,
        customer: waiting.customer,
        payment_method: waiting.payment_method,
        amount: waiting.amount,
        currency: waiting.currency,
        risk: waiting.risk,
        status: ReviewStatus::Open,
        due_at: after(cx.now(), waiting.hours.saturating_mul(3_600)),
        claim: ReviewClaim::Free,
        claimed_by: None,
        claimed_at: None,
        snoozed_until: None,
        decided_by: None,
        decided_at: None,
        reason: None,
        label: None,
        asked_by: cx.principal().person(),
        created_at: cx.now(),
    };
    let changes = changes
        .write(cx.create(&item)?)
        .write(cx.create(&ReviewTask::of(&item, item.due_at))?);
    Ok(changes.event(told("review.opened", &item)))
}

/// Adds the end of the review of a payment that is canceled in the same transaction.
///
/// # Errors
/// 404 where it is missing, 409 where it has been decided, 503 when the store does not answer.
pub async fn withdraw(cx: &Context, id: &ReviewId, changes: Changes) -> Result<Changes, Problem> {
    let [review, task] = [
        cx.key::<ReviewItem>(id.as_str()),
        cx.key::<ReviewTask>(id.as_str()),
    ];
    let mut batch = cx.batch(&[review.clone(), task.clone()]).await?;
    let old = batch
        .take::<ReviewItem>(&review)?
        .ok_or_else(Problem::not_found)?;
    let task = batch.take::<ReviewTask>(&task)?;
    let next = old.withdrawn(cx.now())?;
    let changes = changes.write(cx.replace(&old, &next)?);
    let changes = match &task {
        Some(task) => changes.write(cx.delete(task)),
        None => changes,
    };
    Ok(changes.event(told("review.withdrawn", &next)))
}

/// A review that somebody has claimed, released or put aside.
///
/// # Errors
/// 500 when it does not encode, 503 when the store or KMS does not answer.
async fn changed(
    cx: &Context,
    old: &Stored<ReviewItem>,
    next: &ReviewItem,
) -> Result<Outcome<Review>, Problem> {
    let changes =
        Changes::new()
            .write(cx.replace(old, next)?)
            .object(next.id.as_str(), Some(&old.item), Some(next));
    Ok(Outcome::changed(Review::shown(cx, next).await?, changes))
}

/// The event about a review.
#[must_use]
pub fn told(kind: &'static str, item: &ReviewItem) -> Event {
    Event::about(kind, item.id.as_str(), &Review::from(item)).of(item)
}
