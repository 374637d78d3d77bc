//! What is still to be done about a review: at its due time, or once somebody has decided, at once.

use super::{kept::ReviewItem, status::ReviewId};
use serde::{Deserialize, Serialize};
use shared::{
    ids::{CustomerId, PaymentId, PaymentMethodId},
    record::Record,
    store::{Item, Listing, Table},
    time::{Timestamp, rfc3339},
};

/// The list of a tenant's tasks, in the first index.
pub const TASKS: &str = "risk-review-tasks";

/// A task as kept, from the beginning of a review until what it says has been carried out.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ReviewTask {
    /// The review.
    #[public]
    pub id: ReviewId,
    /// The payment.
    #[public]
    pub payment: PaymentId,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// With what.
    #[public]
    pub payment_method: PaymentMethodId,
    /// From when on there is something to do.
    #[public]
    pub at: Timestamp,
}

impl ReviewTask {
    /// The task of a review.
    #[must_use]
    pub fn of(review: &ReviewItem, at: Timestamp) -> Self {
        Self {
            id: review.id.clone(),
            payment: review.payment.clone(),
            customer: review.customer.clone(),
            payment_method: review.payment_method.clone(),
            at,
        }
    }
}

impl Item for ReviewTask {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-review-task";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Carry out what a person has decided about a payment",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegitimateInterest,
        "Until the payment has gone on or ended",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: TASKS.into(),
            sort: format!("{}#{}", rfc3339(self.at), self.id),
        })
    }
}
