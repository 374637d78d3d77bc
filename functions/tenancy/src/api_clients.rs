//! API clients: the systems of a tenant.

pub mod create;
pub mod list;
pub mod revoke;
pub mod rotate;

use serde::Serialize;
use shared::{
    auth::{ApiClient, ClientStatus, SoapAccess, SoapMode, SoapSecret},
    crypto::{Purpose, SubjectKeyItem},
    ids::ClientId,
    problem::Problem,
    random,
    record::Record,
    road::Context,
    store::Stored,
    text::IssuedSecret,
    time::Instant,
};

/// An API client as answered, without its secrets.
#[derive(Record, Serialize)]
#[record(name = "ApiClient")]
pub struct ClientAnswer {
    /// Its id.
    #[public]
    pub id: ClientId,
    /// What people call it.
    #[internal]
    pub name: String,
    /// Its roles.
    #[internal]
    pub roles: Vec<String>,
    /// Whether it may be used. It ends with whoever holds it.
    #[public]
    pub status: ClientStatus,
    /// Networks it may call from; none listed means any.
    #[internal]
    pub networks: Vec<String>,
    /// Whether its tokens must be bound to a key (RFC 9449).
    #[public]
    pub require_dpop: bool,
    /// Whether and how it may call over SOAP.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soap: Option<SoapMode>,
    /// Who holds its secret: the person who issued it, or who rotated it last.
    #[public]
    pub issued_by: String,
    /// When it was issued (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

impl From<&ApiClient> for ClientAnswer {
    fn from(c: &ApiClient) -> Self {
        Self {
            id: c.id.clone(),
            name: c.name.clone(),
            roles: c.roles.clone(),
            status: c.status,
            networks: c.networks.clone(),
            require_dpop: c.require_dpop,
            soap: c.soap.as_ref().map(|soap| soap.mode),
            issued_by: c.issued_by.clone(),
            created_at: Instant::from(c.created_at),
        }
    }
}

/// A new SOAP secret of a client, the number of its place, and it sealed.
async fn soap_secret(
    cx: &Context,
    client: &ClientId,
    number: u32,
) -> Result<(IssuedSecret, SoapSecret), Problem> {
    let tenant = cx.tenant();
    let subject = cx
        .find_sub::<SubjectKeyItem>(tenant.as_str(), Purpose::Secret.name())
        .await?;
    let subject = subject.ok_or_else(|| Problem::internal("the tenant has no secret key"))?;
    let cipher = cx.subject(&subject.item).await?;
    let secret = random::token();
    let place = SoapAccess::place(number);
    let kept = SoapSecret {
        number,
        secret: cipher.seal::<ApiClient>(client.as_str(), "-", &place, secret.as_bytes())?,
        until: None,
    };
    Ok((IssuedSecret::new(secret), kept))
}

/// Refuses what only an active client takes: revoked is for good.
fn active(client: &Stored<ApiClient>) -> Result<(), Problem> {
    match client.status {
        ClientStatus::Active => Ok(()),
        ClientStatus::Revoked => Err(Problem::wrong_state("revoked", "The client has been revoked.")),
    }
}
