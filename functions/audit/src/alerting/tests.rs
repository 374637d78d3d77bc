//! Counting against a model: whatever order and however often entries come, a rule raises each alert once.

use super::{
    evaluate::{Found, count, hits, time_of},
    items::TrackerItem,
};
use crate::alert_rules::{Heard, Per, Rule, RuleKind, shipped};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn rule(kind: RuleKind, n: u32, minutes: u32) -> Rule {
    Rule {
        kind,
        count: n,
        minutes,
        per: Per::Address,
        ..shipped::rules().remove(0)
    }
}

fn entry(n: u32, millis: i64) -> Heard {
    let ulid = ulid::Ulid::from_parts(u64::try_from(millis).unwrap(), u128::from(n));
    Heard {
        id: format!("aud_{ulid}"),
        at: millis,
        activity: "billing.read_customer".into(),
        code: "S".into(),
        outcome: "refused".into(),
        problem: Some("forbidden".into()),
        mark: None,
        actor: "cli_1".into(),
        address: Some("192.0.2.1".into()),
        object: None,
    }
}

/// Takes entries as the road does: each once, however often it comes.
#[derive(Default)]
struct Listener {
    heard: BTreeSet<String>,
    trackers: BTreeMap<String, TrackerItem>,
    found: Vec<Found>,
}

impl Listener {
    fn take(&mut self, rule: &Rule, entry: &Heard) {
        if !self.heard.insert(entry.id.clone()) {
            return;
        }
        for hit in hits(std::slice::from_ref(rule), entry, "r") {
            self.found.extend(count(rule, &hit, entry, &mut self.trackers));
        }
    }
}

const BASE: i64 = 1_795_000_000_000;

#[test]
fn ten_within_five_minutes_raise_one_alert_and_nine_none() {
    let rule = rule(RuleKind::Count, 10, 5);
    for (gap, alerts) in [(30_000, 1), (33_000, 1), (33_334, 0), (60_000, 0)] {
        let mut listener = Listener::default();
        for n in 0..10 {
            listener.take(&rule, &entry(n, BASE + i64::from(n) * gap));
        }
        assert_eq!(listener.found.len(), alerts, "{gap}");
    }
    let mut listener = Listener::default();
    (0..9).for_each(|n| listener.take(&rule, &entry(n, BASE)));
    assert!(listener.found.is_empty());
    listener.take(&rule, &entry(9, BASE));
    assert_eq!(listener.found[0].entries.len(), 10);
}

#[test]
fn another_address_or_another_outcome_does_not_count() {
    let rule = rule(RuleKind::Count, 2, 5);
    let mut listener = Listener::default();
    listener.take(&rule, &entry(0, BASE));
    let mut other = entry(1, BASE);
    other.address = Some("192.0.2.2".into());
    listener.take(&rule, &other);
    let mut fine = entry(2, BASE);
    fine.outcome = "succeeded".into();
    listener.take(&rule, &fine);
    let mut nowhere = entry(3, BASE);
    nowhere.address = None;
    listener.take(&rule, &nowhere);
    assert!(listener.found.is_empty());
    listener.take(&rule, &entry(4, BASE));
    assert_eq!(listener.found.len(), 1);
}

#[test]
fn a_rule_that_is_off_hears_nothing_and_one_is_enough_where_one_is() {
    let mut one = rule(RuleKind::Count, 1, 1);
    let mut listener = Listener::default();
    for n in 0..3 {
        listener.take(&one, &entry(n, BASE));
        listener.take(&one, &entry(n, BASE));
    }
    assert_eq!(listener.found.len(), 3);
    one.enabled = false;
    assert!(hits(&[one], &entry(9, BASE), "r").is_empty());
}

#[test]
fn refusals_double_once_an_hour_and_only_above_the_least_number() {
    let rule = rule(RuleKind::Doubling, 4, 60);
    let mut listener = Listener::default();
    let mut n = 0;
    let mut hour = |listener: &mut Listener, hour: i64, many: u32| {
        for _ in 0..many {
            n += 1;
            listener.take(
                &rule,
                &entry(n, BASE / 3_600_000 * 3_600_000 + hour * 3_600_000 + i64::from(n)),
            );
        }
        std::mem::take(&mut listener.found).len()
    };
    assert_eq!(hour(&mut listener, 0, 3), 0, "too few");
    assert_eq!(hour(&mut listener, 1, 5), 0, "5 is less than twice 3");
    assert_eq!(hour(&mut listener, 1, 1), 1, "6 is twice 3");
    assert_eq!(hour(&mut listener, 1, 20), 0, "told for this hour");
    assert_eq!(hour(&mut listener, 2, 30), 0, "30 is less than twice 26");
    assert_eq!(
        hour(&mut listener, 1, 2),
        0,
        "late ones of the hour before raise nothing"
    );
    assert_eq!(hour(&mut listener, 2, 25), 0, "55 is less than twice 28");
    assert_eq!(hour(&mut listener, 2, 1), 1, "56 is twice 28");
    assert_eq!(hour(&mut listener, 9, 4), 1, "from nothing to the least number");
}

#[test]
fn the_time_of_an_entry_is_in_its_id() {
    assert_eq!(time_of(&entry(7, BASE).id), Some(BASE));
    assert_eq!(time_of("exp_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"), None);
}

proptest! {
    /// A burst that is long enough raises an alert in whatever order it comes; no entry is in two alerts, each alert's
    /// entries lie within the window, and what comes again raises nothing.
    #[test]
    fn order_and_repetition_change_nothing(order in Just((0..25u32).collect::<Vec<_>>()).prop_shuffle(), gap in 0..20_000i64) {
        let rule = rule(RuleKind::Count, 10, 5);
        let mut listener = Listener::default();
        for n in order.iter().chain(&order) {
            listener.take(&rule, &entry(*n, BASE + i64::from(*n) * gap));
        }
        prop_assert!(!listener.found.is_empty());
        let mut told = BTreeSet::new();
        for found in &listener.found {
            prop_assert_eq!(found.entries.len(), 10);
            let times: Vec<i64> = found.entries.iter().map(|e| time_of(e).unwrap()).collect();
            prop_assert!(times.is_sorted() && times[9] - times[0] <= 300_000);
            for entry in &found.entries {
                prop_assert!(told.insert(entry.clone()), "in two alerts");
            }
        }
        let one_incident = gap * 24 <= 300_000;
        prop_assert!(!one_incident || listener.found.len() == 1, "{}", listener.found.len());
    }
}
