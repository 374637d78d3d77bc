//! `PUT /risk/v1/rules/shadow`: a version judges live payments and checks beside the one in force, and decides nothing.

use super::{RulesItem, Shadowing, VersionItem, VersionNumber};
use serde::Serialize;
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    time::{Instant, after},
};

/// Days that a version is in shadow at most.
const MOST_DAYS: i64 = 90;

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"version": "4", "until": "2026-12-31T00:00:00Z"}"#)]
pub struct Input {
    /// Which one; none where it is left out.
    #[public]
    version: Option<VersionNumber>,
    /// Until when, ninety days from now at most.
    #[public]
    until: Option<Instant>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "RiskRulesInShadow")]
pub struct Answer {
    /// The version in shadow; none where none is.
    #[public]
    version: Option<u32>,
    /// Until when (RFC 3339 UTC).
    #[public]
    until: Option<Instant>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Shadow;

impl Endpoint for Shadow {
    const DECLARATION: Declaration = Declaration::new(
        "shadow_risk_rules",
        methods::put,
        "/risk/v1/rules/shadow",
        Access::Right(&rbac::RISK_RULE),
        Audit::Change,
        "Have a version judge live payments beside the one in force, without deciding anything",
    )
    .uses(&[Uses::Write(Table::Risk)]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<RulesItem>(at.tenant, RulesItem::ID)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let shadow = match (&input.version, input.until) {
            (None, None) => None,
            (Some(version), Some(until)) => {
                let until = until.timestamp();
                if until <= cx.now() || until > after(cx.now(), MOST_DAYS * 86_400) {
                    let text = format!("must be to come, and {MOST_DAYS} days from now at most");
                    return Err(Problem::invalid("/until", text));
                }
                let found = cx.find::<VersionItem>(version.as_str()).await?;
                let found = found.ok_or_else(|| Problem::invalid("/version", "is not a version"))?;
                Some(Shadowing::of(&found, until)?)
            }
            _ => {
                return Err(Problem::invalid(
                    "/until",
                    "goes with a version, and only with one",
                ));
            }
        };
        let answer = Answer {
            version: shadow.as_ref().map(|s| s.version),
            until: shadow.as_ref().map(|s| Instant::from(s.until)),
        };
        let Some(old) = super::current(cx).await? else {
            // No version was ever drafted, so none can be in shadow.
            return Ok(Outcome::changed(
                answer,
                Changes::new().object(RulesItem::ID, None, None::<&RulesItem>),
            ));
        };
        let next = RulesItem {
            shadow,
            ..old.item.clone()
        };
        let changes = Changes::new().write(cx.replace(&old, &next)?).object(
            RulesItem::ID,
            Some(&old.item),
            Some(&next),
        );
        Ok(Outcome::changed(answer, changes))
    }
}
