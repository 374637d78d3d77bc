//! Roles, rights and filters: default deny, deny overrides.

mod filter;
mod rights;
mod roles;

pub use filter::{Filter, Operand};
pub use rights::*;
pub use rights::{ALL as RIGHTS, find as find_right};
pub use roles::{Effect, Grant, Role, operator, shipped};

use crate::store::Attributes;
use std::sync::OnceLock;

/// What a caller's roles say about one right: the filters of the grants that name it.
#[derive(Debug, Default, Clone)]
pub struct Decision {
    allows: Vec<(String, Grant)>,
    denies: Vec<(String, Grant)>,
    /// The grant that decided about the first object, where filters decide.
    by_object: OnceLock<String>,
}

impl Decision {
    /// Gathers the grants for `right` from the caller's roles.
    #[must_use]
    pub fn of(right: &Right, roles: &[Role]) -> Self {
        let mut decision = Self::default();
        for role in roles {
            let named = role.grants.iter().enumerate();
            for (n, grant) in named.filter(|(_, g)| g.right == right.name) {
                let name = format!("{}/{}#{n}", role.id, role.version);
                match grant.effect {
                    Effect::Allow => decision.allows.push((name, grant.clone())),
                    Effect::Deny => decision.denies.push((name, grant.clone())),
                }
            }
        }
        decision
    }

    /// The grant that decided, for the audit entry: `role/version#number`, counted from 0 in that version of the role.
    #[must_use]
    pub fn decided_by(&self) -> Option<&str> {
        let always = |grants: &[(String, Grant)]| grants.iter().position(|(_, g)| g.filter.is_none());
        if let Some((name, _)) = always(&self.denies).and_then(|n| self.denies.get(n)) {
            return Some(name);
        }
        if let Some(name) = self.by_object.get() {
            return Some(name);
        }
        let first = always(&self.allows).unwrap_or(0);
        self.allows.get(first).map(|(name, _)| name.as_str())
    }

    /// Whether the call may go on at all: some allow exists and no deny without a filter.
    #[must_use]
    pub fn may_begin(&self) -> bool {
        !self.allows.is_empty() && !self.denies.iter().any(|(_, g)| g.filter.is_none())
    }

    /// Whether the right covers this very object. A filter that cannot be evaluated makes an allow no
    /// grant and a deny a deny.
    #[must_use]
    pub fn permits(&self, object: &Attributes, principal: &Attributes) -> bool {
        let holds = |g: &Grant, when_unknown: bool| match &g.filter {
            None => true,
            Some(filter) => filter.evaluate(object, principal).unwrap_or(when_unknown),
        };
        let denied = self.denies.iter().find(|(_, g)| holds(g, true));
        let allowed = self.allows.iter().find(|(_, g)| holds(g, false));
        if let Some((name, _)) = denied.or(allowed) {
            let _ = self.by_object.set(name.clone());
        }
        denied.is_none() && allowed.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Value;

    fn role(grants: Vec<Grant>) -> Role {
        Role::new("test", 3, "Test", grants)
    }
    fn small() -> Filter {
        Filter::Le {
            attribute: "amount".into(),
            value: Value::Number(100),
        }
    }
    fn grant(effect: Effect, filter: Option<Filter>) -> Grant {
        Grant {
            right: PAYMENT_READ.name.into(),
            effect,
            filter,
        }
    }
    fn object(amount: i64) -> Attributes {
        Attributes::from([("amount", Value::Number(amount))])
    }

    #[test]
    fn default_deny_and_deny_overrides() {
        let nobody = Attributes::new();
        assert!(!Decision::of(&PAYMENT_READ, &[]).may_begin());
        let d = Decision::of(&PAYMENT_READ, &[role(vec![grant(Effect::Allow, None)])]);
        assert!(d.may_begin() && d.permits(&object(5000), &nobody));
        assert_eq!(d.decided_by(), Some("test/3#0"));
        assert!(!Decision::of(&PAYMENT_REFUND, &[role(vec![grant(Effect::Allow, None)])]).may_begin());
        let d = Decision::of(
            &PAYMENT_READ,
            &[role(vec![grant(Effect::Allow, None), grant(Effect::Deny, None)])],
        );
        assert!(!d.may_begin() && !d.permits(&object(1), &nobody));
        assert_eq!(d.decided_by(), Some("test/3#1"), "the deny decided");
        assert_eq!(Decision::of(&PAYMENT_READ, &[]).decided_by(), None);
    }

    #[test]
    fn filters_decide_by_object_and_missing_attributes_fail_closed() {
        let nobody = Attributes::new();
        let allow = Decision::of(&PAYMENT_READ, &[role(vec![grant(Effect::Allow, Some(small()))])]);
        assert!(allow.permits(&object(100), &nobody));
        assert!(!allow.permits(&object(101), &nobody));
        assert!(
            !allow.permits(&Attributes::new(), &nobody),
            "a missing attribute is no grant"
        );
        let deny = Decision::of(
            &PAYMENT_READ,
            &[role(vec![
                grant(Effect::Allow, None),
                grant(Effect::Deny, Some(small())),
            ])],
        );
        assert!(deny.permits(&object(101), &nobody));
        assert_eq!(deny.decided_by(), Some("test/3#0"));
        assert!(!deny.permits(&object(100), &nobody));
        assert!(
            !deny.permits(&Attributes::new(), &nobody),
            "a missing attribute keeps a deny"
        );
        let text = Attributes::from([("amount", Value::Text("100".into()))]);
        assert!(!allow.permits(&text, &nobody), "a wrong type is no grant");
    }
}
