//! `POST /risk/v1/reviews/{id}/release`: it is left to others.

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
pub struct Release;

impl Endpoint for Release {
    const DECLARATION: Declaration = Declaration::new(
        "release_review",
        methods::post,
        "/risk/v1/reviews/{id}/release",
        Access::Right(&rbac::REVIEW_DECIDE),
        Audit::Change,
        "Leave a review to others",
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
        let next = old.released(&cx.principal().id(), cx.now())?;
        changed(cx, &old, &next).await
    }
}
