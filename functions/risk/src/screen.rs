//! The screen: facts in, verdict out. Pure.

use crate::{
    attributes,
    conditions::{Compiled, Effect, RuleDecision, Ruled},
    known::Facts,
    limits::Of,
};
use serde::{Deserialize, Serialize};
use shared::record::Record;

/// Whether the payment may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum RiskOutcome {
    /// It may.
    Accept,
    /// It may not.
    Decline,
    /// A person looks at it.
    Review,
    /// The payer would prove who they are (3-D Secure). Of checks alone.
    Challenge,
}

/// What a score is made of, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RiskReasonCode")]
pub enum ReasonCode {
    /// The customer or the card is on a deny list.
    DenyList,
    /// The amount is above the limit of its currency.
    AmountLimit,
    /// Too many payments of the customer or of the card within an hour.
    Velocity,
    /// A rule of the tenant's holds.
    Rule,
    /// The amount or the customer is near a limit.
    NearLimit,
    /// What the points are beyond 0 to 100.
    Bounds,
}

impl ReasonCode {
    /// What the reason alone makes the score.
    const fn score(self) -> i64 {
        match self {
            Self::DenyList => 100,
            Self::AmountLimit => 90,
            Self::Velocity => 80,
            Self::Rule | Self::NearLimit | Self::Bounds => 0,
        }
    }
}

/// What a score is made of: its points are added up.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "RiskReason")]
pub struct Reason {
    /// For programs.
    #[internal]
    pub code: ReasonCode,
    /// The rule that it comes from.
    #[internal]
    #[serde(default)]
    pub rule: Option<String>,
    /// For people.
    #[internal]
    pub detail: String,
    /// What it adds to the score; the points of all reasons are the score.
    #[internal]
    #[serde(default)]
    pub points: Option<i64>,
    /// What the rule decides by itself.
    #[internal]
    #[serde(default)]
    pub decision: Option<RuleDecision>,
    /// What the rule has read; of metadata only whether it was there.
    #[internal]
    #[serde(default)]
    pub value: Option<String>,
}

/// What the screen says.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Verdict {
    /// 0 (nothing known against it) to 100.
    #[internal]
    pub score: u8,
    /// Whether the payment may go on.
    #[internal]
    pub outcome: RiskOutcome,
    /// What the score is made of.
    #[nested]
    pub reasons: Vec<Reason>,
    /// The version of the rules that said so; 0 are the rules that are shipped.
    #[internal]
    #[serde(default)]
    pub version: Option<u32>,
}

/// What a version in shadow would have said: it has decided nothing.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "RiskShadow")]
pub struct ShadowVerdict {
    /// The version.
    #[internal]
    pub version: u32,
    /// 0 to 100.
    #[internal]
    pub score: u8,
    /// Whether the payment would have gone on.
    #[internal]
    pub outcome: RiskOutcome,
    /// What the score is made of.
    #[nested]
    pub reasons: Vec<Reason>,
}

/// What the version in shadow says, while there is one. How a card stands is told to it as to the version in force: as of a card that
/// has not been seen, where nothing in force asks.
#[must_use]
pub fn shadowed(facts: &Facts) -> Option<ShadowVerdict> {
    let shadow = facts.rules.shadow.as_ref();
    let shadow = shadow.filter(|shadow| shadow.until > facts.event.now)?;
    let verdict = screen(&Facts {
        rules: (*shadow.rules).clone(),
        ..facts.clone()
    });
    Some(ShadowVerdict {
        version: shadow.rules.version,
        score: verdict.score,
        outcome: verdict.outcome,
        reasons: verdict.reasons,
    })
}

/// Most characters of what a reason says that a rule has read.
const SHOWN: usize = 200;

