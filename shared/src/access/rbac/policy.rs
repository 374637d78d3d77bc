//! Decisions: what a caller's roles say, compiled once when they are read, and looked up by right.

use super::{Effect, Exclusion, Filter, Grant, RIGHTS, Right, Role};
use crate::{kernel::problem::Problem, store::Attributes};
use std::{
    collections::{BTreeSet, HashMap},
    ops::{Deref, Range},
    sync::{Arc, LazyLock, OnceLock},
};

/// The place of each right in the catalogue.
static PLACES: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| RIGHTS.iter().enumerate().map(|(n, r)| (r.name, n)).collect());

/// One grant: of which role, and which of its grants.
type Place = (usize, usize);

/// A caller's roles with their grants in the order of the rights, so that a decision looks at those of one right only.
#[derive(Debug, Default)]
pub struct Policy {
    roles: Vec<Role>,
    /// Sorted by right.
    grants: Vec<(usize, Place)>,
    /// For each right the role by which it excludes another one that is held.
    excluded: HashMap<usize, usize>,
}

impl Policy {
    /// Compiles roles. Grants of rights that are not in the catalogue mean nothing.
    #[must_use]
    pub fn of(roles: Vec<Role>) -> Arc<Self> {
        let mut grants = Vec::new();
        for (r, role) in roles.iter().enumerate() {
            for (g, grant) in role.grants.iter().enumerate() {
                let right = PLACES.get(grant.right.as_str());
                grants.extend(right.map(|right| (*right, (r, g))));
            }
        }
        grants.sort_unstable();
        let mut policy = Self {
            roles,
            grants,
            excluded: HashMap::new(),
        };
        policy.excluded = policy.exclusions();
        Arc::new(policy)
    }

    /// The roles.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Separation of duties at use: of two rights that exclude each other, neither is left to who is allowed both.
    fn exclusions(&self) -> HashMap<usize, usize> {
        let allowed = |right: usize| {
            let mut grants = self.of_right(right).filter_map(|n| self.grant(n));
            grants.any(|(_, g)| g.effect == Effect::Allow)
        };
        let mut excluded = HashMap::new();
        for (r, role) in self.roles.iter().enumerate() {
            for Exclusion(one, other) in &role.exclusions {
                let places = (PLACES.get(one.as_str()), PLACES.get(other.as_str()));
                if let (Some(&one), Some(&other)) = places {
                    for (right, its) in [(one, other), (other, one)] {
                        if allowed(its) {
                            excluded.entry(right).or_insert(r);
                        }
                    }
                }
            }
        }
        excluded
    }

    fn of_right(&self, right: usize) -> Range<usize> {
        self.grants.partition_point(|(r, _)| *r < right)..self.grants.partition_point(|(r, _)| *r <= right)
    }

    fn grant(&self, n: usize) -> Option<(Place, &Grant)> {
        let (_, (role, grant)) = *self.grants.get(n)?;
        Some(((role, grant), self.roles.get(role)?.grants.get(grant)?))
    }
}

impl Deref for Policy {
    type Target = [Role];
    fn deref(&self) -> &[Role] {
        &self.roles
    }
}

/// What a caller's roles say about one right. It borrows everything from the compiled roles.
#[derive(Debug, Default, Clone)]
pub struct Decision {
    policy: Arc<Policy>,
    grants: Range<usize>,
    /// The role that takes the right because its holder also holds another.
    excluded: Option<usize>,
    /// The grant that decided about the first object, where filters decide.
    by_object: OnceLock<Place>,
}

impl Decision {
    /// Looks up the grants for `right`.
    #[must_use]
    pub fn of(right: &Right, policy: &Arc<Policy>) -> Self {
        let Some(place) = PLACES.get(right.name) else {
            return Self::default();
        };
        Self {
            grants: policy.of_right(*place),
            excluded: policy.excluded.get(place).copied(),
            policy: policy.clone(),
            by_object: OnceLock::new(),
        }
    }

