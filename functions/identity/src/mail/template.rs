//! What mails are about.

use serde::{Deserialize, Serialize};

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// Somebody was invited.
    Invitation,
    /// Somebody wants a new password.
    PasswordReset,
    /// A rule about audit entries has raised an alert.
    Alert,
    /// Something waits for a second person.
    Approval,
    /// Somebody's account is locked.
    Locked,
    /// Somebody's password was changed.
    PasswordChanged,
    /// Somebody has another second factor.
    SecondFactorEnrolled,
    /// A second factor of somebody is gone.
    SecondFactorRemoved,
}

impl Template {
    /// The subject line.
    #[must_use]
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Invitation => "You are invited to Ledgerkeep",
            Self::PasswordReset => "A new password for Ledgerkeep",
            Self::Alert => "Ledgerkeep has raised an alert",
            Self::Approval => "Something waits for your decision in Ledgerkeep",
            Self::Locked => "Your Ledgerkeep account is locked",
            Self::PasswordChanged => "Your Ledgerkeep password was changed",
            Self::SecondFactorEnrolled => "A new second factor for Ledgerkeep",
            Self::SecondFactorRemoved => "A second factor for Ledgerkeep was removed",
        }
    }

    /// How often it is tried: a code is worth nothing later, an alert is for days.
    #[must_use]
    pub const fn tries(self) -> u32 {
        match self {
            Self::Invitation | Self::PasswordReset => 8,
            Self::Alert
            | Self::Approval
            | Self::Locked
            | Self::PasswordChanged
            | Self::SecondFactorEnrolled
            | Self::SecondFactorRemoved => 16,
        }
    }
}
