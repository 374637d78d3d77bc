//! What the holder of several roles is held to.

use crate::access::{password_policy::Policy, rbac::Role};

impl Policy {
    /// What the holder of these roles is held to. A role without a policy of its own counts with the tenant's.
    #[must_use]
    pub fn of(tenant: &Self, roles: &[Role]) -> Self {
        let own = roles.iter().map(|r| r.policy.as_ref().unwrap_or(tenant));
        own.cloned()
            .reduce(|a, b| a.strictest(&b))
            .unwrap_or_else(|| tenant.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_without_a_policy_counts_with_the_tenants() {
        let plain = Role::new("a", 1, "A", vec![]);
        let mfa = Role {
            policy: Some(Policy::mfa()),
            ..plain.clone()
        };
        let tenant = Policy::pci_single_factor();
        assert_eq!(Policy::of(&tenant, &[]), tenant);
        assert_eq!(Policy::of(&tenant, std::slice::from_ref(&mfa)), Policy::mfa());
        assert_eq!(
            Policy::of(&tenant, &[plain, mfa]),
            tenant.strictest(&Policy::mfa())
        );
    }
}
