//! What payments and checks turn out to be.

use serde::{Deserialize, Serialize};

/// What something turned out to be.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, shared::shape::Choice,
)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RiskLabelKind")]
pub enum LabelKind {
    /// The payer was not who they said.
    Fraud,
    /// The payer has had the money taken back.
    Chargeback,
    /// All was well.
    Genuine,
}

impl LabelKind {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fraud => "fraud",
            Self::Chargeback => "chargeback",
            Self::Genuine => "genuine",
        }
    }
}
