//! `GET /.well-known/oauth-authorization-server/identity`: what the authorization server is and does (RFC 8414). The
//! address is that of the issuer with the well-known part between host and path.

use super::{revoke::Revoke, token::Token};
use crate::jwks;
use serde::Serialize;
use shared::{
    auth::dpop,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, methods},
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
};

/// What goes out (RFC 8414, section 2).
#[derive(Record, Serialize)]
#[record(name = "AuthorizationServer")]
pub struct Answer {
    /// The issuer, as in the tokens' `iss`.
    #[public]
    issuer: String,
    /// Where tokens are issued.
    #[public]
    token_endpoint: String,
    /// How clients authenticate there; users' own programs have no secret.
    #[public]
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// What tokens are issued for.
    #[public]
    grant_types_supported: Vec<&'static str>,
    /// None: there is no authorization endpoint.
    #[public]
    response_types_supported: Vec<&'static str>,
    /// Where tokens are given back.
    #[public]
    revocation_endpoint: String,
    /// How clients authenticate there.
    #[public]
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// The keys that verify tokens.
    #[public]
    jwks_uri: String,
    /// The algorithms of proofs of API clients that bind their tokens (RFC 9449, section 5.1).
    #[public]
    dpop_signing_alg_values_supported: Vec<&'static str>,
    /// The contract.
    #[public]
    service_documentation: String,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_oauth_metadata",
        methods::get,
        "/.well-known/oauth-authorization-server/identity",
        Access::Public,
        Audit::Log,
        "Where the OAuth endpoints are and what they do (RFC 8414)",
    );
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let address = &cx.app().config.issuer;
        let at = |path: &str| format!("{address}{path}");
        let methods = vec!["client_secret_basic", "client_secret_post", "none"];
        Ok(Outcome::read(Answer {
            issuer: cx.app().tokens.issuer().to_owned(),
            token_endpoint: at(Token::DECLARATION.path),
            token_endpoint_auth_methods_supported: methods.clone(),
            grant_types_supported: vec!["client_credentials", "refresh_token"],
            response_types_supported: Vec::new(),
            revocation_endpoint: at(Revoke::DECLARATION.path),
            revocation_endpoint_auth_methods_supported: methods,
            jwks_uri: at(jwks::read::Read::DECLARATION.path),
            dpop_signing_alg_values_supported: dpop::ALGORITHMS.into(),
            service_documentation: at(crate::contract::Read::DECLARATION.path),
        }))
    }
}
