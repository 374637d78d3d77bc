//! What a comparison of two contracts finds.

use super::rules::{Plain, Rule};
use serde_json::{Map, Value};
use std::fmt;

/// How bad a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only people read what changed.
    Text,
    /// Clients that know nothing of it go on as before.
    Compatible,
    /// Clients that did what the released contract says may fail.
    Breaking,
    /// A keyword that nobody has said how to compare.
    Unknown,
}

impl Severity {
    /// Of a change that either breaks clients or does not.
    #[must_use]
    pub const fn of(breaks: bool) -> Self {
        if breaks { Self::Breaking } else { Self::Compatible }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where: the path of keys in the document.
    pub place: String,
    /// What has changed.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Text => "text",
            Severity::Compatible => "compatible",
            Severity::Breaking => "breaking",
            Severity::Unknown => "unknown keyword",
        };
        write!(f, "{severity}: {}: {}", self.place, self.what)
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) all: Vec<Finding>,
    /// What may change although it breaks, as a decision record says: the words of such findings.
    pub(super) excepted: Vec<String>,
}

impl Findings {
    pub(super) fn add(&mut self, severity: Severity, place: &str, what: impl Into<String>) {
        let what = what.into();
        let severity = match severity {
            Severity::Breaking if self.excepted.contains(&what) => Severity::Compatible,
            other => other,
        };
        self.all.push(Finding {
            severity,
            place: place.to_owned(),
            what,
        });
    }

    /// Compares the keywords of two objects that have no parts, and names those that the table does not know.
    pub(super) fn keywords(&mut self, table: &[Plain], old: &Value, new: &Value, place: &str) {
        let known = table.iter().map(|(name, _)| *name);
        self.unknown(known, [old, new], place);
        for (name, rule) in table {
            self.keyword(*rule, old.get(*name), new.get(*name), &format!("{place}/{name}"));
        }
    }

    /// Names what stands in one of the objects and in no table.
    pub(super) fn unknown<'t>(
        &mut self,
        known: impl Iterator<Item = &'t str> + Clone,
        objects: [&Value; 2],
        place: &str,
    ) {
        for (index, object) in objects.into_iter().enumerate() {
            let Some(object) = object.as_object() else {
                self.add(Severity::Unknown, place, format!("{object} is no object"));
                continue;
            };
            for name in object.keys() {
                let twice = index == 1 && objects.first().is_some_and(|old| old.get(name).is_some());
                if !twice && !known.clone().any(|k| k == name) {
                    self.add(Severity::Unknown, place, format!("`{name}` has no rule"));
                }
            }
        }
    }

    /// Compares one keyword by its rule.
    pub(super) fn keyword(&mut self, rule: Rule, old: Option<&Value>, new: Option<&Value>, place: &str) {
        if old == new || rule == Rule::Parts {
            return;
        }
        let fine = match rule {
            Rule::Text => return self.add(Severity::Text, place, "reworded"),
            Rule::Fixed | Rule::Parts => Some(false),
            Rule::MayGo => Some(new.is_none()),
            Rule::MayCome => Some(old.is_none()),
            // Where there is no limit above, it is higher than any; where there is none below, lower than any.
            Rule::UpperMayRise => at_most(old, new),
            Rule::UpperMayFall => at_most(new, old),
            Rule::LowerMayFall => at_least(old, new),
            Rule::LowerMayRise => at_least(new, old),
        };
        let severity = match fine {
            Some(true) => Severity::Compatible,
            Some(false) | None => Severity::Breaking,
        };
        self.add(severity, place, format!("{} became {}", shown(old), shown(new)));
    }
}

/// Whether one limit above is at most the other; nothing when one is no number.
fn at_most(low: Option<&Value>, high: Option<&Value>) -> Option<bool> {
    match (low, high) {
        (_, None) => Some(true),
        (None, Some(_)) => Some(false),
        (Some(low), Some(high)) => ordered(low, high),
    }
}

/// Whether one limit below is at least the other; nothing when one is no number.
fn at_least(high: Option<&Value>, low: Option<&Value>) -> Option<bool> {
    match (high, low) {
        (_, None) => Some(true),
        (None, Some(_)) => Some(false),
        (Some(high), Some(low)) => ordered(low, high),
    }
}

fn ordered(low: &Value, high: &Value) -> Option<bool> {
    if let (Some(low), Some(high)) = (low.as_i64(), high.as_i64()) {
        return Some(low <= high);
    }
    if let (Some(low), Some(high)) = (low.as_u64(), high.as_u64()) {
        return Some(low <= high);
    }
    Some(low.as_f64()? <= high.as_f64()?)
}

/// A value as a message shows it.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// The members of an object; none where there is no object.
pub(super) fn members(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}
