//! Roles, rights and filters: default deny, deny overrides.

pub mod attribute;
#[cfg(test)]
mod cases;
mod filter;
mod give;
mod kept;
mod policy;
mod rights;
mod roles;

pub use filter::{Filter, Operand};
pub use give::{beyond, excluded, may_give};
pub use kept::Kept;
pub use policy::{Decision, Policy, not_covered};
pub use rights::*;
pub use rights::{ALL as RIGHTS, find as find_right};
pub use roles::{Effect, Exclusion, Grant, Role, operator, shipped};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Attributes, Value};

    fn role(grants: Vec<Grant>) -> Role {
        Role::new("test", 3, "Test", grants)
    }
    fn of(right: &Right, roles: Vec<Role>) -> Decision {
        Decision::of(right, &Policy::of(roles))
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
        assert!(!of(&PAYMENT_READ, vec![]).may_begin());
        let d = of(&PAYMENT_READ, vec![role(vec![grant(Effect::Allow, None)])]);
        assert!(d.may_begin() && d.permits(&object(5000), &nobody));
        assert_eq!(d.decided_by().as_deref(), Some("test/3#0"));
        assert!(!of(&PAYMENT_REFUND, vec![role(vec![grant(Effect::Allow, None)])]).may_begin());
        let d = of(
            &PAYMENT_READ,
            vec![role(vec![grant(Effect::Allow, None), grant(Effect::Deny, None)])],
        );
        assert!(!d.may_begin() && !d.permits(&object(1), &nobody));
        assert_eq!(d.decided_by().as_deref(), Some("test/3#1"), "the deny decided");
        assert_eq!(of(&PAYMENT_READ, vec![]).decided_by(), None);
    }

    #[test]
    fn filters_decide_by_object_and_missing_attributes_fail_closed() {
        let nobody = Attributes::new();
        let allow = of(
            &PAYMENT_READ,
            vec![role(vec![grant(Effect::Allow, Some(small()))])],
        );
        assert!(allow.permits(&object(100), &nobody));
        assert!(!allow.permits(&object(101), &nobody));
        assert!(
            !allow.permits(&Attributes::new(), &nobody),
            "a missing attribute is no grant"
        );
        let deny = of(
            &PAYMENT_READ,
            vec![role(vec![
                grant(Effect::Allow, None),
                grant(Effect::Deny, Some(small())),
            ])],
        );
        assert!(deny.permits(&object(101), &nobody));
        assert_eq!(deny.decided_by().as_deref(), Some("test/3#0"));
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
