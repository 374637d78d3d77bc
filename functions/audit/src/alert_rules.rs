//! Alert rules: which audit entries raise an alert, and how many of them.

mod kept;
pub mod read;
pub mod replace;
pub mod shipped;

pub use kept::{Rules, RulesItem, check};

use crate::alerts::Severity;
use serde::{Deserialize, Serialize};
use shared::{ids::UserId, record::Record};

/// Most rules of a tenant.
const MOST: usize = 50;
/// Most entries that a rule counts.
const MOST_COUNT: u32 = 100;
/// Most users that get a mail about one alert.
const MOST_READERS: usize = 10;
/// Longest time that a rule counts over: a day.
const MOST_MINUTES: u32 = 24 * 60;

shared::text_type!(
    /// The name of a rule.
    RuleName, r"^[a-z][a-z0-9_]{0,39}$", "failures_from_one_address",
    |t| {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let ok = (1..=40).contains(&t.len()) && t.bytes().all(good) && t.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if ok { Ok(t.to_owned()) } else { Err("must be 1 to 40 lower case letters, digits and underscores") }
    }
);

shared::text_type!(
    /// An activity or the code of a problem; `*` stands for anything.
    Pattern, r"^[a-z0-9_.*]{1,80}$", "identity.*role*",
    |t| {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.*".contains(&b);
        if (1..=80).contains(&t.len()) && t.bytes().all(good) { Ok(t.to_owned()) } else { Err("is not a pattern") }
    }
);

impl Pattern {
    /// Whether a text is of this pattern.
    #[must_use]
    pub fn covers(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<&str> = parts.collect();
        let Some(last) = parts.pop() else {
            return rest.is_empty();
        };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default();
        }
        rest.ends_with(last)
    }
}

/// What a rule does with the entries that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "AlertRuleKind")]
pub enum RuleKind {
    /// Alerts when there are `count` of them within `minutes`.
    Count,
    /// Alerts when there are at least `count` of them this hour, and twice as many as in the hour before.
    Doubling,
}

/// What a rule counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "AlertRuleScope")]
pub enum Per {
    /// All of a tenant.
    Tenant,
    /// Each address.
    Address,
    /// Each caller.
    Actor,
    /// Each object.
    Object,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum EntryOutcome {
    /// It did what was asked.
    Succeeded,
    /// It was refused.
    Refused,
    /// It failed.
    Failed,
    /// An earlier answer was given again.
    Replayed,
    /// An effect was about to be tried.
    Intended,
    /// It waits for a second person.
    Waiting,
}

impl EntryOutcome {
    /// As entries say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Replayed => "replayed",
            Self::Intended => "intended",
            Self::Waiting => "waiting",
        }
    }
}

/// The audit code of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[choice(name = "AuditCode")]
pub enum Code {
    /// A call.
    L,
    /// A change.
    C,
    /// A read of sensitive data.
    S,
    /// What raises an alert.
    X,
}

impl Code {
    const fn name(self) -> &'static str {
        match self {
            Self::L => "L",
            Self::C => "C",
            Self::S => "S",
            Self::X => "X",
        }
    }
}

/// One rule. A list that is empty or absent matches everything.
#[derive(Record, Clone, PartialEq, Serialize, Deserialize)]
#[record(input, stored)]
#[record(name = "AlertRule")]
pub struct Rule {
    /// Its name, unique in the tenant.
    #[public]
    pub name: RuleName,
    /// Whether it is in force.
    #[public]
    pub enabled: bool,
    /// How bad it is.
    #[public]
    pub severity: Severity,
    /// What it does with the entries that it matches.
    #[public]
    pub kind: RuleKind,
    /// Activities (`<service>.<function>`).
    #[public]
    #[serde(default)]
    pub activities: Vec<Pattern>,
    /// Audit codes.
    #[public]
    #[serde(default)]
    pub codes: Vec<Code>,
    /// How the calls went.
    #[public]
    #[serde(default)]
    pub outcomes: Vec<EntryOutcome>,
    /// Codes of the problems that the calls were answered with.
    #[public]
    #[serde(default)]
    pub problems: Vec<Pattern>,
    /// What the platform marks entries with: `retired_key_used`, `unreadable_item`.
    #[public]
    #[serde(default)]
    pub marks: Vec<Pattern>,
    /// What it counts for.
    #[public]
    pub per: Per,
    /// How many entries, 1 to 100.
    #[public]
    #[record(range(min = 1, max = 100))]
    pub count: u32,
    /// Users of the tenant who get a mail about each alert, at most ten. Their addresses are those that they have proven to be
    /// theirs; who is not active gets none.
    #[public]
    #[serde(default)]
    #[record(length(max = 10))]
    pub mail_to: Vec<UserId>,
    /// Within how many minutes, 1 to 1440. Not looked at where the count is 1 or the kind is `doubling`.
    #[public]
    #[record(range(min = 1, max = 1440))]
    pub minutes: u32,
}

