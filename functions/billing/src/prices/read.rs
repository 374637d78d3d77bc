//! `GET /billing/v1/prices/{id}`.

use super::{Price, PriceId, PriceItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    rbac,
};

shared::read! {
    PriceItem as Price,
    /// The price.
    PriceId,
    Declaration::new(
        "read_price",
        methods::get,
        "/billing/v1/prices/{id}",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "Read a price",
    ),
}