/// Screens a payment or a check. In this order: deny lists and limits, rules that challenge, allow, block or have somebody review, and
/// then the score.
#[must_use]
pub fn screen(facts: &Facts) -> Verdict {
    let mut reasons = hard(facts);
    // The worst of them is the score; the others say what else was wrong.
    let worst = reasons.iter().map(|r| r.code.score()).max();
    let first = reasons.iter().position(|r| Some(r.code.score()) == worst);
    for (n, reason) in reasons.iter_mut().enumerate() {
        reason.points = Some(if Some(n) == first { reason.code.score() } else { 0 });
    }
    let conditions = &*facts.rules.conditions;
    let held = held(facts, conditions);
    let decided = |decision| held.iter().any(|rule| rule.decision == Some(decision));
    let any = worst.is_some();
    let order = [
        (RuleDecision::Challenge, RiskOutcome::Challenge),
        (RuleDecision::Allow, RiskOutcome::Accept),
        (RuleDecision::Block, RiskOutcome::Decline),
        (RuleDecision::Review, RiskOutcome::Review),
    ];
    let decided = order.into_iter().find(|(decision, _)| decided(*decision));
    reasons.extend(held);
    // How near it is to limits says something only where nobody has said what does.
    if !any && conditions.rules.is_empty() {
        reasons.extend(near(facts));
    }
    let points = |reasons: &[Reason]| {
        reasons
            .iter()
            .filter_map(|r| r.points)
            .fold(0, i64::saturating_add)
    };
    let sum = points(&reasons);
    let score = sum.clamp(0, 100);
    if score != sum {
        let detail = "A score is 0 to 100.".to_owned();
        reasons.push(reason(
            ReasonCode::Bounds,
            None,
            detail,
            score.saturating_sub(sum),
        ));
    }
    let outcome = match decided {
        _ if any => RiskOutcome::Decline,
        Some((_, outcome)) => outcome,
        None if conditions.rules.is_empty() => RiskOutcome::Accept,
        None if score >= conditions.block_from => RiskOutcome::Decline,
        None if conditions.review_from.is_some_and(|from| score >= from) => RiskOutcome::Review,
        None => RiskOutcome::Accept,
    };
    Verdict {
        score: u8::try_from(score).unwrap_or(0),
        outcome,
        reasons,
        version: Some(facts.rules.version),
    }
}

fn reason(code: ReasonCode, rule: Option<&str>, detail: String, points: i64) -> Reason {
    Reason {
        code,
        rule: rule.map(str::to_owned),
        detail,
        points: Some(points),
        decision: None,
        value: None,
    }
}

/// What declines whatever rules say: deny lists and limits.
fn hard(facts: &Facts) -> Vec<Reason> {
    let limits = &facts.rules.limits;
    let most = limits.amount(facts.currency);
    let mut reasons = Vec::new();
    let mut found = |code, rule: Option<&str>, detail| reasons.push(reason(code, rule, detail, 0));
    for (standing, whose) in [(&facts.customer, "customer"), (&facts.card, "card")] {
        if standing.denied {
            let detail = format!("The {whose} is on a deny list.");
            found(ReasonCode::DenyList, None, detail);
        }
    }
    if let Some((rule, most)) = most.filter(|(_, most)| facts.amount > *most) {
        let detail = format!(
            "The amount is above the limit of {most} minor units of {}.",
            facts.currency
        );
        found(ReasonCode::AmountLimit, Some(rule), detail);
    }
    for (standing, whose, limit) in [
        (&facts.customer, "customer", &limits.customer_per_hour),
        (&facts.card, "card", &limits.card_per_hour),
    ] {
        let reached = |(_, limit): &&Of| !standing.allowed && standing.count >= *limit;
        if let Some((rule, limit)) = limit.as_ref().filter(reached) {
            let detail = format!("The {whose} has had {limit} payments within the hour.");
            found(ReasonCode::Velocity, Some(rule), detail);
        }
    }
    reasons
}

