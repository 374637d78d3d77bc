//! `PATCH /billing/v1/products/{id}`: renames, describes anew, archives.

use super::{Product, ProductId, ProductItem};
use crate::{
    archive::archived,
    tax::{Supply, TaxClass},
};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::{Patch, Record},
    road::Context,
    store::{Changes, Event, Key, Table},
    text::{Line, Name},
};

/// What comes in. What is left out stays as it is.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The product.
    #[public]
    id: ProductId,
    /// What it is called. Invoices that are there keep the name that they have.
    #[internal]
    name: Option<Name>,
    /// What it is; null for nothing.
    #[internal]
    description: Patch<Line>,
    /// What new lines of it are taxed with; null for `standard`.
    #[internal]
    tax_category: Patch<TaxClass>,
    /// Services or goods; null for services.
    #[internal]
    supply: Patch<Supply>,
    /// Whether it is sold no more: no new prices of it, and no new lines of invoices. Prices and lines that are there stay.
    #[public]
    archived: Option<bool>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_product",
        methods::patch,
        "/billing/v1/products/{id}",
        Access::Right(&rbac::CATALOG_WRITE),
        Audit::Change,
        "Rename, describe or archive a product",
    )
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Product;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ProductItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Product>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<ProductItem>(id).await?;
        let mut next = old.item.clone();
        if let Some(name) = input.name {
            next.name = name;
        }
        next.description = input.description.after(next.description);
        next.tax_category = input.tax_category.after(next.tax_category);
        next.supply = input.supply.after(next.supply);
        if let Some(asked) = input.archived {
            next.archived_at = archived(next.archived_at, asked, cx.now());
        }
        let changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .event(Event::about("product.updated", id, &next))
            .object(id, Some(&old.item), Some(&next));
        Ok(Outcome::changed(Product::from(&next), changes))
    }
}
