//! `GET /billing/v1/prices`: a page of prices, newest first.

use super::{ALL, Price, PriceItem, of_product};
use crate::products::ProductId;
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{By, Order, Way},
    rbac,
};

shared::list! {
    PriceItem as Price,
    Declaration::new(
        "list_prices",
        methods::get,
        "/billing/v1/prices",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "List prices, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("price"), most: 100 },
    uses [],
    filters {
        /// Only those of this product.
        #[public]
        product: ProductId = By::List(
            Way::index(2, |_, product| of_product(product)),
            |price| Some(price.product.as_str().into()),
        ),
    },
}

shared::rows!(PriceItem => Price);
