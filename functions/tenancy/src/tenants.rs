//! Tenants: founded with keys, shipped roles and their first administrators in one transaction.

pub mod create;
pub mod found;
pub mod read;
pub mod update;

use serde::Serialize;
use shared::{
    auth::{Tenant, TenantStatus},
    ids::TenantId,
    limits::RateLimit,
    record::Record,
    time::Instant,
};

/// A tenant as answered.
#[derive(Record, Serialize)]
#[record(name = "Tenant")]
pub struct TenantAnswer {
    /// Its id.
    #[public]
    pub id: TenantId,
    /// What people call it.
    #[internal]
    pub name: String,
    /// Whether it may be used.
    #[public]
    pub status: TenantStatus,
    /// The region that alone accepts its writes; `unknown` while that cannot be found out.
    #[public]
    pub home_region: String,
    /// When it was created (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// Whether reads of sensitive data need a reason (`X-Access-Reason`).
    #[public]
    pub require_access_reason: bool,
    /// Months that audit entries are kept.
    #[public]
    pub retention_months: u32,
    /// Months of them that can be searched at once.
    #[public]
    pub online_months: u32,
    /// Networks that its people and clients may call from; none listed means any.
    #[internal]
    pub networks: Vec<String>,
    /// How often its people and clients together may call.
    #[public]
    pub rate_limit: RateLimit,
    /// How often each of them may.
    #[public]
    pub client_rate_limit: RateLimit,
    /// Keys of metadata that lists find objects by.
    #[public]
    pub metadata_keys: Vec<String>,
}

impl TenantAnswer {
    /// Of a tenant and its home.
    #[must_use]
    pub fn of(t: &Tenant, home_region: Option<String>) -> Self {
        Self {
            id: t.id.clone(),
            name: t.name.clone(),
            status: t.status,
            home_region: home_region.unwrap_or_else(|| "unknown".to_owned()),
            created_at: Instant::from(t.created_at),
            require_access_reason: t.require_access_reason,
            retention_months: t.retention_months,
            online_months: t.online_months,
            networks: t.networks.clone(),
            rate_limit: t.rate_limit(),
            client_rate_limit: t.client_rate_limit(),
            metadata_keys: t.metadata_keys.clone(),
        }
    }
}
