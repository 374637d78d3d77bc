//! `GET /tenancy/v1/api-clients`: a page of API clients, newest first, without their secrets; revoked ones, too.

use super::ClientAnswer;
use shared::{
    auth::ApiClient,
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
    rbac,
};

shared::list! {
    ApiClient as ClientAnswer,
    Declaration::new(
        "list_api_clients",
        methods::get,
        "/tenancy/v1/api-clients",
        Access::Right(&rbac::APICLIENT_READ),
        Audit::Log,
        "List API clients, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ApiClient::LIST.into()), order: Order::Ids("cli"), most: 100 },
    uses [],
    filters {},
}

shared::rows!(ApiClient => ClientAnswer);
