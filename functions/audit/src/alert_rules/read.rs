//! `GET /audit/v1/alert-rules`: the rules in force.

use super::{Rules, RulesItem};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Nothing,
    road::Context,
    store::Table,
};

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_alert_rules",
        methods::get,
        "/audit/v1/alert-rules",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Log,
        "Read the alert rules",
    )
    .uses(&[Uses::Read(Table::Alerts)]);
    type Input = Nothing;
    type Answer = Rules;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Rules>, Problem> {
        let kept = cx.find::<RulesItem>(RulesItem::ID).await?;
        Ok(Outcome::read(Rules::of(kept.map(|k| k.item))).concerning(RulesItem::ID))
    }
}
