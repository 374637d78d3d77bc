//! The data map of the whole platform: every type of item of every service.

use shared::processing::{ItemType, ROAD};

/// What every service keeps that can be about a customer, by its name; `road` for what the road keeps in each service's table. The
/// items alone: who names a service has all its functions with it.
pub static KEPT: &[(&str, &[ItemType])] = &[
    ("identity", identity::ITEMS),
    ("tenancy", tenancy::ITEMS),
    ("billing", billing::ITEMS),
    ("ledger", ledger::ITEMS),
    ("vault", vault::ITEMS),
    ("payments", payments::ITEMS),
    ("risk", risk::ITEMS),
    ("notifications", notifications::ITEMS),
    ("audit", audit::ITEMS),
    ("privacy", crate::ITEMS),
    // It stands before the others and keeps nothing itself.
    ("soap", &[]),
    ("road", ROAD),
];

/// Every type of item.
pub fn items() -> impl Iterator<Item = &'static ItemType> {
    KEPT.iter().flat_map(|(_, items)| *items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{processing::Reach, record::Class};
    use std::collections::BTreeSet;

    #[test]
    fn whatever_is_about_a_person_says_what_for() {
        for item in items() {
            let personal = item
                .classes()
                .iter()
                .any(|c| matches!(c, Class::Personal | Class::Card));
            let named =
                |f: &shared::record::Field| matches!(f.name, "customer" | "user" | "subject" | "actor");
            let about = personal || item.fields.iter().any(named);
            assert!(
                !about || item.processing.is_some(),
                "{} is about a person and does not say what for",
                item.kind
            );
        }
    }

    #[test]
    fn whatever_names_a_customer_and_lasts_is_disclosed_to_them() {
        // Found through what they lead to, or gone within minutes, or a copy or a sum of what is disclosed.
        let besides = [
            "customer-email",
            "awaited-payment",
            "privacy-archive",
            "usage-bucket",
            "risk-review-task",
        ];
        for item in items().filter(|i| !besides.contains(&i.kind)) {
            if item.fields.iter().any(|f| f.name == "customer") {
                let reach = item.processing.map(|p| p.reach);
                assert!(
                    !matches!(reach, None | Some(Reach::Nothing)),
                    "{} is not disclosed",
                    item.kind
                );
            }
        }
    }

    #[test]
    fn lists_lead_from_kinds_that_are_themselves_disclosed() {
        let kinds: BTreeSet<&str> = items().map(|i| i.kind).collect();
        for item in items() {
            if let Some(Reach::Listed { of, .. }) = item.processing.map(|p| p.reach) {
                assert!(of.iter().all(|kind| kinds.contains(kind)), "{}", item.kind);
            }
        }
    }

    #[test]
    fn a_kind_has_one_type() {
        let mut seen = BTreeSet::new();
        for item in items() {
            // The chunks of an audit entry share its partition.
            assert!(
                seen.insert((item.table, item.kind)) || item.kind == "audit-entry",
                "{}",
                item.kind
            );
        }
    }
}
