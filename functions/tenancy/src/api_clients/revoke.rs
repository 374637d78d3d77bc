//! `DELETE /tenancy/v1/api-clients/{id}`: revoked for good; the client's next call is refused, whatever token it holds.

use super::active;
use shared::{
    auth::{ApiClient, ClientStatus},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::ClientId,
    problem::{Problem, codes},
    rbac,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The client.
    #[public]
    id: ClientId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Revoke;

impl Endpoint for Revoke {
    const DECLARATION: Declaration = Declaration::new(
        "revoke_api_client",
        methods::delete,
        "/tenancy/v1/api-clients/{id}",
        Access::Right(&rbac::APICLIENT_WRITE),
        Audit::Alert,
        "Revoke an API client for good",
    )
    .refuses(&[codes::WRONG_STATE])
    .status(204)
    .uses(&[Uses::Write(Table::Tenancy)]);
    type Input = Input;
    type Answer = Nothing;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ApiClient>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let before = cx.get::<ApiClient>(input.id.as_str()).await?;
        active(&before)?;
        // The client stays, so that the log's entries about it still lead somewhere; its secrets do not.
        let after = ApiClient {
            status: ClientStatus::Revoked,
            secrets: Vec::new(),
            soap: None,
            ..before.item.clone()
        };
        let changes = Changes::new().write(cx.replace(&before, &after)?).object(
            input.id.as_str(),
            Some(&before.item),
            Some(&after),
        );
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