/// The rules that hold, as reasons.
fn held(facts: &Facts, conditions: &Compiled) -> Vec<Reason> {
    let names = conditions.slots.names();
    let values = facts.values(names);
    let counts = |rule: &&Ruled| facts.event.check || !rule.checks_only;
    let holds = |rule: &&Ruled| rule.when.holds(&values);
    let one = |rule: &Ruled| {
        let read = rule.when.reads().iter().filter_map(|slot| {
            let (name, value) = (names.get(*slot)?, values.get(*slot)?);
            Some(match value {
                ::rules::Value::Missing => format!("{name} missing"),
                _ if attributes::shown(name) => format!("{name} = {value}"),
                _ => format!("{name} given"),
            })
        });
        let read = read.collect::<Vec<_>>().join(", ");
        let detail = rule.about.clone();
        let (points, decision) = match rule.effect {
            Effect::Points(points) => (points, None),
            Effect::Decides(decision) => (0, Some(decision)),
        };
        Reason {
            decision,
            value: Some(read.chars().take(SHOWN).collect()),
            ..reason(
                ReasonCode::Rule,
                Some(&rule.id),
                detail.unwrap_or_else(|| format!("The rule {} holds.", rule.id)),
                points,
            )
        }
    };
    conditions
        .rules
        .iter()
        .filter(counts)
        .filter(holds)
        .map(one)
        .collect()
}

