//! `POST /risk/v1/reviews/{id}/snooze`: it is put aside for a while, and claimed by nobody.

use super::{Review, ReviewId, ReviewItem, changed};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The review.
    #[public]
    id: ReviewId,
    /// Until when: before it is due (RFC 3339).
    #[public]
    until: Instant,
}

/// The endpoint.
#[derive(Debug)]
pub struct Snooze;

impl Endpoint for Snooze {
    const DECLARATION: Declaration = Declaration::new(
        "snooze_review",
        methods::post,
        "/risk/v1/reviews/{id}/snooze",
        Access::Right(&rbac::REVIEW_DECIDE),
        Audit::Change,
        "Put a review aside for a while",
    )
    .refuses(&[codes::REVIEW_CLAIMED, codes::WRONG_STATE])
    .uses(&[Uses::Write(Table::Risk), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Review;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ReviewItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Review>, Problem> {
        let old = cx.get::<ReviewItem>(input.id.as_str()).await?;
        let next = old.snoozed(&cx.principal().id(), input.until.timestamp(), cx.now())?;
        changed(cx, &old, &next).await
    }
}
