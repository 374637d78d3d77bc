//! `GET /billing/v1/products`: a page of products, newest first.

use super::{ALL, Product, ProductItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
    rbac,
};

shared::list! {
    ProductItem as Product,
    Declaration::new(
        "list_products",
        methods::get,
        "/billing/v1/products",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "List products, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("prod"), most: 100 },
    uses [],
    filters {},
}

shared::rows!(ProductItem => Product);
