//! `PATCH /billing/v1/meters/{id}`: archives, and takes back out of the archive.

use super::{Meter, MeterId, MeterItem};
use crate::archive::archived;
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// What comes in. Another way of counting is another meter.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The meter.
    #[public]
    id: MeterId,
    /// Whether it takes no more events and no new prices. What was counted is billed all the same.
    #[public]
    archived: bool,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_meter",
        methods::patch,
        "/billing/v1/meters/{id}",
        Access::Right(&rbac::CATALOG_WRITE),
        Audit::Change,
        "Archive a meter, or use it again",
    )
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Meter;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<MeterItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Meter>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<MeterItem>(id).await?;
        let mut next = old.item.clone();
        next.archived_at = archived(next.archived_at, input.archived, cx.now());
        let changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .event(Event::about("meter.updated", id, &next))
            .object(id, Some(&old.item), Some(&next));
        Ok(Outcome::changed(Meter::from(&next), changes))
    }
}
