//! `PUT /audit/v1/alert-rules`: replaces the rules, all of them.

use super::{MOST_READERS, Rule, Rules, RulesItem, check};
use serde_json::json;
use shared::{
    auth::{User, UserStatus},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
};
use std::collections::BTreeMap;

/// Most users that the rules of a tenant may name together: they are read in one call.
const MOST_NAMED: usize = 50;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The rules, at most 50.
    #[nested]
    #[record(length(max = 50))]
    rules: Vec<Rule>,
    /// Users who get a mail when something touches the log itself, at most ten; none means the active administrators.
    #[public]
    #[record(length(max = 10))]
    #[serde(default)]
    always_mail_to: Vec<UserId>,
    /// The version that they replace; with another one in force the call is refused.
    #[public]
    replaces: Option<u32>,
}

/// Everybody who is to get mail, and where they are named first.
struct Readers(BTreeMap<UserId, String>);

impl Readers {
    fn of(input: &Input) -> Result<Self, Problem> {
        if input.always_mail_to.len() > MOST_READERS {
            let text = format!("must be {MOST_READERS} at most");
            return Err(Problem::invalid("/always_mail_to", text));
        }
        let always = input.always_mail_to.iter().enumerate();
        let always = always.map(|(i, user)| (user, format!("/always_mail_to/{i}")));
        let named = input.rules.iter().enumerate().flat_map(|(n, rule)| {
            let at = move |i| format!("/rules/{n}/mail_to/{i}");
            rule.mail_to
                .iter()
                .enumerate()
                .map(move |(i, user)| (user, at(i)))
        });
        let mut readers = BTreeMap::new();
        for (user, at) in always.chain(named) {
            readers.entry(user.clone()).or_insert(at);
        }
        if readers.len() > MOST_NAMED {
            let text = format!("must not name more than {MOST_NAMED} users for mail");
            return Err(Problem::invalid("/rules", text));
        }
        Ok(Self(readers))
    }
}

/// The endpoint.
#[derive(Debug)]
pub struct Replace;

impl Endpoint for Replace {
    const DECLARATION: Declaration = Declaration::new(
        "replace_alert_rules",
        methods::put,
        "/audit/v1/alert-rules",
        Access::Right(&rbac::AUDIT_ALERT),
        Audit::Alert,
        "Replace the alert rules",
    )
    .refuses(&[codes::WRONG_VERSION])
    .four_eyes()
    .step_up()
    .changes_policy()
    .uses(&[Uses::Write(Table::Alerts), Uses::Read(Table::Identity)]);
    type Input = Input;
    type Answer = Rules;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Rules>, Problem> {
        check(&input.rules)?;
        let readers = Readers::of(&input)?;
        let rules = cx.key::<RulesItem>(RulesItem::ID);
        let users = readers.0.keys().map(|user| cx.key::<User>(user.as_str()));
        let keys: Vec<Key> = std::iter::once(rules.clone()).chain(users).collect();
        let mut found = cx.batch(&keys).await?;
        let kept = found.take::<RulesItem>(&rules)?;
        for (at, key) in readers.0.values().zip(keys.iter().skip(1)) {
            let user = found.take::<User>(key)?;
            if user.is_none_or(|u| u.status != UserStatus::Active) {
                return Err(Problem::invalid(at, "is not an active user of this tenant"));
            }
        }
        let before = Rules::of(kept.as_ref().map(|k| k.item.clone()));
        if input.replaces.is_some_and(|v| v != before.version) {
            let text = "Other rules are in force than those that these replace.";
            return Err(Problem::conflict("wrong_version", text).with("version", json!(before.version)));
        }
        let item = RulesItem {
            id: RulesItem::ID.into(),
            version: before.version.saturating_add(1),
            rules: input.rules,
            always_mail_to: input.always_mail_to,
        };
        let write = match &kept {
            Some(old) => cx.replace(old, &item)?,
            None => cx.create(&item)?,
        };
        let after = Rules::of(Some(item));
        let changes = Changes::new()
            .write(write)
            .object(RulesItem::ID, Some(&before), Some(&after));
        Ok(Outcome::changed(after, changes))
    }
}
