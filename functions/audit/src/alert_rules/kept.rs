//! The rules of a tenant as a whole: kept, answered, and checked.

use super::{MOST, MOST_COUNT, MOST_MINUTES, MOST_READERS, Rule, shipped};
use serde::{Deserialize, Serialize};
use shared::{
    ids::UserId,
    problem::Problem,
    record::Record,
    store::{Item, Table},
};
use std::collections::BTreeSet;

/// The rules of a tenant, as kept. None kept means those that are shipped.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RulesItem {
    /// Always [`RulesItem::ID`].
    #[public]
    pub id: String,
    /// How often they have been replaced.
    #[public]
    pub version: u32,
    /// The rules.
    #[nested]
    pub rules: Vec<Rule>,
    /// Users who get a mail when something touches the log itself; none means the administrators.
    #[public]
    #[serde(default)]
    pub always_mail_to: Vec<UserId>,
}

impl RulesItem {
    /// A tenant has one set.
    pub const ID: &'static str = "rules";
}

impl Item for RulesItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "alert-rules";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The rules of a tenant, as answered.
#[derive(Record, Serialize)]
#[record(name = "AlertRules")]
pub struct Rules {
    /// How often they have been replaced; 0 are those that are shipped.
    #[public]
    pub version: u32,
    /// The rules.
    #[nested]
    pub rules: Vec<Rule>,
    /// Rules that are always in force: whatever touches the log itself.
    #[public]
    pub always: Vec<String>,
    /// Users who get a mail when one of those raises an alert; none means the active administrators.
    #[public]
    pub always_mail_to: Vec<UserId>,
}

impl Rules {
    /// Of what is kept, or what is shipped.
    #[must_use]
    pub fn of(item: Option<RulesItem>) -> Self {
        let (version, rules, always_mail_to) = item.map_or_else(
            || (0, shipped::rules(), Vec::new()),
            |i| (i.version, i.rules, i.always_mail_to),
        );
        let always = shipped::ALWAYS.map(str::to_owned).to_vec();
        Self {
            version,
            rules,
            always,
            always_mail_to,
        }
    }
}

/// Refuses a set of rules that cannot be evaluated.
///
/// # Errors
/// 422, naming the field.
pub fn check(rules: &[Rule]) -> Result<(), Problem> {
    if rules.len() > MOST {
        return Err(Problem::invalid("/rules", format!("must be {MOST} at most")));
    }
    let mut names = BTreeSet::new();
    for (n, rule) in rules.iter().enumerate() {
        let at = |field: &str| format!("/rules/{n}/{field}");
        if !names.insert(&rule.name) || shipped::ALWAYS.contains(&rule.name.as_str()) {
            return Err(Problem::invalid(&at("name"), "is taken by another rule"));
        }
        if !(1..=MOST_COUNT).contains(&rule.count) {
            return Err(Problem::invalid(
                &at("count"),
                format!("must be 1 to {MOST_COUNT}"),
            ));
        }
        if !(1..=MOST_MINUTES).contains(&rule.minutes) {
            return Err(Problem::invalid(
                &at("minutes"),
                format!("must be 1 to {MOST_MINUTES}"),
            ));
        }
        if rule.mail_to.len() > MOST_READERS {
            return Err(Problem::invalid(
                &at("mail_to"),
                format!("must be {MOST_READERS} at most"),
            ));
        }
        for (field, list) in [
            ("activities", &rule.activities),
            ("problems", &rule.problems),
            ("marks", &rule.marks),
        ] {
            if list.len() > MOST {
                return Err(Problem::invalid(&at(field), format!("must be {MOST} at most")));
            }
        }
    }
    Ok(())
}
