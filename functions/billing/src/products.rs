//! Products: what is sold. What it costs stands in its prices.

pub mod create;
pub mod list;
pub mod read;
pub mod update;

use crate::tax::{Supply, TaxClass};
use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Listing, Table},
    text::{Line, Name},
    time::Timestamp,
};

shared::id_type!(
    /// A product.
    ProductId, "prod"
);

/// The list of every product, in the first index.
pub(crate) const ALL: &str = "products";

/// A product as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ProductItem {
    /// Its id.
    #[public]
    pub id: ProductId,
    /// What it is called, also on invoices.
    #[internal]
    pub name: Name,
    /// What it is.
    #[internal]
    pub description: Option<Line>,
    /// What it is taxed with.
    #[internal]
    #[serde(default)]
    pub tax_category: Option<TaxClass>,
    /// Services or goods.
    #[internal]
    #[serde(default)]
    pub supply: Option<Supply>,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
    /// Since when it is sold no more.
    #[public]
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
}

impl Item for ProductItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "product";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.id.to_string(),
        })
    }
}

/// A product as answered.
#[derive(Record, Serialize)]
pub struct Product {
    /// Its id.
    #[public]
    pub id: ProductId,
    /// What it is called, also on invoices.
    #[internal]
    pub name: Name,
    /// What it is.
    #[internal]
    pub description: Option<Line>,
    /// What it is taxed with: a category of the tax settings; `standard` when absent.
    #[internal]
    pub tax_category: Option<TaxClass>,
    /// Services or goods, which decides how sales to other countries are taxed; services when absent.
    #[internal]
    pub supply: Option<Supply>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
    /// Since when it is sold no more: it gets no new prices, and no new lines of invoices.
    #[public]
    pub archived_at: Option<shared::time::Instant>,
}

impl From<&ProductItem> for Product {
    fn from(item: &ProductItem) -> Self {
        Self {
            id: item.id.clone(),
            name: item.name.clone(),
            description: item.description.clone(),
            tax_category: item.tax_category.clone(),
            supply: item.supply,
            created_at: shared::time::Instant::from(item.created_at),
            archived_at: item.archived_at.map(shared::time::Instant::from),
        }
    }
}
