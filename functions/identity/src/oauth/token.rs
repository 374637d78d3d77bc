//! `POST /identity/v1/oauth/token`: an access token for an API client (RFC 6749, section 4.4), or the next one of
//! a user's session (section 6).

use super::refresh;
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    auth::{ApiClient, ClientStatus, network_allows},
    crypto::{KeyUse, Purpose},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{ClientId, TenantId},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Table},
    text::{IssuedSecret, SecretText},
};

/// What comes in, as a form.
#[derive(Record, JsonSchema)]
#[record(input)]
pub struct Input {
    /// `client_credentials` for API clients, `refresh_token` for sessions of users.
    #[public]
    #[schemars(extend("enum" = ["client_credentials"]))]
    grant_type: String,
    /// The latest refresh token of a session. Users are public clients: it comes without client authentication.
    #[secret]
    refresh_token: Option<SecretText>,
    /// The client, when it does not authenticate with HTTP Basic.
    #[public]
    client_id: Option<String>,
    /// Its secret, when it does not authenticate with HTTP Basic.
    #[secret]
    client_secret: Option<SecretText>,
    /// Not used: rights come from the client's roles.
    #[public]
    scope: Option<String>,
}

/// What goes out (RFC 6749, section 5.1).
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// An access token (RFC 9068).
    #[secret]
    pub(super) access_token: IssuedSecret,
    /// `Bearer`.
    #[public]
    pub(super) token_type: String,
    /// Seconds it is good for.
    #[public]
    pub(super) expires_in: i64,
    /// The roles of the client or user.
    #[public]
    pub(super) scope: String,
    /// The session's next refresh token; the one presented is spent.
    #[secret]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<IssuedSecret>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Token;

fn invalid_client() -> Problem {
    Problem::new(
        401,
        "invalid_client",
        "The client is unknown or its secret is wrong.",
    )
}

impl Endpoint for Token {
    const DECLARATION: Declaration = Declaration::new(
        "issue_token",
        methods::post,
        "/identity/v1/oauth/token",
        Access::Public,
        Audit::Log,
        "Issue an access token to an API client, or the next one of a session",
    )
    .oauth()
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Secret),
        Uses::Sign(KeyUse::Token),
        Uses::PublicKey(KeyUse::Token),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        match (input.grant_type.as_str(), &input.refresh_token) {
            ("client_credentials", _) => {}
            ("refresh_token", Some(token)) => return refresh::refresh(cx, token).await,
            ("refresh_token", None) => return Err(Problem::invalid("/refresh_token", "is required")),
            _ => {
                let text = "Only client_credentials and refresh_token are supported.";
                return Err(Problem::bad_request("unsupported_grant_type", text));
            }
        }
        let body = input.client_id.zip(input.client_secret);
        let (id, secret) = match (cx.request().basic.clone(), body) {
            (Some(basic), None) => basic,
            (None, Some(body)) => body,
            // "The client MUST NOT use more than one authentication method" (RFC 6749, section 2.3).
            (Some(_), Some(_)) => {
                let text = "Use one way of client authentication.";
                return Err(Problem::bad_request("invalid_request", text));
            }
            (None, None) => return Err(invalid_client()),
        };
        let (tenant, client) = id.split_once('.').ok_or_else(invalid_client)?;
        let tenant = TenantId::parse(tenant).map_err(|_| invalid_client())?;
        let client = ClientId::parse(client).map_err(|_| invalid_client())?;
        let here = cx.enter(&tenant).await?.ok_or_else(invalid_client)?;
        let record = here
            .find::<ApiClient>(client.as_str())
            .await?
            .ok_or_else(invalid_client)?;

        let concerning = || Changes::new().concerning(client.as_str());
        let refused = || invalid_client().changing(concerning());
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
        if !matched || record.status != ClientStatus::Active {
            return Err(refused());
        }
        if !network_allows(&record.networks, here.request().address) {
            return Err(refused());
        }
        let tokens = &here.app().tokens;
        let claims = tokens.claims(here.now(), &tenant, client.as_str(), None, &record.roles);
        let token = tokens
            .issue(here.meter(), &claims)
            .await
            .map_err(|e| Problem::unavailable(e.0))?;
        let answer = Answer {
            access_token: IssuedSecret::new(token),
            token_type: "Bearer".into(),
            expires_in: claims.exp - claims.iat,
            scope: record.roles.join(" "),
            refresh_token: None,
        };
        Ok(Outcome::changed(answer, concerning()))
    }
}
