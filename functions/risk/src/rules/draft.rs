//! `PUT /risk/v1/rules`: a new version, which is not in force yet.

use super::{Rule, RulesItem, Version, VersionItem, check};
use crate::conditions::{self, Conditional, Conditions};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"replaces": 0, "rules": [{"id": "amount_eur", "limit": {"amount": {"currency": "EUR", "most": 500000}}}, {"id": "payments_of_a_card", "limit": {"payments": {"of": "card", "most": 20}}}], "conditions": [{"id": "large", "when": "amount > 50000 and currency = \"EUR\"", "points": 40}], "block_from": 75, "review_from": 40}"#
)]
pub struct Input {
    /// The newest version that the caller has seen; with a newer one the call is refused.
    #[public]
    replaces: u32,
    /// All rules: what none of them limits is not limited.
    #[nested]
    #[record(length(max = 200))]
    rules: Vec<Rule>,
    /// All rules with conditions; where they are left out, those of the version that is replaced.
    #[nested]
    #[record(length(max = 200))]
    conditions: Option<Vec<Conditional>>,
    /// The points from which a payment is blocked, 1 to 100: 75 where nothing is said.
    #[internal]
    #[record(range(min = 1, max = 100))]
    block_from: Option<i64>,
    /// The points from which a payment waits for a person, 1 to 100 and below `block_from`; none does by its points where nothing is
    /// said.
    #[internal]
    #[record(range(min = 1, max = 100))]
    review_from: Option<i64>,
    /// Hours for which a payment waits for a person, and is declined then: 24 where nothing is said.
    #[internal]
    #[record(range(min = 1, max = 168))]
    review_hours: Option<i64>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Draft;

impl Endpoint for Draft {
    const DECLARATION: Declaration = Declaration::new(
        "draft_risk_rules",
        methods::put,
        "/risk/v1/rules",
        Access::Right(&rbac::RISK_RULE),
        Audit::Change,
        "Draft the next version of what payments are limited to and judged by",
    )
    .refuses(&[codes::WRONG_VERSION])
    .uses(&[Uses::Write(Table::Risk)]);
    type Input = Input;
    type Answer = Version;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<RulesItem>(at.tenant, RulesItem::ID)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Version>, Problem> {
        let old = super::current(cx).await?;
        let mut next = old
            .as_ref()
            .map_or_else(RulesItem::shipped, |old| old.item.clone());
        if input.replaces != next.latest {
            let text = "There is a newer version than the one that the caller has seen.";
            return Err(Problem::conflict("wrong_version", text).with("version", next.latest.into()));
        }
        check(&input.rules)?;
        let (block_from, review_from, review_hours) =
            (input.block_from, input.review_from, input.review_hours);
        let given = match input.conditions {
            Some(rules) => Conditions {
                rules,
                block_from,
                review_from,
                review_hours,
            },
            // Who does not know of conditions takes none away.
            None => {
                let before = cx.find::<VersionItem>(&next.latest.to_string()).await?;
                let before = before.map(|v| v.item.conditions).unwrap_or_default();
                Conditions {
                    block_from: block_from.or(before.block_from),
                    review_from: review_from.or(before.review_from),
                    review_hours: review_hours.or(before.review_hours),
                    rules: before.rules,
                }
            }
        };
        let taken = input.rules.iter().map(|rule| &rule.id).collect();
        let (conditions, _) = conditions::check(given, &taken)?;
        next.latest = next.latest.saturating_add(1);
        let version = VersionItem {
            id: next.latest.to_string(),
            version: next.latest,
            rules: input.rules,
            conditions,
            made_by: cx.principal().id(),
            created_at: cx.now(),
            published_by: None,
            published_at: None,
        };
        let counted = match &old {
            Some(old) => cx.replace(old, &next)?,
            None => cx.create(&next)?,
        };
        let changes = Changes::new().write(counted).write(cx.create(&version)?).object(
            &version.id,
            None,
            Some(&version),
        );
        Ok(Outcome::changed(Version::of(&version, next.version), changes))
    }
}
