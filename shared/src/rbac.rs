//! Roles, rights and filters: default deny, deny overrides.

mod assign;
mod filter;
mod rights;
mod roles;

pub use assign::{assignable, exceeds};
pub use filter::{Filter, Operand};
pub use rights::*;
pub use rights::{ALL as RIGHTS, find as find_right};
pub use roles::{Effect, Exclusion, Grant, Role, operator, shipped};

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
        decision.exclude(right, roles);
        decision
    }

    /// Takes the right from a caller whose roles hold another that it excludes.
    fn exclude(&mut self, right: &Right, roles: &[Role]) {
        let allowed = |name: &str| {
            let mut grants = roles.iter().flat_map(|r| &r.grants);
            grants.any(|g| g.effect == Effect::Allow && g.right == name)
        };
        let pairs = roles
            .iter()
            .flat_map(|r| r.exclusions.iter().map(move |e| (r, e)));
        for (role, Exclusion(one, other)) in pairs {
            let clash = (one == right.name && allowed(other)) || (other == right.name && allowed(one));
            if clash {
                let deny = Grant {
                    right: right.name.to_owned(),
                    effect: Effect::Deny,
                    filter: None,
                };
                self.denies
                    .push((format!("{}/{}#exclusion", role.id, role.version), deny));
            }
        }
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

/// The first right of `role` that somebody with the roles `held` does not hold at least as widely, and so may
/// not give to anybody. An allow is covered by one without a filter or with the same one; a deny of theirs must
/// stand in the role too.
#[must_use]
pub fn beyond<'r>(held: &[Role], role: &'r Role) -> Option<&'r str> {
    let own = |effect, right: &str| {
        let grants = held.iter().flat_map(|r| &r.grants);
        grants
            .filter(|g| g.effect == effect && g.right == right)
            .collect::<Vec<_>>()
    };
    let allows = role.grants.iter().filter(|g| g.effect == Effect::Allow);
    allows.map(|g| (g, g.right.as_str())).find_map(|(grant, right)| {
        let allowed = own(Effect::Allow, right)
            .iter()
            .any(|o| o.filter.is_none() || o.filter == grant.filter);
        let denied = own(Effect::Deny, right)
            .into_iter()
            .any(|deny| !role.grants.contains(deny));
        (!allowed || denied).then_some(right)
    })
}

/// Whether the holder of `held` may give `role` away: it holds nothing that they do not hold themselves, or they may
/// assign it; and what only the platform's own people hold, nobody gives.
///
/// # Errors
/// Names a right that they may not give.
pub fn may_give<'r>(held: &[Role], role: &'r Role) -> Result<(), &'r str> {
    let Some(right) = beyond(held, role) else {
        return Ok(());
    };
    let platform = role.grants.iter().find(|g| g.right == PLATFORM_TENANT.name);
    if let Some(grant) = platform {
        return Err(grant.right.as_str());
    }
    let attributes = Attributes::from([("id", role.id.as_str().into())]);
    if Decision::of(&ROLE_ASSIGN, held).permits(&attributes, &Attributes::new()) {
        Ok(())
    } else {
        Err(right)
    }
}

/// A pair of rights that exclude each other and that these roles allow both.
#[must_use]
pub fn excluded(roles: &[Role]) -> Option<&Exclusion> {
    let allowed = |name: &str| {
        let mut grants = roles.iter().flat_map(|r| &r.grants);
        grants.any(|g| g.effect == Effect::Allow && g.right == name)
    };
    let mut pairs = roles.iter().flat_map(|r| &r.exclusions);
    pairs.find(|Exclusion(one, other)| allowed(one) && allowed(other))
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

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let all = role(vec![grant(Effect::Allow, None)]);
        let some = role(vec![grant(Effect::Allow, Some(small()))]);
        let but = role(vec![
            grant(Effect::Allow, None),
            grant(Effect::Deny, Some(small())),
        ]);
        let deny = role(vec![grant(Effect::Deny, None)]);
        let name = Some(PAYMENT_READ.name);
        for (held, given, expected) in [
            (vec![], &all, name),
            (vec![&all], &all, None),
            (vec![&all], &some, None),
            (vec![&all], &but, None),
            (vec![&some], &all, name),
            (vec![&some], &some, None),
            (vec![&but], &all, name),
            (vec![&but], &but, None),
            (vec![&all, &deny], &all, name),
            (vec![], &deny, None),
        ] {
            let held: Vec<Role> = held.into_iter().cloned().collect();
            assert_eq!(beyond(&held, given), expected);
        }
        let other = Role::new(
            "o",
            1,
            "O",
            vec![Grant {
                right: "payment.refund".into(),
                effect: Effect::Allow,
                filter: None,
            }],
        );
        assert_eq!(beyond(&[all], &other), Some("payment.refund"));
    }
}