    fn with(&self, effect: Effect) -> impl Iterator<Item = (Place, Option<&Filter>)> {
        let grants = self.grants.clone().filter_map(|n| self.policy.grant(n));
        grants
            .filter(move |(_, g)| g.effect == effect)
            .map(|(place, g)| (place, g.filter.as_ref()))
    }

    /// The first grant of this effect that has no filter.
    fn always(&self, effect: Effect) -> Option<Place> {
        let mut grants = self.with(effect);
        grants
            .find(|(_, filter)| filter.is_none())
            .map(|(place, _)| place)
    }

    /// The grant that decided, for the audit entry: `role/version#number`, counted from 0 in that version of the role.
    #[must_use]
    pub fn decided_by(&self) -> Option<String> {
        let role = |n: usize| {
            let role = self.policy.roles.get(n)?;
            Some(format!("{}/{}", role.id, role.version))
        };
        let denied = self.always(Effect::Deny);
        if let (None, Some(by)) = (denied, self.excluded) {
            return role(by).map(|role| format!("{role}#exclusion"));
        }
        let allowed = || {
            let first = || self.with(Effect::Allow).next().map(|(place, _)| place);
            self.always(Effect::Allow).or_else(first)
        };
        let (by, n) = denied.or(self.by_object.get().copied()).or_else(allowed)?;
        role(by).map(|role| format!("{role}#{n}"))
    }

    /// Whether the call may go on at all: some allow exists and no deny without a filter.
    #[must_use]
    pub fn may_begin(&self) -> bool {
        self.excluded.is_none()
            && self.with(Effect::Allow).next().is_some()
            && self.always(Effect::Deny).is_none()
    }

    /// Whether the right covers this very object. A filter that cannot be evaluated makes an allow no
    /// grant and a deny a deny.
    #[must_use]
    pub fn permits(&self, object: &Attributes, principal: &Attributes) -> bool {
        let (permitted, decided) = self.decide(object, principal, false);
        if let Some(place) = decided {
            let _ = self.by_object.set(place);
        }
        permitted
    }

    /// Whether the right could cover something that is done with this object. What it is done is asked once it is known.
    #[must_use]
    pub fn could_permit(&self, object: &Attributes, principal: &Attributes) -> bool {
        self.decide(object, principal, true).0
    }

    /// Whether the right covers the object, and the grant that says so. `open`: what is done with it is not known yet.
    fn decide(&self, object: &Attributes, principal: &Attributes, open: bool) -> (bool, Option<Place>) {
        if self.excluded.is_some() {
            return (false, None);
        }
        let first = |effect, when_unknown: bool| {
            // The best for the caller: an allow that could hold holds, and a deny does not.
            let favoured = open.then_some(effect == Effect::Allow);
            let holds = |filter: Option<&Filter>| match filter {
                None => true,
                Some(filter) => filter
                    .assuming(object, principal, favoured)
                    .unwrap_or(when_unknown),
            };
            let mut grants = self.with(effect);
            grants.find(|(_, filter)| holds(*filter)).map(|(place, _)| place)
        };
        let denied = first(Effect::Deny, true);
        let decided = denied.or_else(|| first(Effect::Allow, false));
        (denied.is_none() && decided.is_some(), decided)
    }

    /// The attributes that its filters look at.
    #[must_use]
    pub fn looks_at(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for effect in [Effect::Allow, Effect::Deny] {
            let filters = self.with(effect).filter_map(|(_, filter)| filter);
            filters.for_each(|filter| filter.looks_at(&mut names));
        }
        names
    }
}

/// 403 for an object that the caller's right does not cover, with what its filters look at.
pub fn not_covered(right: &Right, decision: &Decision) -> Problem {
    let names: Vec<&str> = decision.looks_at().into_iter().collect();
    let mut problem = Problem::forbidden(right.name);
    if !names.is_empty() {
        let names = names.join(", ");
        problem.detail = format!(
            "Your right {} does not cover this: its filters look at {names}.",
            right.name
        );
    }
    problem
}
