//! `GET /tenancy/v1/api-clients`: a page of API clients, newest first, without their secrets; revoked ones, too, and those whose
//! holder has left: they have ended with them.

use super::ClientAnswer;
use shared::{
    auth::{ApiClient, ClientStatus, User},
    endpoint::{Access, Audit, Declaration, methods},
    ids::{TenantId, UserId},
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
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

/// The holder of a client, where it is a person.
fn holder(tenant: &TenantId, client: &ApiClient) -> Option<Key> {
    let user = UserId::parse(&client.issued_by).ok()?;
    Some(Key::of::<User>(tenant, user.as_str()))
}

impl Rows<ApiClient> for ClientAnswer {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, client: &ApiClient) -> Vec<Key> {
        holder(tenant, client).into_iter().collect()
    }

    async fn of(cx: &Context, client: &ApiClient, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        let mut answer = Self::from(client);
        // One whose holder has left has ended with them.
        if let Some(key) = holder(cx.tenant(), client)
            && beside
                .item::<User>(&key)?
                .is_none_or(|holder| !holder.vouches(client.held_since()))
        {
            answer.status = ClientStatus::Revoked;
        }
        Ok(Some(answer))
    }
}
