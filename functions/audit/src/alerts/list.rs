//! `GET /audit/v1/alerts`: alerts, newest first, of one state or of all.

use super::{Alert, AlertItem, AlertState};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{By, Order, Way},
    rbac,
};

shared::list! {
    AlertItem as Alert,
    Declaration::new(
        "list_alerts",
        methods::get,
        "/audit/v1/alerts",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Log,
        "List alerts, newest first",
    ),
    Plan { all: Way::index(1, |_, _| AlertItem::ALL.into()), order: Order::Ids("alt"), most: 100 },
    uses [],
    filters {
        /// Only alerts in this state.
        #[public]
        state: AlertState = By::List(
            Way::index(2, |_, state| AlertItem::in_state(state)),
            |alert| Some(alert.state.name().into()),
        ),
    },
}

shared::rows!(AlertItem => Alert);
