//! `GET /risk/v1/lists`: a page of lists, newest first.

use super::{LISTS, ListItem, RiskList};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
    rbac,
};

shared::list! {
    ListItem as RiskList,
    Declaration::new(
        "list_risk_lists",
        methods::get,
        "/risk/v1/lists",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "List allow and deny lists, newest first",
    ),
    Plan { all: Way::index(1, |_, _| LISTS.into()), order: Order::Ids("lst"), most: 100 },
    uses [],
    filters {},
}

shared::rows!(ListItem => RiskList);
