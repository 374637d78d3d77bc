//! `GET /risk/v1/rules/{version}`: one version.

use super::{Version, VersionItem, VersionNumber};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Which one; 0 are the rules that are shipped.
    #[public]
    version: VersionNumber,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_risk_rules_version",
        methods::get,
        "/risk/v1/rules/{version}",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "Read one version of what payments are limited to",
    )
    .uses(&[Uses::Read(Table::Risk)]);
    type Input = Input;
    type Answer = Version;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Version>, Problem> {
        let [rules, version] = [super::key(cx), cx.key::<VersionItem>(input.version.as_str())];
        let mut batch = cx.batch(&[rules.clone(), version.clone()]).await?;
        let live = batch.take::<super::RulesItem>(&rules)?.map_or(0, |r| r.version);
        let answer = match batch.take::<VersionItem>(&version)? {
            Some(item) => Version::of(&item, live),
            None if input.version.number() == 0 => Version::shipped(live),
            None => return Err(Problem::not_found()),
        };
        Ok(Outcome::read(answer).concerning(input.version.as_str()))
    }
}
