//! Deciding whether a caller may do something, with many grants in few roles and in many.

use super::{Goal, field::medians};
use serde_json::{Value, json};
use shared::{
    auth::{Principal, PrincipalKind},
    ids::{TenantId, UserId},
    rbac::{Decision, Effect, Filter, Grant, Operand, PAYMENT_READ, Policy, RIGHTS, Role},
    store::Attributes,
};
use std::{hint::black_box, sync::Arc};

/// Grants of a caller with a great many.
const GRANTS: usize = 400;

/// A caller whose grants are spread over so many roles; every other one has a filter.
fn roles(count: usize) -> Arc<Policy> {
    let filter = || {
        Filter::All(vec![
            Filter::Le {
                attribute: "amount".into(),
                value: 1_000.into(),
            },
            Filter::Not(Box::new(Filter::SelfEq {
                attribute: "customer".into(),
                principal: Operand("id".into()),
            })),
        ])
    };
    let grant = |n: usize| Grant {
        right: RIGHTS.get(n % RIGHTS.len()).map_or("", |r| r.name).to_owned(),
        effect: if n % 7 == 6 { Effect::Deny } else { Effect::Allow },
        filter: n.is_multiple_of(2).then(filter),
    };
    // Denies only where a filter does not make them hold: the whole way is walked.
    let grants = (0..GRANTS)
        .map(grant)
        .filter(|g| g.effect == Effect::Allow || g.filter.is_none());
    let grants: Vec<Grant> = grants
        .filter(|g| g.effect == Effect::Allow || g.right != PAYMENT_READ.name)
        .collect();
    let each = grants.len().div_ceil(count);
    let roles = grants.chunks(each).enumerate();
    Policy::of(
        roles
            .map(|(n, part)| Role::new(&format!("role_{n}"), 1, "Role", part.to_vec()))
            .collect(),
    )
}

/// Who asks, with these roles.
fn caller(roles: &Arc<Policy>) -> Principal {
    let now = shared::time::Timestamp::UNIX_EPOCH;
    Principal {
        tenant: TenantId::platform(),
        kind: PrincipalKind::Client {
            client: shared::ids::ClientId::new(now),
            owner: UserId::new(now).to_string(),
        },
        roles: roles.clone(),
    }
}

/// What is asked about.
fn object() -> Attributes {
    Attributes::from([
        ("amount", 400.into()),
        ("currency", "EUR".into()),
        ("customer", "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A".into()),
    ])
}

/// One decision about one object.
fn allowed(caller: &Principal, object: &Attributes) -> bool {
    let decision = Decision::of(black_box(&PAYMENT_READ), &caller.roles);
    black_box(decision.may_begin() && decision.permits(black_box(object), &caller.attributes()))
}

/// Measures.
pub(super) fn measure() -> Result<(Vec<Goal>, Value), String> {
    let (few, many) = (caller(&roles(1)), caller(&roles(20)));
    let object = object();
    let decide = |caller: &Principal| {
        allowed(caller, &object)
            .then_some(())
            .ok_or_else(|| "not allowed".to_owned())
    };
    let mut in_one = || decide(&few);
    let mut in_twenty = || decide(&many);
    let [one, twenty] = medians(&mut [&mut in_one, &mut in_twenty])?;
    let goals = vec![Goal::most(
        &format!("a decision with {GRANTS} grants in 20 roles, p50"),
        twenty / 1e3,
        2.0,
        "µs",
    )];
    console::say(&format!(
        "a decision with {GRANTS} grants: {one:.0} ns in one role, {twenty:.0} ns in twenty"
    ));
    Ok((
        goals,
        json!({"one_role_nanos": one, "twenty_roles_nanos": twenty}),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_allocates_nothing_that_grows_with_the_number_of_roles() {
        let seen = |count| {
            let (caller, object) = (caller(&roles(count)), object());
            let seen = allocation_counter::measure(|| assert!(allowed(&caller, &object)));
            (seen.count_total, seen.bytes_total)
        };
        let one = seen(1);
        for count in [2, 5, 20] {
            assert_eq!(seen(count), one, "{count} roles");
        }
    }
}
