//! Rules with a condition: what an analyst writes, checked when it is drafted and compiled once for each process.

use crate::{attributes::Asked, rule_id::RuleId};
use rules::{Program, Slots, compile, print, read};
use serde::{Deserialize, Serialize};
use shared::{
    problem::Problem,
    record::{FieldError, Record},
    text::Line,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Most conditions of a version.
pub const MOST: usize = 200;
/// Most nodes of all conditions of a version together: what a payment runs through at worst.
const MOST_NODES: usize = 5_000;
/// Most bytes of all conditions of a version together: what a payment reads at worst.
const MOST_BYTES: usize = 32_768;
/// The points from which a payment is blocked, where a version says nothing else.
pub const BLOCK_FROM: i64 = 75;
/// Hours for which a payment waits for a person, where a version says nothing else.
pub const REVIEW_HOURS: i64 = 24;
/// Most versions that a process keeps compiled.
const KEPT: usize = 64;

shared::text_type!(
    /// A condition: its text form, or its tree as JSON. 1 to 4,000 characters.
    When[4000] called "RiskCondition", r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]+$", "amount > 50000 and coalesce(card.brand, \"\") in [\"visa\", \"amex\"]", |t| {
        let control = |c: char| c.is_control() && c != '\n' && c != '\t';
        if t.trim().is_empty() || t.chars().count() > 4_000 || t.contains(control) {
            Err("must be 1 to 4000 characters without control characters other than line breaks and tabs")
        } else {
            Ok(t.to_owned())
        }
    }
);

/// What a condition decides by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RiskDecision")]
pub enum RuleDecision {
    /// The payment goes on, unless a deny list or a limit says no.
    Allow,
    /// The payment is declined.
    Block,
    /// A person looks at it, and a payment waits for them.
    Review,
    /// The payer proves who they are (3-D Secure). Of checks alone: payments do not ask for it yet.
    Challenge,
}

/// A rule with a condition: where it holds, it adds points or decides.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "RiskConditionalRule")]
#[record(
    example = r#"{"id": "large_at_night", "when": "amount > 50000 and time_between(now, \"23:00\", \"05:00\", \"Europe/Berlin\")", "points": 40}"#
)]
pub struct Conditional {
    /// Its id: the same in every version.
    #[internal]
    pub id: RuleId,
    /// What it is for.
    #[internal]
    pub about: Option<Line>,
    /// When it holds.
    #[internal]
    pub when: When,
    /// What it adds to the score where it holds; either this or a decision.
    #[internal]
    #[record(range(min = -100, max = 100))]
    pub points: Option<i64>,
    /// What it decides where it holds; either this or points.
    #[internal]
    pub decision: Option<RuleDecision>,
    /// Whether it holds for checks alone, and payments pass it by.
    #[internal]
    pub checks_only: Option<bool>,
}

/// What payments and checks are judged by beside limits.
#[derive(Record, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[record(stored)]
pub struct Conditions {
    /// The rules.
    #[nested]
    #[serde(default)]
    pub rules: Vec<Conditional>,
    /// The points from which a payment is blocked.
    #[internal]
    #[serde(default)]
    pub block_from: Option<i64>,
    /// The points from which a payment waits for a person.
    #[internal]
    #[serde(default)]
    pub review_from: Option<i64>,
    /// Hours for which it waits.
    #[internal]
    #[serde(default)]
    pub review_hours: Option<i64>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It adds points.
    Points(i64),
    /// It decides.
    Decides(RuleDecision),
}

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct Ruled {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub about: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// Whether payments pass it by.
    pub checks_only: bool,
    /// When it holds.
    pub when: Program,
}

/// The conditions of a version, compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rules, in the order in which they were written.
    pub rules: Vec<Ruled>,
    /// The attributes that they read.
    pub slots: Slots,
    /// The points from which a payment is blocked.
    pub block_from: i64,
    /// The points from which a payment waits for a person; none where none do by their points.
    pub review_from: Option<i64>,
    /// Hours for which it waits.
    pub review_hours: i64,
}

