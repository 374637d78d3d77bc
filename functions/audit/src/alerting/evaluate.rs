//! What entries make of what rules remember, decided from both and nothing else.

use super::items::TrackerItem;
use crate::alert_rules::{Heard, Rule, RuleKind};
use aws_lc_rs::digest::{SHA256, digest};
use std::collections::BTreeMap;

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;
/// Seconds that a tracker is kept after the latest entry, beside the rule's own time.
const KEPT: i64 = 24 * 3600;

/// An alert to be raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which of the rules.
    pub rule: usize,
    /// What it was counted for; empty for the tenant.
    pub subject: String,
    /// The entries, oldest first.
    pub entries: Vec<String>,
    /// One sentence for people.
    pub detail: String,
    /// Unix milliseconds of the entry that completed it.
    pub at: i64,
}

/// A rule that counts an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which of the rules.
    pub rule: usize,
    /// What it counts for.
    pub subject: String,
    /// What it remembers of that; none where one entry is enough.
    pub tracker: Option<String>,
}

/// The rules that count an entry. Each region counts the entries of its own log.
#[must_use]
pub fn hits(rules: &[Rule], entry: &Heard, region: &str) -> Vec<Hit> {
    let hit = |(n, rule): (usize, &Rule)| {
        let subject = rule.subject(entry)?;
        let tracked = rule.kind == RuleKind::Doubling || rule.count > 1;
        let hash = hex::encode(digest(&SHA256, subject.as_bytes()));
        let tracker = tracked.then(|| {
            format!(
                "{region}#{}#{}",
                rule.name.as_str(),
                hash.get(..32).unwrap_or_default()
            )
        });
        Some(Hit {
            rule: n,
            subject,
            tracker,
        })
    };
    rules.iter().enumerate().filter_map(hit).collect()
}

/// Lets a rule count an entry. `tracker` is what it remembers, and is changed.
#[must_use]
pub fn count(
    rule: &Rule,
    hit: &Hit,
    entry: &Heard,
    trackers: &mut BTreeMap<String, TrackerItem>,
) -> Option<Found> {
    let found = |entries: Vec<String>, detail: String| Found {
        rule: hit.rule,
        subject: hit.subject.clone(),
        entries,
        detail,
        at: entry.at,
    };
    let Some(id) = &hit.tracker else {
        let detail = format!("{} {}.", entry.activity, entry.outcome);
        return Some(found(vec![entry.id.clone()], detail));
    };
    let tracker = trackers.entry(id.clone()).or_insert_with(|| TrackerItem {
        id: id.clone(),
        told_hour: -1,
        told_until: -1,
        ..TrackerItem::default()
    });
    let until = entry.at / 1000 + i64::from(rule.minutes) * 60 + KEPT;
    tracker.until = tracker.until.max(until);
    match rule.kind {
        RuleKind::Count => {
            let entries = within(rule, tracker, entry)?;
            let detail = format!("{} entries within {} minutes.", entries.len(), rule.minutes);
            Some(found(entries, detail))
        }
        RuleKind::Doubling => {
            let (this, before) = doubled(rule, tracker, entry)?;
            let detail = format!("{this} entries within this hour, {before} in the hour before.");
            Some(found(vec![entry.id.clone()], detail))
        }
    }
}

/// Unix milliseconds of an entry, from its id.
#[must_use]
pub fn time_of(id: &str) -> Option<i64> {
    let ulid = ulid::Ulid::from_string(id.strip_prefix("aud_")?).ok()?;
    i64::try_from(ulid.timestamp_ms()).ok()
}

/// The entries of a full window that the new one completes, in whatever order they came.
fn within(rule: &Rule, tracker: &mut TrackerItem, entry: &Heard) -> Option<Vec<String>> {
    if (tracker.told_from..=tracker.told_until).contains(&entry.at) {
        return None;
    }
    let at = tracker.entries.binary_search(&entry.id).err()?;
    tracker.entries.insert(at, entry.id.clone());
    let count = usize::try_from(rule.count).unwrap_or(usize::MAX);
    let window = i64::from(rule.minutes) * 60_000;
    let full = |some: &&[String]| {
        let ends = some
            .first()
            .and_then(|f| time_of(f))
            .zip(some.last().and_then(|l| time_of(l)));
        some.contains(&entry.id) && ends.is_some_and(|(first, last)| last - first <= window)
    };
    let found = tracker.entries.windows(count).find(full).map(<[String]>::to_vec);
    if let Some(found) = &found {
        let (first, last) = (found.first(), found.last());
        tracker.told_from = first
            .and_then(|f| time_of(f))
            .unwrap_or(entry.at)
            .saturating_sub(window);
        tracker.told_until = last
            .and_then(|l| time_of(l))
            .unwrap_or(entry.at)
            .saturating_add(window);
        tracker.entries.retain(|e| !found.contains(e));
    }
    let surplus = tracker.entries.len().saturating_sub(count.saturating_mul(2));
    tracker.entries.drain(..surplus);
    found
}

/// Whether this hour has twice as many as the one before, told once for each hour.
fn doubled(rule: &Rule, tracker: &mut TrackerItem, entry: &Heard) -> Option<(u64, u64)> {
    let hour = entry.at.div_euclid(HOUR);
    if hour > tracker.hour {
        tracker.before = if hour - tracker.hour == 1 { tracker.this } else { 0 };
        (tracker.hour, tracker.this) = (hour, 0);
    }
    if hour == tracker.hour {
        tracker.this += 1;
    } else if tracker.hour - hour == 1 {
        tracker.before += 1;
    }
    let (this, before) = (tracker.this, tracker.before);
    let holds = this >= u64::from(rule.count) && this >= before.saturating_mul(2);
    if hour != tracker.hour || !holds || tracker.told_hour >= hour {
        return None;
    }
    tracker.told_hour = hour;
    Some((this, before))
}
