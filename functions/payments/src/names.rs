//! How payments and refunds are named, and where they stand in lists by age.

pub use shared::ids::PaymentId;

use shared::time::Timestamp;

shared::id_type!(
    /// A refund.
    RefundId, "ref"
);

/// Where something stands in lists by age: its id follows from its key and does not tell.
pub(crate) fn by_age(created_at: Timestamp, id: &str) -> String {
    format!("{}#{id}", shared::time::rfc3339(created_at))
}
