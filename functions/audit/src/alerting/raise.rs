//! Evaluating entries: read, count, one transaction with the alerts and their events, and again after a lost race.

use super::{
    evaluate::{self, Found, Hit},
    items::{HeardItem, TrackerItem},
};
use crate::{
    alert_rules::{Heard, Rule, Rules, RulesItem},
    alerts::{AlertId, AlertItem, AlertState, Severity},
};
use shared::{
    metrics::Gauge,
    problem::Problem,
    random,
    road::Context,
    store::{Changes, Event, Key, Stored},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Rounds after lost races.
const ROUNDS: u32 = 20;
/// Most actions of one transaction that entries may cause: an entry, and a tracker, an alert and an event of each hit.
const ACTIONS: usize = 90;

/// Evaluates entries of one tenant. Entries that have been evaluated before change nothing.
///
/// # Errors
/// 503 when the store does not answer: then they must come again.
pub async fn evaluate(cx: &Context, entries: &[Heard]) -> Result<usize, Problem> {
    let kept = cx.find::<RulesItem>(RulesItem::ID).await?;
    let rules = Rules::of(kept.map(|k| k.item)).rules;
    let mut raised = 0;
    let mut some: Vec<(&Heard, Vec<Hit>)> = Vec::new();
    let mut weight = 0;
    for entry in entries {
        let hits = evaluate::hits(&rules, entry, &cx.app().config.region);
        if hits.is_empty() {
            continue;
        }
        let own = 1 + 3 * hits.len();
        if weight + own > ACTIONS && !some.is_empty() {
            raised += together(cx, &rules, &some).await?;
            (some, weight) = (Vec::new(), 0);
        }
        weight += own;
        // More rules than fit into one transaction: the first of them, rather than none at all.
        let hits = hits.into_iter().take(ACTIONS / 3).collect();
        some.push((entry, hits));
    }
    if !some.is_empty() {
        raised += together(cx, &rules, &some).await?;
    }
    Ok(raised)
}

/// Counts entries in one transaction. Gives how many alerts it raised.
async fn together(cx: &Context, rules: &[Rule], some: &[(&Heard, Vec<Hit>)]) -> Result<usize, Problem> {
    for round in 0..ROUNDS {
        let markers: Vec<Key> = some.iter().map(|(e, _)| cx.key::<HeardItem>(&e.id)).collect();
        let names: BTreeSet<&str> = some
            .iter()
            .flat_map(|(_, hits)| hits.iter().filter_map(|h| h.tracker.as_deref()))
            .collect();
        let trackers: Vec<Key> = names.iter().map(|n| cx.key::<TrackerItem>(n)).collect();
        let all: Vec<Key> = markers.iter().chain(&trackers).cloned().collect();
        let mut batch = cx.batch(&all).await?;
        let mut old: BTreeMap<String, Stored<TrackerItem>> = BTreeMap::new();
        for key in &trackers {
            if let Some(item) = batch.take::<TrackerItem>(key)? {
                old.insert(item.id.clone(), item);
            }
        }
        let mut now: BTreeMap<String, TrackerItem> = old
            .iter()
            .map(|(id, stored)| (id.clone(), stored.item.clone()))
            .collect();
        let (mut changes, mut found, mut seen) = (Changes::new(), Vec::new(), BTreeSet::new());
        for ((entry, hits), key) in some.iter().zip(&markers) {
            if batch.take::<HeardItem>(key)?.is_some() || !seen.insert(&entry.id) {
                continue;
            }
            changes = changes.write(cx.create(&HeardItem {
                id: entry.id.clone(),
                heard_at: cx.now().as_second(),
            })?);
            for hit in hits {
                let rule = rules.get(hit.rule);
                found.extend(rule.and_then(|rule| evaluate::count(rule, hit, entry, &mut now)));
            }
        }
        if seen.is_empty() {
            return Ok(0);
        }
        for (id, tracker) in &now {
            match old.get(id) {
                Some(was) if was.item == *tracker => {}
                Some(was) => changes = changes.write(cx.replace(was, tracker)?),
                None => changes = changes.write(cx.create(tracker)?),
            }
        }
        let raised = found.len();
        for found in found {
            if let Some(rule) = rules.get(found.rule) {
                changes = with(cx, changes, alert(cx, rule, found))?;
            }
        }
        // What only counts needs no entry of its own.
        let done = if raised > 0 {
            cx.commit(changes).await
        } else {
            cx.apply(changes).await
        };
        match done {
            Ok(()) => return Ok(raised),
            Err(Some(problem)) => return Err(problem),
            Err(None) => pause(cx, round).await,
        }
    }
    Err(Problem::unavailable(
        "what rules remember was contended for too long",
    ))
}

/// Raises an alert that stands for itself, unless it has been raised.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn once(cx: &Context, alert: AlertItem) -> Result<bool, Problem> {
    for round in 0..ROUNDS {
        let keys = [
            cx.key::<AlertItem>(alert.id.as_str()),
            cx.key::<RulesItem>(RulesItem::ID),
        ];
        let [raised, rules] = &keys;
        let mut found = cx.batch(&keys).await?;
        if found.take::<AlertItem>(raised)?.is_some() {
            return Ok(false);
        }
        let mut alert = alert.clone();
        if let Some(rules) = found.take::<RulesItem>(rules)? {
            alert.mail_to = rules.item.always_mail_to;
        }
        match cx.commit(with(cx, Changes::new(), alert)?).await {
            Ok(()) => {
                cx.meter().note(Gauge::TamperAlerts, 1.0);
                return Ok(true);
            }
            Err(Some(problem)) => return Err(problem),
            Err(None) => pause(cx, round).await,
        }
    }
    Err(Problem::unavailable("lost too many races"))
}