/// How near amount and customer are to their limits, up to 40 and 30 points, where they have any. The card does not count in, because
/// most payments are screened before its counter is read (the transaction then holds the limit); nor does a customer whom velocity
/// does not hold up.
fn near(facts: &Facts) -> Vec<Reason> {
    let limits = &facts.rules.limits;
    let share = |of: i64, limit: Option<&Of>, weight: i64, detail: &str| {
        let (rule, limit) = limit?;
        let limit = (*limit).max(0);
        let points = of.clamp(0, limit).saturating_mul(weight).checked_div(limit)?;
        (points > 0).then(|| reason(ReasonCode::NearLimit, Some(rule), detail.to_owned(), points))
    };
    let payments = limits
        .customer_per_hour
        .as_ref()
        .filter(|_| !facts.customer.allowed);
    [
        share(
            facts.amount,
            limits.amount(facts.currency),
            40,
            "The amount is a part of its limit.",
        ),
        share(
            facts.customer.count,
            payments,
            30,
            "The customer has had a part of the payments of an hour.",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, InForce, Standing, limits::Limits, rules};
    use proptest::prelude::*;
    use std::sync::Arc;

    /// What is shipped, and 1,000 EUR.
    fn limits() -> Limits {
        let mut limits = rules::limits(&rules::shipped());
        limits
            .amounts
            .insert("EUR".into(), ("amount_eur".into(), 100_000));
        limits
    }

    fn facts(amount: i64, customer: i64, card: i64) -> Facts {
        let standing = |count| Standing {
            count,
            ..Standing::default()
        };
        Facts {
            amount,
            currency: "EUR".parse().unwrap(),
            rules: InForce {
                limits: limits(),
                ..InForce::default()
            },
            customer: standing(customer),
            card: standing(card),
            event: Event::default(),
        }
    }

    fn sum(verdict: &Verdict) -> i64 {
        verdict.reasons.iter().filter_map(|r| r.points).sum()
    }

    /// A check under these rules.
    fn ruled(amount: i64, rules: serde_json::Value) -> Facts {
        let mut facts = facts(amount, 0, 0);
        let given = serde_json::from_value(serde_json::json!({"rules": rules})).unwrap();
        let (_, compiled) = crate::conditions::check(given, &std::collections::BTreeSet::new()).unwrap();
        facts.rules.conditions = Arc::new(compiled);
        facts.event.check = true;
        facts
    }

    #[test]
    fn a_reason_says_what_its_rule_has_read_and_nothing_that_people_type() {
        let mut facts = ruled(
            60_000,
            serde_json::json!([
                {"id": "large", "about": "Large and new", "when": "amount_major > 500.5 and customer.age_days < 7", "points": 40},
                {"id": "gift", "when": "coalesce(metadata.kind, \"\") = \"gift\"", "points": 35},
                {"id": "other", "when": "currency = \"USD\"", "decision": "allow"},
            ]),
        );
        facts.event.metadata = serde_json::from_value(serde_json::json!({"kind": "gift"})).ok();
        let verdict = screen(&facts);
        assert_eq!((verdict.score, verdict.outcome), (75, RiskOutcome::Decline));
        let values: Vec<_> = verdict
            .reasons
            .iter()
            .map(|r| r.value.as_deref().unwrap())
            .collect();
        assert_eq!(
            values,
            ["amount_major = 600, customer.age_days = 0", "metadata.kind given"]
        );
        assert_eq!(verdict.reasons[0].detail, "Large and new");
    }

    #[test]
    fn a_version_in_shadow_says_what_it_would_and_changes_nothing() {
        let at = |second| shared::time::Timestamp::from_second(second).unwrap();
        let block = serde_json::json!([{"id": "all", "when": "amount > 0", "decision": "block"}]);
        let mut facts = facts(1, 0, 0);
        let before = screen(&facts);
        let rules = InForce {
            version: 7,
            ..ruled(1, block).rules
        };
        facts.rules.shadow = Some(crate::InShadow {
            until: at(100),
            rules: Box::new(rules),
        });
        facts.event.now = at(99);
        assert_eq!(screen(&facts), before);
        let shadow = shadowed(&facts).unwrap();
        assert_eq!((shadow.version, shadow.outcome), (7, RiskOutcome::Decline));
        facts.event.now = at(100);
        assert_eq!(shadowed(&facts), None, "it has ended");
    }

    #[test]
    fn no_amount_is_too_large_in_a_currency_without_a_limit() {
        let mut yen = facts(shared::money::MAX_AMOUNT, 0, 0);
        yen.currency = "JPY".parse().unwrap();
        assert_eq!((codes(&yen), screen(&yen).score), (vec![], 0));
        let mut free = facts(shared::money::MAX_AMOUNT, 1_000, 1_000);
        free.rules.limits = Limits::default();
        assert_eq!((codes(&free), screen(&free).score), (vec![], 0));
    }

    #[test]
    fn a_reason_names_the_rule_that_a_tenant_can_change() {
        let verdict = screen(&facts(100_001, 30, 20));
        let named: Vec<_> = verdict
            .reasons
            .iter()
            .map(|r| r.rule.as_deref().unwrap())
            .collect();
        assert_eq!(
            named,
            ["amount_eur", "payments_of_a_customer", "payments_of_a_card"]
        );
    }

    fn codes(facts: &Facts) -> Vec<ReasonCode> {
        screen(facts)
            .reasons
            .iter()
            .map(|r| r.code)
            .filter(|c| c.score() > 0)
            .collect()
    }

    #[test]
    fn each_limit_is_reached_exactly() {
        assert_eq!(codes(&facts(100_000, 29, 19)), []);
        assert_eq!(codes(&facts(100_001, 0, 0)), [ReasonCode::AmountLimit]);
        assert_eq!(codes(&facts(1, 30, 0)), [ReasonCode::Velocity]);
        assert_eq!(codes(&facts(1, 0, 20)), [ReasonCode::Velocity]);
        assert_eq!(screen(&facts(1, 0, 0)).score, 0);
        assert_eq!(screen(&facts(100_000, 29, 19)).score, 69);
    }

    #[test]
    fn a_denied_customer_or_card_is_declined_with_the_highest_score() {
        for (customer, card) in [(true, false), (false, true)] {
            let mut facts = facts(1, 0, 0);
            facts.customer.denied = customer;
            facts.card.denied = card;
            let verdict = screen(&facts);
            assert_eq!((verdict.score, verdict.outcome), (100, RiskOutcome::Decline));
            assert_eq!(codes(&facts), [ReasonCode::DenyList]);
        }
    }

    #[test]
    fn an_allow_list_lifts_velocity_of_its_own_subject_and_nothing_else() {
        for whose in ["customer", "card"] {
            let mut facts = facts(1, 30, 20);
            if whose == "customer" {
                facts.customer.allowed = true;
            } else {
                facts.card.allowed = true;
            }
            assert_eq!(
                codes(&facts),
                [ReasonCode::Velocity],
                "the other one is still held up"
            );
        }
        let mut facts = facts(1, 500, 500);
        (facts.customer.allowed, facts.card.allowed) = (true, true);
        assert_eq!(codes(&facts), []);
        assert_eq!(screen(&facts).score, 0);
        facts.amount = 100_001;
        assert_eq!(codes(&facts), [ReasonCode::AmountLimit]);
        facts.card.denied = true;
        assert_eq!(codes(&facts), [ReasonCode::DenyList, ReasonCode::AmountLimit]);
        assert_eq!(screen(&facts).score, 100);
    }

    #[test]
    fn it_is_answered_in_the_words_of_the_contract() {
        let json = serde_json::to_value(screen(&facts(200_000, 0, 0))).unwrap();
        assert_eq!(json["outcome"], "decline");
        assert_eq!(json["reasons"][0]["code"], "amount_limit");
    }

    proptest! {
        #[test]
        fn a_decline_has_a_reason_and_an_accept_has_none(
            amount in 1..=shared::money::MAX_AMOUNT, customer in 0i64..60, card in 0i64..60, denied: (bool, bool),
            code in proptest::sample::select(vec!["JPY", "EUR", "KWD", "CLF"]), per_hour in -1i64..40,
        ) {
            let mut facts = facts(amount, customer, card);
            facts.currency = code.parse().unwrap();
            facts.rules.limits.card_per_hour = Some(("card".into(), per_hour));
            (facts.customer.denied, facts.card.denied) = denied;
            let verdict = screen(&facts);
            prop_assert!(verdict.score <= 100);
            let hard = verdict.reasons.iter().any(|r| r.code.score() > 0);
            prop_assert_eq!(verdict.outcome == RiskOutcome::Decline, hard);
            prop_assert_eq!(verdict.outcome == RiskOutcome::Decline, verdict.score >= 75);
            prop_assert_eq!(sum(&verdict), i64::from(verdict.score));
        }

        #[test]
        fn reasons_add_up_to_the_score_and_nothing_allows_beyond_a_hard_limit(
            effects in proptest::collection::vec((any::<bool>(), -100i64..=100, 0usize..9), 0..12), amount in 1i64..200_000, denied: bool,
        ) {
            let rules: Vec<_> = effects.iter().enumerate().map(|(n, (holds, points, what))| {
                let decision = ["allow", "block", "review", "challenge"].get(*what);
                serde_json::json!({
                    "id": format!("r{n}"), "when": if *holds { "amount > 0" } else { "amount < 0" }, "checks_only": true,
                    "decision": decision, "points": decision.is_none().then_some(*points),
                })
            }).collect();
            let mut facts = ruled(amount, serde_json::json!(rules));
            facts.customer.denied = denied;
            let verdict = screen(&facts);
            prop_assert_eq!(sum(&verdict), i64::from(verdict.score));
            let hard = denied || amount > 100_000;
            let holds = |what: usize| effects.iter().any(|(holds, _, is)| *holds && *is == what);
            let expected = if hard {
                RiskOutcome::Decline
            } else if holds(3) {
                RiskOutcome::Challenge
            } else if holds(0) {
                RiskOutcome::Accept
            } else if holds(1) {
                RiskOutcome::Decline
            } else if holds(2) {
                RiskOutcome::Review
            } else if !effects.is_empty() && verdict.score >= 75 {
                RiskOutcome::Decline
            } else {
                RiskOutcome::Accept
            };
            prop_assert_eq!(verdict.outcome, expected);
            // A payment passes by what is for checks.
            facts.event.check = false;
            prop_assert_eq!(screen(&facts).outcome == RiskOutcome::Decline, hard);
        }
    }
}
