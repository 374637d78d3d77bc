//! Deciding whether a payment may go on, by as many rules as a version may have.

use super::{Goal, field::medians};
use risk::{
    Event, Facts, RiskOutcome, Standing,
    conditions::{Conditions, check},
    rules::RulesItem,
    screen,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, hint::black_box};

/// Rules of the version.
const RULES: usize = 200;

/// A version as payments read it: rules of the kinds that analysts write. Every tenth holds.
fn version() -> Result<RulesItem, String> {
    let rule = |n: usize| {
        let holds = n.is_multiple_of(10);
        let when = match n % 4 {
            0 => format!(
                "amount_major > {} and customer.age_days < 7",
                if holds { 50 } else { 5_000 + n }
            ),
            1 => format!(
                "coalesce(card.bin, \"\") in [\"4000{n:02}\", \"4100{n:02}\"] or customer.payments_hour > {n}"
            ),
            2 => format!(
                "time_between(now, \"23:00\", \"05:00\", \"Europe/Berlin\") and amount > {}",
                if holds { 1 } else { 900_000 + n }
            ),
            _ => format!("starts_with(lower(coalesce(metadata.channel, \"\")), \"shop-{n}\")"),
        };
        json!({"id": format!("rule_{n}"), "when": when, "points": 1})
    };
    let rules: Vec<Value> = (0..RULES).map(rule).collect();
    let given: Conditions = serde_json::from_value(json!({"rules": rules})).map_err(|e| e.to_string())?;
    let (kept, _) = check(given, &BTreeSet::new()).map_err(|why| format!("{why:?}"))?;
    Ok(RulesItem {
        packed: Some(serde_json::to_string(&kept).map_err(|e| e.to_string())?),
        ..RulesItem::shipped()
    })
}

/// A payment at night, by a customer of today.
fn payment(version: &RulesItem) -> Result<Facts, String> {
    let from = |text: &str| text.parse().map_err(|_| format!("{text} is no time"));
    Ok(Facts {
        amount: 12_000,
        currency: "EUR".parse().map_err(|_| "no currency")?,
        rules: version.in_force().map_err(|why| format!("{why:?}"))?,
        customer: Standing::default(),
        card: Standing::default(),
        event: Event {
            now: from("2026-01-15T23:30:00Z")?,
            customer_since: Some(from("2026-01-15T09:00:00Z")?),
            metadata: serde_json::from_value(json!({"channel": "App"})).ok(),
            ..Event::default()
        },
    })
}

/// Measures.
pub(super) fn measure() -> Result<(Vec<Goal>, Value), String> {
    let version = version()?;
    let mut facts = payment(&version)?;
    let mut decide = || {
        // As a payment does it: what it has read is compared with what is compiled, and screened.
        facts.rules = version.in_force().map_err(|why| format!("{why:?}"))?;
        let verdict = screen(black_box(&facts));
        (verdict.outcome == RiskOutcome::Accept && !verdict.reasons.is_empty())
            .then_some(())
            .ok_or_else(|| format!("{verdict:?}"))
    };
    let [took] = medians(&mut [&mut decide])?;
    let name = format!("own time of a risk decision with {RULES} rules, p50");
    console::say(&format!("{name}: {:.1} µs", took / 1e3));
    Ok((
        vec![Goal::most(&name, took / 1e3, 100.0, "µs")],
        json!({"rules": RULES, "nanos": took}),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tenth_rule_holds() {
        let facts = payment(&version().unwrap()).unwrap();
        let verdict = screen(&facts);
        assert_eq!(verdict.reasons.len(), RULES / 10);
    }
}
