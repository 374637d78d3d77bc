//! `GET /billing/v1/products/{id}`.

use super::{Product, ProductId, ProductItem};
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
    /// The product.
    #[public]
    id: ProductId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_product",
        methods::get,
        "/billing/v1/products/{id}",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "Read a product",
    )
    .uses(&[Uses::Read(Table::Billing)]);
    type Input = Input;
    type Answer = Product;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ProductItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Product>, Problem> {
        let id = input.id.as_str();
        let item = cx.get::<ProductItem>(id).await?;
        Ok(Outcome::read(Product::from(&item.item)).concerning(id))
    }
}
