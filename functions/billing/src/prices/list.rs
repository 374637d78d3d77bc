//! `GET /billing/v1/prices`: a page of prices, newest first.

use super::{ALL, Price, PriceItem, of_product};
use crate::products::ProductId;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, Listed, page},
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
    /// Only those of this product.
    #[public]
    product: Option<ProductId>,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_prices",
        methods::get,
        "/billing/v1/prices",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "List prices, newest first",
    )
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Billing, 2),
    ]);
    type Input = Input;
    type Answer = Listed<Price>;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Listed<Price>>, Problem> {
        let page = page(input.limit, input.cursor);
        let found = match &input.product {
            Some(product) => cx.list::<PriceItem>(2, &of_product(product), &page).await?,
            None => cx.list::<PriceItem>(1, ALL, &page).await?,
        };
        Ok(Outcome::read(Listed::new(found, |item| Price::from(item))))
    }
}
