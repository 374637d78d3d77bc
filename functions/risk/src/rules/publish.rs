//! `POST /risk/v1/rules/{version}/publish`: puts a version into force. A second person approves it.

use super::{RulesItem, Version, VersionItem, VersionNumber};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Which one: the newest, or an older one that is to be in force again.
    #[public]
    version: VersionNumber,
}

/// The endpoint.
#[derive(Debug)]
pub struct Publish;

impl Endpoint for Publish {
    const DECLARATION: Declaration = Declaration::new(
        "publish_risk_rules",
        methods::post,
        "/risk/v1/rules/{version}/publish",
        Access::Right(&rbac::RISK_RULE),
        Audit::Alert,
        "Put a version of what payments are limited to into force",
    )
    .refuses(&[codes::WRONG_STATE])
    .four_eyes()
    .changes_policy()
    .uses(&[Uses::Write(Table::Risk)]);
    type Input = Input;
    type Answer = Version;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Version>, Problem> {
        let [rules, version] = [super::key(cx), cx.key::<VersionItem>(input.version.as_str())];
        let mut batch = cx.batch(&[rules.clone(), version.clone()]).await?;
        let old = batch.take::<RulesItem>(&rules)?.ok_or_else(Problem::not_found)?;
        let draft = batch
            .take::<VersionItem>(&version)?
            .ok_or_else(Problem::not_found)?;
        if old.version == draft.version {
            return Err(Problem::wrong_state("live", "This version is in force."));
        }
        let published = VersionItem {
            published_by: Some(cx.principal().id()),
            published_at: Some(cx.now()),
            ..draft.item.clone()
        };
        let mut live = RulesItem::of(&draft, old.latest)?;
        // What is in force is not in shadow of itself.
        live.shadow = old.shadow.clone().filter(|shadow| shadow.version != live.version);
        let changes = Changes::new()
            .write(cx.replace(&old, &live)?)
            .write(cx.replace(&draft, &published)?)
            .object(&published.id, Some(&old.item), Some(&live));
        Ok(Outcome::changed(Version::of(&published, live.version), changes))
    }
}
