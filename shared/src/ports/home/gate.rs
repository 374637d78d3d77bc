//! Gates: what a commit's epoch is checked against in its own transaction.

use crate::{
    kernel::{ids::TenantId, record::Record},
    store::{Item, Key, Table},
};
use serde::{Deserialize, Serialize};

/// Gates of a tenant. A transaction locks what it checks, so that commits which came to one gate at the same time would turn each
/// other away; each takes one of so many at random.
pub const GATES: u64 = 64;

/// A gate: commits of an older epoch do not pass. One that is not there lets every commit pass, so that a tenant has none until
/// it moves.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct GateItem {
    /// Its number.
    #[public]
    pub id: String,
    /// The oldest epoch that passes.
    #[public]
    pub epoch: u64,
}

impl GateItem {
    /// One of a tenant's gates in an epoch.
    #[must_use]
    pub fn new(number: u64, epoch: u64) -> Self {
        Self {
            id: format!("{number:02}"),
            epoch,
        }
    }

    /// The gate that a commit takes.
    #[must_use]
    pub fn any(tenant: &TenantId) -> Key {
        Key::of::<Self>(tenant, &Self::new(crate::kernel::random::below(GATES), 0).id)
    }
}

impl Item for GateItem {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "gate";
    fn id(&self) -> &str {
        &self.id
    }
}
