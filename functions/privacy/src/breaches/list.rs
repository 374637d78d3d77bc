//! `GET /privacy/v1/breaches`: the register of breaches (GDPR art. 33(5)), newest first.

use super::{ALL, Breach, BreachItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
    rbac,
};

shared::list! {
    BreachItem as Breach,
    Declaration::new(
        "list_breaches",
        methods::get,
        "/privacy/v1/breaches",
        Access::Right(&rbac::PRIVACY_READ),
        Audit::Sensitive,
        "List breaches of personal data, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("brc"), most: 100 },
    uses [],
    filters {},
}

shared::rows!(BreachItem => Breach);
