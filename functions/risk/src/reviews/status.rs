//! What a review is called, and where it stands.

use serde::{Deserialize, Serialize};

shared::id_type!(
    /// A review.
    ReviewId, "rev"
);

/// Where a review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStatus {
    /// It waits for a person.
    Open,
    /// A person lets the payment go on.
    Approved,
    /// A person has declined the payment.
    Declined,
    /// Nobody has decided in time: the payment is declined.
    Expired,
    /// The payment was canceled before anybody decided.
    Withdrawn,
}

impl ReviewStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}
