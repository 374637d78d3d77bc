//! `POST /risk/v1/reviews/{id}/decide`: a person lets the payment go on or declines it, once. Payments carries it out, and tells
//! of both.

use super::{Review, ReviewId, ReviewItem, ReviewTask};
use crate::labels::{LabelId, LabelItem, LabelKind};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::Line,
    time::Timestamp,
    words::Words,
};

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "ReviewDecision")]
pub enum Decision {
    /// The payment goes on, as if it had not waited.
    Approve,
    /// The payment is declined, and nothing is charged.
    Decline,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The review.
    #[public]
    id: ReviewId,
    /// What is decided.
    #[public]
    decision: Decision,
    /// Why. Sealed under the customer's key.
    #[personal]
    reason: Line,
    /// What the payment turned out to be, where that is known.
    #[internal]
    label: Option<LabelKind>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Decide;

/// What a person says of a payment when they decide about it.
fn labeled(review: &ReviewItem, label: LabelKind, by: String, now: Timestamp) -> LabelItem {
    LabelItem {
        id: LabelId::new(now),
        about: review.payment.to_string(),
        payment: Some(review.payment.clone()),
        check: None,
        customer: review.customer.clone(),
        amount: review.amount,
        currency: review.currency,
        label,
        occurred_at: review.created_at,
        label_at: now,
        labeled_by: by,
        created_at: now,
    }
}

impl Endpoint for Decide {
    const DECLARATION: Declaration = Declaration::new(
        "decide_review",
        methods::post,
        "/risk/v1/reviews/{id}/decide",
        Access::Right(&rbac::REVIEW_DECIDE),
        Audit::Change,
        "Let a payment that waits for a person go on, or decline it",
    )
    .refuses(&[codes::OWN_REQUEST, codes::REVIEW_CLAIMED, codes::WRONG_STATE])
    .uses(&[Uses::Write(Table::Risk), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Review;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ReviewItem>(), at.key::<ReviewTask>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Review>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<ReviewItem>(id).await?;
        let (who, person) = (cx.principal().id(), cx.principal().person());
        let approve = input.decision == Decision::Approve;
        let mut next = old.decided((&who, &person), approve, input.label, cx.now())?;
        let task = cx.get::<ReviewTask>(id).await?;
        // Where the customer has been erased, nobody has a reason to be kept about them.
        if let Some(cipher) = cx.cipher_of(old.customer.as_str(), Purpose::Pii).await? {
            let words = Words::sealed::<ReviewItem>(&cipher, id, "-", "reason", input.reason.as_str());
            next.reason = Some(words?);
        }
        let mut changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .write(cx.replace(&task, &ReviewTask::of(&next, cx.now()))?);
        if let Some(label) = input.label {
            changes = changes.write(cx.create(&labeled(&next, label, who, cx.now()))?);
        }
        let changes = changes.object(id, Some(&old.item), Some(&next));
        Ok(Outcome::changed(Review::shown(cx, &next).await?, changes))
    }
}
