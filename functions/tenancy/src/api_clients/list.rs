//! `GET /tenancy/v1/api-clients`: a page of API clients, newest first, without their secrets; revoked ones, too.

use super::ClientAnswer;
use shared::{
    auth::ApiClient,
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{Listed, PageInput},
    problem::Problem,
    rbac,
    road::Context,
    store::Table,
};

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_api_clients",
        methods::get,
        "/tenancy/v1/api-clients",
        Access::Right(&rbac::APICLIENT_READ),
        Audit::Log,
        "List API clients, newest first",
    )
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Tenancy, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<ClientAnswer>;

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<ClientAnswer>>, Problem> {
        let found = cx.list::<ApiClient>(1, ApiClient::LIST, &input.page()).await?;
        Ok(Outcome::read(Listed::new(found, |client: &ApiClient| {
            ClientAnswer::from(client)
        })))
    }
}
