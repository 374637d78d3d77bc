//! `PATCH /billing/v1/prices/{id}`: archives, and takes back out of the archive.

use super::{Price, PriceId, PriceItem};
use crate::archive::archived;
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// What comes in. Another amount is another price.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The price.
    #[public]
    id: PriceId,
    /// Whether nothing new is billed at it. Lines that are there stay.
    #[public]
    archived: bool,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_price",
        methods::patch,
        "/billing/v1/prices/{id}",
        Access::Right(&rbac::CATALOG_WRITE),
        Audit::Change,
        "Archive a price, or use it again",
    )
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Price;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PriceItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Price>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<PriceItem>(id).await?;
        let mut next = old.item.clone();
        next.archived_at = archived(next.archived_at, input.archived, cx.now());
        let changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .event(Event::about("price.updated", id, &next))
            .object(id, Some(&old.item), Some(&next));
        Ok(Outcome::changed(Price::from(&next), changes))
    }
}
