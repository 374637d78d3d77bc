//! `GET /privacy/v1/requests`: a page of requests, newest first.

use super::{ALL, Request, RequestItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
    rbac,
};

shared::list! {
    RequestItem as Request,
    Declaration::new(
        "list_privacy_requests",
        methods::get,
        "/privacy/v1/requests",
        Access::Right(&rbac::PRIVACY_READ),
        Audit::Sensitive,
        "List requests of data subjects, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("prq"), most: 100 },
    uses [],
    filters {},
}

shared::rows!(RequestItem => Request);
