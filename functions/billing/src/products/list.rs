//! `GET /billing/v1/products`: a page of products, newest first.

use super::{ALL, Product, ProductItem};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The products.
    #[nested]
    data: Vec<Product>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_products",
        methods::get,
        "/billing/v1/products",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "List products, newest first",
    )
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = cx.list::<ProductItem>(1, ALL, &page).await?;
        Ok(Outcome::read(Answer {
            data: items.iter().map(|item| Product::from(&item.item)).collect(),
            next_cursor,
        }))
    }
}
