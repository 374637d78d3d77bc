//! `GET /billing/v1/prices/{id}`.

use super::{Price, PriceId, PriceItem};
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
    /// The price.
    #[public]
    id: PriceId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_price",
        methods::get,
        "/billing/v1/prices/{id}",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "Read a price",
    )
    .uses(&[Uses::Read(Table::Billing)]);
    type Input = Input;
    type Answer = Price;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PriceItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Price>, Problem> {
        let id = input.id.as_str();
        let item = cx.get::<PriceItem>(id).await?;
        Ok(Outcome::read(Price::from(&item.item)).concerning(id))
    }
}
