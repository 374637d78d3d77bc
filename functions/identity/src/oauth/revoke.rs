//! `POST /identity/v1/oauth/revoke`: a client gives a token back (RFC 7009). Either token of a session ends it.

use super::client::{self, Given};
use crate::{
    secret_token,
    sessions::refresh::{RefreshToken, revoke},
};
use shared::{
    auth::Session,
    crypto::KeyUse,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{SessionId, TenantId},
    problem::{Problem, codes},
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Table},
    text::SecretText,
};

/// What comes in, as a form.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// A refresh token, or an access token of a session.
    #[secret]
    token: SecretText,
    /// Not needed: a token shows what it is.
    #[public]
    token_type_hint: Option<String>,
    /// The client, when it does not authenticate with HTTP Basic.
    #[public]
    client_id: Option<String>,
    /// Its secret, when it does not authenticate with HTTP Basic.
    #[secret]
    client_secret: Option<SecretText>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Revoke;

impl Endpoint for Revoke {
    const DECLARATION: Declaration = Declaration::new(
        "revoke_token",
        methods::post,
        "/identity/v1/oauth/revoke",
        Access::Public,
        Audit::Change,
        "Give a token back: its session ends",
    )
    .refuses(&[
        codes::INVALID_CLIENT,
        codes::INVALID_GRANT,
        codes::INVALID_REQUEST,
        codes::UNSUPPORTED_TOKEN_TYPE,
    ])
    .oauth()
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::PublicKey(KeyUse::Token),
    ]);
    type Input = Input;
    type Answer = Nothing;

    /// "Invalid tokens do not cause an error response" (RFC 7009, section 2.2).
    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let given = Given {
            id: input.client_id,
            secret: input.client_secret,
        };
        let client = client::authenticated(cx, given).await?;
        let nothing = || Ok(Outcome::read(Nothing {}));
        let text = input.token.expose();
        let refresh = RefreshToken::place(text);
        let place = match &refresh {
            Some((tenant, session)) => Some((tenant.clone(), session.clone())),
            None => session_of(cx, text).await?,
        };
        let Some((tenant, session)) = place else {
            return nothing();
        };
        let Some(here) = cx.enter(&tenant).await? else {
            return nothing();
        };
        let session_key = here.key::<Session>(session.as_str());
        let token_key = RefreshToken::key(&tenant, &session, &secret_token::digest_of(text));
        let mut found = here.batch(&[session_key.clone(), token_key.clone()]).await?;
        // Whoever only knows the id of a session has no token of it.
        let genuine = refresh.is_none() || found.take::<RefreshToken>(&token_key)?.is_some();
        let Some(session) = found.take::<Session>(&session_key)?.filter(|_| genuine) else {
            return nothing();
        };
        let id = session.id.as_str();
        if let Some(known) = client {
            // "… whether the token was issued to the client making the revocation request" (RFC 7009, section 2.1).
            let text = "The token was issued to another client.";
            let concerning = Changes::new().concerning(known.client.id.as_str());
            return Err(Problem::bad_request("invalid_grant", text).changing(concerning));
        }
        let changes = Changes::new()
            .write(here.update::<Session>(id, "-", revoke()))
            .concerning(id);
        Ok(Outcome::changed(Nothing {}, changes))
    }
}

/// Tenant and session of a good access token.
async fn session_of(cx: &Context, token: &str) -> Result<Option<(TenantId, SessionId)>, Problem> {
    let verified = cx.app().tokens.verify(cx.meter(), token, cx.now()).await;
    let claims = match verified {
        Ok(claims) => claims,
        Err(shared::auth::TokenError::Unavailable(why)) => return Err(Problem::unavailable(why)),
        Err(_) => return Ok(None),
    };
    let Some(sid) = &claims.sid else {
        let text = "Access tokens of API clients run out by themselves; revoke the client.";
        return Err(Problem::bad_request("unsupported_token_type", text));
    };
    Ok(SessionId::parse(sid).ok().map(|sid| (claims.tid.clone(), sid)))
}
