//! `GET /risk/v1/reviews/{id}`.

use super::{Review, ReviewId, ReviewItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
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
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_review",
        methods::get,
        "/risk/v1/reviews/{id}",
        Access::Right(&rbac::REVIEW_READ),
        Audit::Sensitive,
        "Read why a payment waits for a person, and what they have decided",
    )
    .uses(&[Uses::Read(Table::Risk), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Review;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ReviewItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Review>, Problem> {
        let item = cx.get::<ReviewItem>(input.id.as_str()).await?;
        Ok(Outcome::read(Review::shown(cx, &item).await?).concerning(input.id.as_str()))
    }
}