/// What a rule looks at of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its id, which begins with its time.
    pub id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// `<service>.<function>`.
    pub activity: String,
    /// Audit code.
    pub code: String,
    /// How it went.
    pub outcome: String,
    /// What the entry warns of, or else the code of the problem that the call was answered with.
    pub problem: Option<String>,
    /// What the platform marked it with.
    pub mark: Option<String>,
    /// Who.
    pub actor: String,
    /// From where.
    pub address: Option<String>,
    /// On what.
    pub object: Option<String>,
}

impl Rule {
    /// Whether an entry is one that it counts, and for what. Where it counts for something that the entry does not
    /// name, it does not count the entry.
    #[must_use]
    pub fn subject(&self, entry: &Heard) -> Option<String> {
        let any = |list: &[Pattern], text: &str| list.is_empty() || list.iter().any(|p| p.covers(text));
        let matches = self.enabled
            && any(&self.activities, &entry.activity)
            && (self.codes.is_empty() || self.codes.iter().any(|c| c.name() == entry.code))
            && (self.outcomes.is_empty() || self.outcomes.iter().any(|o| o.name() == entry.outcome))
            && any(&self.problems, entry.problem.as_deref().unwrap_or_default())
            && any(&self.marks, entry.mark.as_deref().unwrap_or_default());
        if !matches {
            return None;
        }
        match self.per {
            Per::Tenant => Some(String::new()),
            Per::Address => entry.address.clone(),
            Per::Actor => Some(entry.actor.clone()),
            Per::Object => entry.object.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let covers = |p: &str, t: &str| Pattern::parse(p).unwrap().covers(t);
        for (pattern, text) in [
            ("a.b", "a.b"),
            ("*", ""),
            ("*", "a.b"),
            ("a.*", "a."),
            ("*.create_export", "audit.create_export"),
            ("identity.*role*", "identity.replace_role"),
            ("identity.*role*", "identity.role_x"),
            ("*a*a", "aa"),
            ("a**b", "ab"),
        ] {
            assert!(covers(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a.b", "a.bc"),
            ("a.b", "xa.b"),
            ("*a*a", "a"),
            ("a*a", "a"),
            ("*.export", "audit.create_export"),
            ("identity.*role*", "tenancy.role"),
        ] {
            assert!(!covers(pattern, text), "{pattern} {text}");
        }
        for bad in ["", "A", "a b", "a(b)", &"a".repeat(81)] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shipped_rules_are_in_order() {
        assert!(check(&shipped::rules()).is_ok());
        let mut twice = shipped::rules();
        twice.push(twice[0].clone());
        assert_eq!(check(&twice).unwrap_err().status, 422);
        let mut taken = shipped::rules();
        taken[0].name = RuleName::parse(shipped::ALWAYS[0]).unwrap();
        assert!(check(&taken).is_err());
        for (count, minutes) in [(0, 5), (101, 5), (1, 0), (1, 1441)] {
            let mut odd = shipped::rules();
            (odd[0].count, odd[0].minutes) = (count, minutes);
            assert!(check(&odd).is_err(), "{count} {minutes}");
        }
    }
}
