//! `GET /billing/v1/products`: a page of products, newest first.

use super::{ALL, Product, ProductItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{Listed, PageInput},
    problem::Problem,
    rbac,
    road::Context,
    store::Table,
};

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
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<Product>;

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<Product>>, Problem> {
        let found = cx.list(1, ALL, &input.page()).await?;
        Ok(Outcome::read(Listed::new(found, |item: &ProductItem| {
            Product::from(item)
        })))
    }
}
