//! Giving roles away, and which of them exclude each other.

use super::{Decision, Effect, Exclusion, PLATFORM_TENANT, Policy, ROLE_ASSIGN, Role};
use crate::store::Attributes;
use std::sync::Arc;

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
pub fn may_give<'r>(held: &Arc<Policy>, role: &'r Role) -> Result<(), &'r str> {
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
