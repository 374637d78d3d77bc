//! `GET /billing/v1/products/{id}`.

use super::{Product, ProductId, ProductItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    rbac,
};

shared::read! {
    ProductItem as Product,
    /// The product.
    ProductId,
    Declaration::new(
        "read_product",
        methods::get,
        "/billing/v1/products/{id}",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "Read a product",
    ),
}
