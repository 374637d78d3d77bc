//! `POST /risk/v1/reviews/{id}/claim`: somebody looks at it, and nobody else does for an hour.

use super::{Review, ReviewId, ReviewItem, changed};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The review.
    #[public]
    id: ReviewId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Claim;

impl Endpoint for Claim {
    const DECLARATION: Declaration = Declaration::new(
        "claim_review",
        methods::post,
        "/risk/v1/reviews/{id}/claim",
        Access::Right(&rbac::REVIEW_DECIDE),
        Audit::Change,
        "Look at a review, so that nobody else does for an hour",
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
        let next = old.claimed(&cx.principal().id(), cx.now())?;
        changed(cx, &old, &next).await
    }
}
