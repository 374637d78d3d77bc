//! `GET /risk/v1/rules`: the rules in force, and the newest draft.

use super::{Version, VersionItem};
use serde::Serialize;
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::{Nothing, Record},
    road::Context,
    store::{Key, Table},
    time::Instant,
};

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "RiskRules")]
pub struct Answer {
    /// The rules in force.
    #[nested]
    live: Version,
    /// The newest version, while it waits to be put into force.
    #[nested]
    draft: Option<Version>,
    /// The version in shadow, while one is.
    #[public]
    shadow: Option<u32>,
    /// Until when it is (RFC 3339 UTC).
    #[public]
    shadow_until: Option<Instant>,
    /// The number of the newest version: `GET /risk/v1/rules/{version}` reads each.
    #[public]
    latest: u32,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_risk_rules",
        methods::get,
        "/risk/v1/rules",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "Read what payments are limited to, and the draft of the next version",
    )
    .uses(&[Uses::Read(Table::Risk)]);
    type Input = Nothing;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<super::RulesItem>(at.tenant, super::RulesItem::ID)]
    }

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let Some(current) = super::current(cx).await? else {
            let live = Version::shipped(0);
            return Ok(Outcome::read(Answer {
                live,
                draft: None,
                shadow: None,
                shadow_until: None,
                latest: 0,
            }));
        };
        let shadow = current.shadow.as_ref().filter(|shadow| shadow.until > cx.now());
        let (live, latest) = (current.version, current.latest);
        let [one, newest] = [live, latest].map(|n| cx.key::<VersionItem>(&n.to_string()));
        let mut keys = vec![one.clone()];
        if latest != live {
            keys.push(newest.clone());
        }
        let mut batch = cx.batch(&keys).await?;
        let in_force = match batch.take::<VersionItem>(&one)? {
            Some(item) => Version::of(&item, live),
            None => Version::shipped(live),
        };
        let newest = batch.take::<VersionItem>(&newest)?;
        let draft = newest.filter(|v| v.published_at.is_none());
        Ok(Outcome::read(Answer {
            live: in_force,
            draft: draft.map(|v| Version::of(&v, live)),
            shadow: shadow.map(|shadow| shadow.version),
            shadow_until: shadow.map(|shadow| Instant::from(shadow.until)),
            latest,
        }))
    }
}