async fn pause(cx: &Context, round: u32) {
    let pause = random::below(20u64 << round.min(4)).saturating_add(1);
    cx.app().clock.sleep(Duration::from_millis(pause)).await;
}

/// The alert and its event, which goes to webhooks through the outbox.
fn with(cx: &Context, changes: Changes, alert: AlertItem) -> Result<Changes, Problem> {
    let event = Event::about("alert.raised", alert.id.as_str(), &alert);
    let write = cx.create(&alert)?;
    let changes = changes.write(write).event(event);
    Ok(if changes.object.is_none() {
        changes.object(alert.id.as_str(), None, Some(&alert))
    } else {
        changes
    })
}

fn alert(cx: &Context, rule: &Rule, found: Found) -> AlertItem {
    let at = Timestamp::from_millisecond(found.at).unwrap_or(cx.now());
    let last = found.entries.last().map(String::as_str).unwrap_or_default();
    AlertItem {
        id: AlertId::about(at, &[rule.name.as_str(), &found.subject, last]),
        rule: rule.name.as_str().to_owned(),
        severity: rule.severity,
        state: AlertState::Open,
        detail: found.detail,
        subject: Some(found.subject).filter(|s| !s.is_empty()),
        entries: found.entries,
        raised_at: cx.now(),
        mail_to: rule.mail_to.clone(),
        acknowledged_by: None,
        acknowledged_at: None,
        note: None,
    }
}

/// An alert of the highest level: something has touched the log. `words` tell it from every other one.
#[must_use]
pub fn critical(
    cx: &Context,
    rule: &str,
    detail: String,
    entries: Vec<String>,
    at: Timestamp,
    words: &[&str],
) -> AlertItem {
    let mut all = vec![rule];
    all.extend(words);
    AlertItem {
        id: AlertId::about(at, &all),
        rule: rule.to_owned(),
        severity: Severity::Critical,
        state: AlertState::Open,
        detail,
        subject: None,
        entries,
        raised_at: cx.now(),
        mail_to: Vec::new(),
        acknowledged_by: None,
        acknowledged_at: None,
        note: None,
    }
}