impl Default for Compiled {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            slots: Slots::default(),
            block_from: BLOCK_FROM,
            review_from: None,
            review_hours: REVIEW_HOURS,
        }
    }
}

impl Compiled {
    /// Whether some rule asks for one of these attributes.
    #[must_use]
    pub fn asks(&self, of: impl Fn(&str) -> bool) -> bool {
        self.slots.names().iter().any(|name| of(name))
    }
}

/// Compiles what a version says, and puts its conditions into the text form. `taken` are the ids of its limits.
///
/// # Errors
/// 422 with every rule that is wrong, and where in its condition.
pub fn check(given: Conditions, taken: &BTreeSet<&RuleId>) -> Result<(Conditions, Compiled), Problem> {
    let mut given = given;
    if given.rules.len() > MOST {
        return Err(Problem::invalid("/conditions", format!("must be {MOST} at most")));
    }
    let mut errors = Vec::new();
    let mut compiled = Compiled {
        block_from: given.block_from.unwrap_or(BLOCK_FROM),
        review_from: given.review_from,
        review_hours: given.review_hours.unwrap_or(REVIEW_HOURS),
        ..Compiled::default()
    };
    if given.review_from.is_some_and(|from| from >= compiled.block_from) {
        let text = format!("must be below block_from, which is {}", compiled.block_from);
        return Err(Problem::invalid("/review_from", text));
    }
    let (mut ids, mut nodes, mut bytes) = (BTreeSet::new(), 0_usize, 0_usize);
    for (n, rule) in given.rules.iter_mut().enumerate() {
        let mut wrong = |field: &str, detail: String| {
            errors.push(FieldError {
                pointer: format!("/conditions/{n}{field}"),
                detail,
            });
        };
        if taken.contains(&rule.id) || !ids.insert(rule.id.clone()) {
            wrong("/id", "is taken by another rule".into());
        }
        let effect = match (rule.points, rule.decision) {
            (Some(points), None) => Effect::Points(points),
            (None, Some(decision)) => Effect::Decides(decision),
            _ => {
                wrong("", "must either add points or decide".into());
                continue;
            }
        };
        let checks_only = rule.checks_only == Some(true);
        if effect == Effect::Decides(RuleDecision::Challenge) && !checks_only {
            let text = "payments do not wait for the payer (3-D Secure) yet: say checks_only, so that it holds for checks alone";
            wrong("/decision", text.into());
        }
        let source = read(rule.when.as_str()).and_then(|source| {
            let program = compile(&source, &Asked, &mut compiled.slots)?;
            Ok((source, program))
        });
        match source {
            Err(fault) => wrong("/when", fault.to_string()),
            Ok((source, when)) => {
                let text = print(&source.expr);
                nodes = nodes.saturating_add(source.expr.nodes());
                bytes = bytes.saturating_add(text.len());
                match When::parse(&text) {
                    Ok(text) => rule.when = text,
                    Err(why) => wrong("/when", why.into()),
                }
                compiled.rules.push(Ruled {
                    id: rule.id.as_str().to_owned(),
                    about: rule.about.as_ref().map(|about| about.as_str().to_owned()),
                    effect,
                    checks_only,
                    when,
                });
            }
        }
    }
    if errors.is_empty() && nodes > MOST_NODES {
        let text = format!("have {nodes} nodes together, and {MOST_NODES} at most may be run for a payment");
        return Err(Problem::invalid("/conditions", text));
    }
    if errors.is_empty() && bytes > MOST_BYTES {
        let text = format!("have {bytes} bytes together, and {MOST_BYTES} at most may be read for a payment");
        return Err(Problem::invalid("/conditions", text));
    }
    if errors.is_empty() {
        Ok((given, compiled))
    } else {
        Err(Problem::validation(errors))
    }
}

/// Versions that this process has compiled, by what they were compiled from: the newest use last.
static COMPILED: Mutex<Vec<(String, Arc<Compiled>)>> = Mutex::new(Vec::new());

