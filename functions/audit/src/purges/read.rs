//! `GET /audit/v1/purges/{id}`: how far a purge has come.

use super::{Purge, PurgeId, PurgeItem};
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
    /// The purge.
    #[public]
    id: PurgeId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_purge",
        methods::get,
        "/audit/v1/purges/{id}",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Log,
        "Read how far a purge has come",
    )
    .uses(&[Uses::Read(Table::Alerts)]);
    type Input = Input;
    type Answer = Purge;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PurgeItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Purge>, Problem> {
        let item = cx.get::<PurgeItem>(input.id.as_str()).await?;
        Ok(Outcome::read(Purge::from(&item.item)).concerning(input.id.as_str()))
    }
}
