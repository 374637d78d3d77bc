//! `PUT /audit/v1/alert-rules`: replaces the rules, all of them.

use super::{Rule, Rules, RulesItem, check};
use schemars::JsonSchema;
use serde_json::json;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// The rules, at most 50.
    #[nested]
    #[schemars(length(max = 50))]
    rules: Vec<Rule>,
    /// The version that they replace; with another one in force the call is refused.
    #[public]
    replaces: Option<u32>,
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
    .four_eyes()
    .uses(&[Uses::Write(Table::Alerts)]);
    type Input = Input;
    type Answer = Rules;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Rules>, Problem> {
        check(&input.rules)?;
        let kept = cx.find::<RulesItem>(RulesItem::ID).await?;
        let before = Rules::of(kept.as_ref().map(|k| k.item.clone()));
        if input.replaces.is_some_and(|v| v != before.version) {
            let text = "Other rules are in force than those that these replace.";
            return Err(Problem::conflict("wrong_version", text).with("version", json!(before.version)));
        }
        let item = RulesItem {
            id: RulesItem::ID.into(),
            version: before.version.saturating_add(1),
            rules: input.rules,
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
