//! Where a payment stands.

use serde::{Deserialize, Serialize};

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Not screened yet.
    Created,
    /// Waits for a person's review.
    InReview,
    /// Waits for the customer.
    RequiresAction,
    /// The provider is being asked.
    Processing,
    /// The money is reserved.
    Authorized,
    /// Part of the money is taken.
    PartiallyCaptured,
    /// The money is taken.
    Captured,
    /// The screen or the provider said no.
    Declined,
    /// Given up before anything was taken.
    Canceled,
    /// The provider let the authorisation go.
    Expired,
    /// The provider never told. It is asked until it does, and never charged again.
    Unknown,
}

impl PaymentStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::InReview => "in_review",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Authorized => "authorized",
            Self::PartiallyCaptured => "partially_captured",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}
