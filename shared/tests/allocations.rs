//! What a decision allocates: as much for a caller with twenty roles as for one with one.

use shared::{
    auth::{Principal, PrincipalKind},
    ids::{ClientId, TenantId, UserId},
    rbac::{Decision, Effect, Filter, Grant, Operand, PAYMENT_READ, Policy, RIGHTS, Role},
    store::Attributes,
    time::Timestamp,
};
use std::sync::Arc;

const GRANTS: usize = 400;

/// Grants of every right, half of them filtered, in so many roles.
fn policy(roles: usize) -> Arc<Policy> {
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
    let rights = RIGHTS.iter().cycle().take(GRANTS).enumerate();
    let grants: Vec<Grant> = rights
        .map(|(n, right)| Grant {
            right: right.name.to_owned(),
            effect: Effect::Allow,
            filter: n.is_multiple_of(2).then(filter),
        })
        .collect();
    let parts = grants.chunks(GRANTS / roles).enumerate();
    Policy::of(
        parts
            .map(|(n, part)| Role::new(&format!("role_{n}"), 1, "Role", part.to_vec()))
            .collect(),
    )
}

/// Allocations and bytes of one decision about one object.
fn decided(roles: usize) -> (u64, u64) {
    let policy = policy(roles);
    let caller = Principal {
        tenant: TenantId::platform(),
        kind: PrincipalKind::Client {
            client: ClientId::new(Timestamp::UNIX_EPOCH),
            owner: UserId::new(Timestamp::UNIX_EPOCH).to_string(),
        },
        roles: policy.clone(),
    };
    let attributes = caller.attributes();
    let object = Attributes::from([("amount", 400.into()), ("customer", "cus_1".into())]);
    let mut allowed = false;
    let seen = allocation_counter::measure(|| {
        let decision = Decision::of(&PAYMENT_READ, &policy);
        allowed = decision.may_begin() && decision.permits(&object, &attributes);
    });
    assert!(allowed);
    (seen.count_total, seen.bytes_total)
}

#[test]
fn a_decision_allocates_nothing_that_grows_with_the_number_of_roles() {
    let one = decided(1);
    for roles in [2, 5, 20] {
        assert_eq!(decided(roles), one, "{roles} roles");
    }
}
