//! `GET /identity/.well-known/jwks.json`: verification keys (RFC 7517).

use serde::Serialize;
use shared::{
    crypto::KeyUse,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
};

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "KeySet")]
pub struct Answer {
    /// The keys, the current one first.
    #[public]
    keys: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_jwks",
        methods::get,
        "/identity/.well-known/jwks.json",
        Access::Public,
        Audit::Log,
        "Verification keys of access tokens",
    )
    .uses(&[Uses::PublicKey(KeyUse::Token)]);
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let keys = cx
            .app()
            .tokens
            .jwks(cx.meter())
            .await
            .map_err(|e| Problem::unavailable(e.0))?;
        Ok(Outcome::read(Answer { keys }))
    }
}