/// The conditions of the version in force, as they are kept, compiled. The same text is compiled once.
///
/// # Errors
/// 500 when they do not compile: they did when they were drafted.
pub fn compiled(packed: &str) -> Result<Arc<Compiled>, Problem> {
    let mut kept = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = kept.iter().position(|(text, _)| text == packed) {
        let found = kept.remove(at);
        let program = Arc::clone(&found.1);
        kept.push(found);
        return Ok(program);
    }
    let broken = |_| Problem::internal("stored conditions do not decode");
    let conditions: Conditions = serde_json::from_str(packed).map_err(broken)?;
    let (_, program) = check(conditions, &BTreeSet::new())
        .map_err(|_| Problem::internal("stored conditions do not compile"))?;
    let program = Arc::new(program);
    if kept.len() >= KEPT {
        kept.remove(0);
    }
    kept.push((packed.to_owned(), Arc::clone(&program)));
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(json: serde_json::Value) -> Conditions {
        serde_json::from_value(serde_json::json!({"rules": json})).unwrap()
    }

    #[test]
    fn every_rule_is_refused_where_it_is_wrong() {
        let taken = RuleId::parse("taken").unwrap();
        for (rule, pointer, detail) in [
            (
                serde_json::json!({"id": "taken", "when": "amount > 1", "points": 1}),
                "/conditions/0/id",
                "taken",
            ),
            (
                serde_json::json!({"id": "a", "when": "amount > 1"}),
                "/conditions/0",
                "either",
            ),
            (
                serde_json::json!({"id": "a", "when": "amount > 1", "points": 1, "decision": "block"}),
                "/conditions/0",
                "either",
            ),
            (
                serde_json::json!({"id": "a", "when": "amount > 1", "decision": "challenge"}),
                "/conditions/0/decision",
                "3-D Secure",
            ),
            (
                serde_json::json!({"id": "a", "when": "amount / 0 > 1", "points": 1}),
                "/conditions/0/when",
                "line 1, column 10",
            ),
            (
                serde_json::json!({"id": "a", "when": "card.bin = \"400000\"", "points": 1}),
                "/conditions/0/when",
                "may be missing",
            ),
        ] {
            let problem = check(conditions(serde_json::json!([rule])), &BTreeSet::from([&taken]))
                .err()
                .unwrap();
            assert_eq!(problem.errors[0].pointer, pointer);
            assert!(
                problem.errors[0].detail.contains(detail),
                "{}",
                problem.errors[0].detail
            );
        }
    }

    #[test]
    fn a_person_looks_below_what_is_blocked() {
        let of = |review_from| Conditions {
            review_from: Some(review_from),
            block_from: Some(60),
            ..Conditions::default()
        };
        let (_, compiled) = check(of(59), &BTreeSet::new()).unwrap();
        assert_eq!(
            (compiled.review_from, compiled.review_hours),
            (Some(59), REVIEW_HOURS)
        );
        let problem = check(of(60), &BTreeSet::new()).err().unwrap();
        assert_eq!(problem.errors[0].pointer, "/review_from");
    }

    #[test]
    fn a_tree_is_kept_in_the_text_form() {
        let tree = r#"{"apply": {"op": "gt", "of": [{"attribute": "amount"}, {"number": 5}]}}"#;
        let rule = serde_json::json!([{"id": "a", "when": tree, "points": 1}]);
        let (kept, _) = check(conditions(rule), &BTreeSet::new()).unwrap();
        assert_eq!(kept.rules[0].when.as_str(), "amount > 5");
    }

    #[test]
    fn all_conditions_together_are_bounded() {
        let long = format!("amount in [{}0]", "1, ".repeat(60));
        let many: Vec<_> = (0..150)
            .map(|n| serde_json::json!({"id": format!("r{n}"), "when": long, "points": 1}))
            .collect();
        let problem = check(conditions(many.into()), &BTreeSet::new()).err().unwrap();
        assert!(
            problem.errors[0].detail.contains("nodes together"),
            "{}",
            problem.errors[0].detail
        );
    }
}
