//! `POST /tenancy/v1/api-clients`: issue a client; its secret is shown once. Whoever gets the secret gets the client's rights: beyond
//! their own they need a second person.

use super::soap_secret;
use crate::tenants::found;
use serde::Serialize;
use shared::{
    auth::{SoapAccess, SoapMode},
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::ClientId,
    networks::{self, Network},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
    text::{IssuedSecret, Name, RoleId},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What people call the client.
    #[internal]
    name: Name,
    /// One to ten of the tenant's roles.
    #[internal]
    #[record(length(min = 1, max = 10))]
    roles: Vec<RoleId>,
    /// Networks it may call from; none listed means any.
    #[internal]
    #[record(length(max = 50))]
    #[serde(default)]
    networks: Vec<Network>,
    /// Whether its tokens must be bound to a key of its own (DPoP, RFC 9449), so that nobody else can use them. Without,
    /// they are bound where the client asks for it.
    #[public]
    #[serde(default)]
    require_dpop: bool,
    /// Whether it may call over SOAP, and how it shows the secret of its own that it gets for that. Not for a client whose tokens
    /// must be bound to a key.
    #[public]
    soap: Option<SoapMode>,
}

/// What goes out, once.
#[derive(Record, Serialize)]
#[record(name = "NewApiClient")]
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
    /// Whether its tokens must be bound to a key (RFC 9449).
    #[public]
    require_dpop: bool,
    /// Whether and how it may call over SOAP.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    soap: Option<SoapMode>,
    /// Its secret over SOAP, never shown again.
    #[secret]
    #[serde(skip_serializing_if = "Option::is_none")]
    soap_secret: Option<IssuedSecret>,
    /// When it was issued (RFC 3339 UTC).
    #[public]
    created_at: Instant,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

/// Refuses roles that no client may hold: what people alone use, and the platform's own.
pub(super) fn people_only(roles: &[rbac::Role]) -> Result<(), Problem> {
    let people_only = |g: &rbac::Grant| {
        g.right == rbac::PLATFORM_TENANT.name
            || rbac::find_right(&g.right).is_some_and(rbac::Right::people_only)
    };
    match roles.iter().find(|r| r.grants.iter().any(people_only)) {
        None => Ok(()),
        Some(role) => {
            let text = format!("the role {} is for people only", role.id);
            Err(Problem::invalid("/roles", text))
        }
    }
}

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_api_client",
        methods::post,
        "/tenancy/v1/api-clients",
        Access::Right(&rbac::APICLIENT_WRITE),
        Audit::Alert,
        "Issue an API client; its secret is shown once. Beyond one's own rights it takes a second person",
    )
    .refuses(&[codes::ROLE_EXCEEDS_YOURS, codes::INSUFFICIENT_AUTHENTICATION])
    .status(201)
    .four_eyes_where_asked()
    .uses(&[
        Uses::Write(Table::Tenancy),
        Uses::Read(Table::Identity),
        Uses::Key(Purpose::Secret),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        if input.require_dpop && input.soap.is_some() {
            let text = "is not for a client whose tokens must be bound to a key: over SOAP there is none";
            return Err(Problem::invalid("/soap", text));
        }
        let networks = networks::listed(&input.networks)?;
        let roles = rbac::assignable(cx, &input.roles).await?;
        people_only(&roles)?;
        let held = &cx.principal().roles;
        let beyond = roles.iter().any(|role| rbac::beyond(held, role).is_some());
        let roles = roles.into_iter().map(|r| r.id).collect();
        let (mut client, secret) = found::api_client(cx, input.name.as_str(), roles, networks);
        client.require_dpop = input.require_dpop;
        let mut soap_secret = None;
        if let Some(mode) = input.soap {
            let (shown, kept) = self::soap_secret(cx, &client.id, 1).await?;
            let secrets = vec![kept];
            client.soap = Some(SoapAccess { mode, secrets });
            soap_secret = Some(shown);
        }
        let changes = Changes::new()
            .write(cx.create(&client)?)
            .object(client.id.as_str(), None, Some(&client))
            .two_people(beyond);
        let answer = Answer {
            client_id: format!("{}.{}", cx.tenant(), client.id),
            client_secret: IssuedSecret::new(secret),
            name: client.name,
            roles: client.roles,
            networks: client.networks,
            require_dpop: client.require_dpop,
            soap: input.soap,
            soap_secret,
            created_at: Instant::from(client.created_at),
            id: client.id,
        };
        Ok(Outcome::changed(answer, changes))
    }
}
