//! What keys are for.

use serde::{Deserialize, Serialize};

/// What a tenant key is for. Each purpose has its own KMS key, so a role names the purposes it may use.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, shared::shape::Choice,
)]
#[serde(rename_all = "snake_case")]
#[choice(name = "KeyPurpose")]
pub enum Purpose {
    /// Personal data.
    Pii,
    /// Card numbers.
    Card,
    /// Details about persons in audit entries.
    Audit,
    /// Secrets of the tenant: webhook secrets, stored answers.
    Secret,
    /// Blind indexes.
    Index,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [Self::Pii, Self::Card, Self::Audit, Self::Secret, Self::Index];

    /// Its name in encryption contexts, keys and templates.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pii => "pii",
            Self::Card => "card",
            Self::Audit => "audit",
            Self::Secret => "secret",
            Self::Index => "index",
        }
    }
}
