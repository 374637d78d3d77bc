//! `POST /billing/v1/products`.

use super::{Product, ProductId, ProductItem};
use crate::tax::{Supply, TaxClass};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Table},
    text::{Line, Name},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What it is called, also on invoices.
    #[internal]
    name: Name,
    /// What it is.
    #[internal]
    description: Option<Line>,
    /// What it is taxed with: a category of the tax settings; `standard` when absent.
    #[internal]
    tax_category: Option<TaxClass>,
    /// Services or goods, which decides how sales to other countries are taxed; services when absent.
    #[internal]
    supply: Option<Supply>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_product",
        methods::post,
        "/billing/v1/products",
        Access::Right(&rbac::CATALOG_WRITE),
        Audit::Change,
        "Create a product",
    )
    .status(201)
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Product;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Product>, Problem> {
        let item = ProductItem {
            id: ProductId::new(cx.now()),
            name: input.name,
            description: input.description,
            tax_category: input.tax_category,
            supply: input.supply,
            created_at: cx.now(),
            archived_at: None,
        };
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .event(Event::about("product.created", item.id.as_str(), &item))
            .object(item.id.as_str(), None, Some(&item));
        Ok(Outcome::changed(Product::from(&item), changes))
    }
}
