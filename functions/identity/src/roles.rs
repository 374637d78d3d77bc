//! Roles of a tenant.

pub mod default_policy;
pub mod list;
pub mod password_policy;
mod policy_answer;
pub mod put;

use serde::{Deserialize, Serialize};
use shared::{
    auth::Policy,
    rbac::{Exclusion, Grant, Role},
    record::Record,
    store::{Item, Table},
    time::Timestamp,
};

/// A version of a role, kept for good.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RoleVersion {
    /// The role.
    #[public]
    pub id: String,
    /// The version.
    #[public]
    pub version: u32,
    /// What people called it.
    #[internal]
    pub name: String,
    /// What it granted.
    #[internal]
    pub grants: Vec<Grant>,
    /// Which rights excluded each other.
    #[internal]
    pub exclusions: Vec<Exclusion>,
    /// Networks that its holders might call from.
    #[internal]
    #[serde(default)]
    pub networks: Vec<String>,
    /// What its holders' passwords and sessions were held to; none means the tenant's policy.
    #[internal]
    #[serde(default)]
    pub policy: Option<Policy>,
    /// Who made it.
    #[public]
    pub made_by: String,
    /// When.
    #[public]
    pub made_at: Timestamp,
}

impl Item for RoleVersion {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "role-version";
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        format!("{:010}", self.version)
    }
}

impl RoleVersion {
    /// A version of a role as it is kept.
    #[must_use]
    pub fn of(role: &Role, made_by: String, made_at: Timestamp) -> Self {
        Self {
            id: role.id.clone(),
            version: role.version,
            name: role.name.clone(),
            grants: role.grants.clone(),
            exclusions: role.exclusions.clone(),
            networks: role.networks.clone(),
            policy: role.policy.clone(),
            made_by,
            made_at,
        }
    }
}
