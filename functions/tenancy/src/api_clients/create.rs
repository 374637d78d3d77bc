//! `POST /tenancy/v1/api-clients`: issue a client; its secret is shown once.

use crate::tenants::found;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::ClientId,
    problem::Problem,
    rbac::{self, Role},
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::{IssuedSecret, Name},
    time::rfc3339,
};

shared::text_type!(
    /// The id of a role.
    RoleId, "^[a-z][a-z0-9_]{0,63}$", "integration", |t| {
        let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if (1..=64).contains(&t.len()) && t.bytes().all(ok) && t.starts_with(|c: char| c.is_ascii_lowercase()) {
            Ok(t.to_owned())
        } else {
            Err("is not a role's id")
        }
    }
);

shared::text_type!(
    /// A network in CIDR notation (RFC 4632, RFC 4291).
    Network, r"^[0-9a-fA-F.:]+/[0-9]{1,3}$", "203.0.113.0/24", |t| {
        t.parse::<ipnet::IpNet>().map(|n| n.trunc().to_string()).map_err(|_| "is not a network in CIDR notation")
    }
);

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// What people call the client.
    #[internal]
    name: Name,
    /// One to ten of the tenant's roles.
    #[internal]
    #[schemars(length(min = 1, max = 10))]
    roles: Vec<RoleId>,
    /// Networks it may call from; none listed means any.
    #[internal]
    #[schemars(length(max = 50))]
    #[serde(default)]
    networks: Vec<Network>,
}

/// What goes out, once.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The client.
    #[public]
    id: ClientId,
    /// What it authenticates with: tenant and client in one.
    #[public]
    client_id: String,
    /// Its secret, never shown again.
    #[secret]
    client_secret: IssuedSecret,
    /// What people call it.
    #[internal]
    name: String,
    /// Its roles.
    #[internal]
    roles: Vec<String>,
    /// Networks it may call from.
    #[internal]
    networks: Vec<String>,
    /// When it was issued (RFC 3339 UTC).
    #[public]
    created_at: String,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

/// Rights that no client may hold: with them a machine could make more machines, or tenants.
const PEOPLE_ONLY: [&str; 2] = [rbac::APICLIENT_WRITE.name, rbac::PLATFORM_TENANT.name];

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_api_client",
        methods::post,
        "/tenancy/v1/api-clients",
        Access::Right(&rbac::APICLIENT_WRITE),
        Audit::Alert,
        "Issue an API client; its secret is shown once",
    )
    .status(201)
    .uses(&[Uses::Write(Table::Tenancy), Uses::Read(Table::Identity)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        if !(1..=10).contains(&input.roles.len()) {
            return Err(Problem::invalid("/roles", "must be one to ten roles"));
        }
        let mut roles: Vec<String> = input.roles.iter().map(|r| r.as_str().to_owned()).collect();
        roles.sort();
        roles.dedup();
        if input.networks.len() > 50 {
            return Err(Problem::invalid("/networks", "must be at most fifty networks"));
        }
        let keys: Vec<Key> = roles.iter().map(|r| cx.key::<Role>(r)).collect();
        let mut batch = cx.batch(&keys).await?;
        let mut changes = Changes::new();
        for (role, key) in roles.iter().zip(&keys) {
            let Some(found) = batch.take::<Role>(key)? else {
                return Err(Problem::invalid("/roles", format!("there is no role {role}")));
            };
            if found
                .grants
                .iter()
                .any(|g| PEOPLE_ONLY.contains(&g.right.as_str()))
            {
                return Err(Problem::invalid(
                    "/roles",
                    format!("the role {role} is for people only"),
                ));
            }
        }
        let networks: Vec<String> = input.networks.iter().map(|n| n.as_str().to_owned()).collect();
        let (client, secret) = found::api_client(cx, input.name.as_str(), roles, networks);
        changes = changes
            .write(cx.create(&client)?)
            .object(client.id.as_str(), None, Some(&client));
        let answer = Answer {
            client_id: format!("{}.{}", cx.tenant(), client.id),
            client_secret: IssuedSecret::new(secret),
            name: client.name,
            roles: client.roles,
            networks: client.networks,
            created_at: rfc3339(client.created_at),
            id: client.id,
        };
        Ok(Outcome::changed(answer, changes))
    }
}
