//! `GET /billing/v1/meters`: a page of meters, newest first.

use super::{ALL, Meter, MeterItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
    rbac,
};

shared::list! {
    MeterItem as Meter,
    Declaration::new(
        "list_meters",
        methods::get,
        "/billing/v1/meters",
        Access::Right(&rbac::CATALOG_READ),
        Audit::Log,
        "List meters, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("mtr"), most: 100 },
    uses [],
    filters {},
}

shared::rows!(MeterItem => Meter);
