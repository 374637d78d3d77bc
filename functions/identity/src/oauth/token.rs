//! `POST /identity/v1/oauth/token`: an access token for an API client (RFC 6749, section 4.4), or the next one of
//! a user's session (section 6).

use super::{
    answer::Answer,
    client::{self, Given, invalid_client},
    refresh,
};
use shared::{
    auth::dpop::{self, Confirmation},
    crypto::{KeyUse, Purpose},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::Record,
    road::Context,
    shape::{Choices, Shape, Shaped},
    store::{Changes, Table},
    text::{IssuedSecret, SecretText},
};

/// What a token is asked for with. Another one has an error of its own (RFC 6749, section 5.2), so it is no value of the input.
struct GrantType;

impl Shaped for GrantType {
    fn shape() -> Shape {
        Shape::Choice(Choices {
            name: "GrantType",
            about: "What a token is asked for with.",
            values: vec![
                (
                    "client_credentials",
                    "The client's own secret (RFC 6749, section 4.4).",
                ),
                (
                    "refresh_token",
                    "The latest refresh token of a session (section 6).",
                ),
            ],
            example: None,
        })
    }
}

/// What comes in, as a form.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// `client_credentials` for API clients, `refresh_token` for sessions of users.
    #[public]
    #[record(shape = GrantType)]
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
    /// Names of roles that the holder has. Tokens always have all of them, as the answer says.
    #[public]
    scope: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Token;

impl Endpoint for Token {
    const DECLARATION: Declaration = Declaration::new(
        "issue_token",
        methods::post,
        "/identity/v1/oauth/token",
        Access::Public,
        Audit::Log,
        "Issue an access token to an API client, or the next one of a session",
    )
    .refuses(&[
        codes::INVALID_CLIENT,
        codes::INVALID_GRANT,
        codes::INVALID_REQUEST,
        codes::INVALID_SCOPE,
        codes::UNSUPPORTED_GRANT_TYPE,
        codes::INVALID_DPOP_PROOF_AT_ISSUE,
    ])
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
        let grant = input.grant_type.as_str();
        if !["client_credentials", "refresh_token"].contains(&grant) {
            let text = "Only client_credentials and refresh_token are supported.";
            return Err(Problem::bad_request("unsupported_grant_type", text));
        }
        let given = Given {
            id: input.client_id,
            secret: input.client_secret,
        };
        let known = client::authenticated(cx, given).await?;
        let scope = input.scope.as_deref();
        if grant == "refresh_token" {
            let token = input.refresh_token.as_ref();
            let token = token.ok_or_else(|| Problem::invalid("/refresh_token", "is required"))?;
            if known.is_some() {
                // Refresh tokens are users', whose programs are public clients (RFC 6749, section 5.2).
                return Err(refresh::invalid_grant());
            }
            return refresh::refresh(cx, token, scope).await;
        }
        let known = known.ok_or_else(invalid_client)?;
        let (here, record, holder) = (known.here, known.client.item, known.holder);
        let id = record.id.as_str();
        let concerning = || Changes::new().concerning(id).by(id);
        client::within(scope, &record.roles).map_err(|refused| refused.changing(concerning()))?;
        let tokens = &here.app().tokens;
        let proof = here.proof().map_err(|refused| refused.changing(concerning()))?;
        if proof.is_none() && record.require_dpop {
            return Err(dpop::refused(400).changing(concerning()));
        }
        let mut claims = tokens.claims(here.now(), here.tenant(), id, None, &record.roles);
        claims.hld = Some(holder);
        let mut changes = concerning();
        if let Some(proof) = &proof {
            claims.cnf = Some(Confirmation {
                jkt: proof.jkt.clone(),
            });
            changes = changes.write(proof.spend(here.tenant(), 400)?);
        }
        let token = tokens
            .issue(here.meter(), &claims)
            .await
            .map_err(|e| Problem::unavailable(e.0))?;
        let answer = Answer {
            access_token: IssuedSecret::new(token),
            token_type: if proof.is_some() { "DPoP" } else { "Bearer" }.into(),
            expires_in: claims.exp - claims.iat,
            scope: record.roles.join(" "),
            refresh_token: None,
        };
        Ok(Outcome::changed(answer, changes))
    }
}
