//! `GET /billing/v1/meters/{id}`.

use super::{Meter, MeterId, MeterItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    rbac,
};

shared::read! {
    MeterItem as Meter,
    /// The meter.
    MeterId,
    Declaration::new(
        "read_meter",
        methods::get,
        "/billing/v1/meters/{id}",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "Read a meter",
    ),
}
