//! `GET /risk/v1/reviews`: what waits for a person, by its due time.

use super::{
    Review, ReviewClaim, ReviewItem, ReviewStatus,
    kept::{of_customer, of_status},
};
use crate::label_kind::LabelKind;
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{CustomerId, TenantId},
    lists::{Beside, By, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
};

shared::list! {
    ReviewItem as Review,
    Declaration::new(
        "list_reviews",
        methods::get,
        "/risk/v1/reviews",
        Access::Right(&rbac::REVIEW_READ),
        Audit::Sensitive,
        "List the payments that wait for a person, what is due first before the others",
    ),
    Plan { all: Way::index(1, |_, _| of_status(ReviewStatus::Open.name())), order: Order::Other, most: 100 },
    uses [Uses::Key(Purpose::Pii)],
    filters {
        /// Those in this state; open ones where neither this nor a customer is asked for.
        #[public]
        status: ReviewStatus = By::List(
            Way::index(1, |_, status| of_status(status)),
            |review| Some(review.status.name().into()),
        ),
        /// Those of this customer, in any state.
        #[public]
        customer: CustomerId = By::List(
            Way::index(2, |_, customer| of_customer(customer)),
            |review| Some(review.customer.as_str().into()),
        ),
        /// Only those that somebody has claimed, or nobody has.
        #[public]
        claim: ReviewClaim = By::Attribute(|review| Some(review.claim.name().into())),
        /// Only those with this label.
        #[internal]
        label: LabelKind = By::Attribute(|review| review.label.map(|label| label.name().into())),
    },
}

impl Rows<ReviewItem> for Review {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, review: &ReviewItem) -> Vec<Key> {
        let subject = Self::subject(review);
        subject
            .map(|s| SubjectKeyItem::key(tenant, s, Purpose::Pii))
            .into_iter()
            .collect()
    }

    fn subject(review: &ReviewItem) -> Option<&str> {
        review.reason.as_ref().map(|_| review.customer.as_str())
    }

    async fn of(_: &Context, review: &ReviewItem, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        let cipher = match <Self as Rows<ReviewItem>>::subject(review) {
            Some(subject) => beside.cipher(subject, Purpose::Pii).await?,
            None => None,
        };
        Ok(Some(Self {
            reason: review.why(cipher.as_deref())?,
            ..Self::from(review)
        }))
    }
}
