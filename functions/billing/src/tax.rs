//! Tax: what a tenant has set about it, and how a sale is taxed.

pub mod decide;
pub mod put;
pub mod read;
pub mod settings;

pub use decide::{Category, Treatment};
pub use settings::{Day, TaxClass, TaxSettingsItem};

use serde::{Deserialize, Serialize};

/// What is sold: it decides how a sale to another country is taxed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum Supply {
    /// Services.
    #[default]
    Services,
    /// Goods.
    Goods,
}
