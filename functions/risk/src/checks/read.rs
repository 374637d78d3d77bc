//! `GET /risk/v1/checks/{id}`: what a check has said.

use super::{Check, CheckId, CheckItem};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The check.
    #[public]
    id: CheckId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_check",
        methods::get,
        "/risk/v1/checks/{id}",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "Read the score, outcome and reasons of a check",
    )
    .soap("getRiskCheck")
    .uses(&[Uses::Read(Table::Risk)]);
    type Input = Input;
    type Answer = Check;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<CheckItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Check>, Problem> {
        let item = cx.get::<CheckItem>(input.id.as_str()).await?;
        Ok(Outcome::read(Check::shown(cx, &item)).concerning(input.id.as_str()))
    }
}
