//! The tax of an invoice.

use crate::{compute::note::Group, tax::Treatment};
use serde::{Deserialize, Serialize};
use shared::record::Record;

/// The tax of an invoice's lines of one treatment, in minor units. A tenant that has set nothing about tax has none.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct InvoiceTax {
    /// How they are taxed.
    #[nested]
    pub treatment: Treatment,
    /// The sum of their nets.
    #[internal]
    pub net: i64,
    /// The tax on it.
    #[internal]
    pub tax: i64,
    /// How much of the net credit notes have taken back.
    #[internal]
    #[serde(default)]
    pub credited_net: i64,
    /// How much of the tax.
    #[internal]
    #[serde(default)]
    pub credited_tax: i64,
}

impl From<&InvoiceTax> for Group {
    fn from(tax: &InvoiceTax) -> Self {
        Self {
            rate: tax.treatment.rate.clone(),
            net: tax.net,
            tax: tax.tax,
            credited_net: tax.credited_net,
            credited_tax: tax.credited_tax,
        }
    }
}
