//! Client authentication at the OAuth endpoints (RFC 6749, section 2.3.1): HTTP Basic, or both fields in the body.

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use shared::{
    auth::{ApiClient, ClientStatus, network_allows},
    ids::{ClientId, TenantId},
    problem::Problem,
    road::Context,
    store::{Changes, Stored},
    text::SecretText,
};

/// The client that users' own programs are: it has no secret.
pub const PUBLIC: &str = "portal";

/// What a request says of its client in the body.
#[derive(Debug)]
pub struct Given {
    /// `client_id`.
    pub id: Option<String>,
    /// `client_secret`.
    pub secret: Option<SecretText>,
}

/// A client that has shown its secret, and its tenant's context.
pub struct Known {
    /// The context.
    pub here: Context,
    /// The client.
    pub client: Stored<ApiClient>,
    /// The person who holds it.
    pub holder: String,
}

/// The refusal of whoever is no client.
#[must_use]
pub fn invalid_client() -> Problem {
    Problem::new(
        401,
        "invalid_client",
        "The client is unknown or its secret is wrong.",
    )
}

/// The client that a request comes from; none where it says of none but the public one.
///
/// # Errors
/// `invalid_client`, `invalid_request` for two ways at once; 503.
pub async fn authenticated(cx: &Context, given: Given) -> Result<Option<Known>, Problem> {
    let basic = cx.request().basic.clone();
    let (id, secret) = match (basic, given.id, given.secret) {
        // "The client MUST NOT use more than one authentication method" (RFC 6749, section 2.3).
        (Some(_), _, Some(_)) => {
            let text = "Use one way of client authentication.";
            return Err(Problem::bad_request("invalid_request", text));
        }
        (Some((id, _)), Some(other), None) if id != other => return Err(invalid_client()),
        (Some(basic), _, None) => basic,
        (None, Some(id), Some(secret)) => (id, secret),
        (None, None, None) => return Ok(None),
        (None, Some(id), None) if id == PUBLIC => return Ok(None),
        (None, _, _) => return Err(invalid_client()),
    };
    let (tenant, client) = id.split_once('.').ok_or_else(invalid_client)?;
    let tenant = TenantId::parse(tenant).map_err(|_| invalid_client())?;
    let client = ClientId::parse(client).map_err(|_| invalid_client())?;
    let here = cx.enter(&tenant).await?.ok_or_else(invalid_client)?;
    let record = here
        .find::<ApiClient>(client.as_str())
        .await?
        .ok_or_else(invalid_client)?;
    let given = digest::digest(&digest::SHA256, secret.expose().as_bytes());
    let seconds = here.now().as_second();
    // Every secret is compared, so that time does not tell which one came close.
    let matched = record
        .secrets
        .iter()
        .filter(|s| s.until.is_none_or(|u| u > seconds))
        .fold(false, |yes, s| {
            verify_slices_are_equal(&s.digest.0, given.as_ref()).is_ok() | yes
        });
    let listed = network_allows(&record.networks, here.request().address);
    if !matched || record.status != ClientStatus::Active || !listed {
        return Err(invalid_client().changing(Changes::new().concerning(client.as_str()).by(client.as_str())));
    }
    // A client ends with whoever holds it.
    let Some(holder) = here.holder(&record).await? else {
        return Err(invalid_client().changing(Changes::new().concerning(client.as_str())));
    };
    Ok(Some(Known {
        here,
        client: record,
        holder,
    }))
}

/// Refuses a `scope` that asks for more than there is, and one that is none (RFC 6749, section 3.3). Scopes are the names
/// of roles; a token always has all of its holder's, which its `scope` says.
///
/// # Errors
/// `invalid_scope`.
pub fn within(scope: Option<&str>, roles: &[String]) -> Result<(), Problem> {
    let held = |name: &str| roles.iter().any(|role| role == name);
    if scope.is_none_or(|scope| scope.split(' ').all(held)) {
        return Ok(());
    }
    let text = "The scope names a role that the token's holder does not have.";
    Err(Problem::bad_request("invalid_scope", text))
}
