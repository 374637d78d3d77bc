//! `GET /audit/v1/checkpoints`: signed tree heads of this region's log, newest first, and the key to check them with.

use super::{Checkpoint, CheckpointItem, pem};
use crate::log::Log;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    crypto::{KeyUse, Purpose},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The checkpoints.
    #[nested]
    data: Vec<Checkpoint>,
    /// The public key, PEM (RFC 7468).
    #[public]
    public_key: String,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_checkpoints",
        methods::get,
        "/audit/v1/checkpoints",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Log,
        "List signed tree heads, newest first",
    )
    .uses(&[
        Uses::Read(Table::Seals),
        Uses::Key(Purpose::Secret),
        Uses::PublicKey(KeyUse::Checkpoint),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = cx
            .list_below::<CheckpointItem>(&Log::here(cx).id(), &page)
            .await?;
        cx.may(Uses::PublicKey(KeyUse::Checkpoint))?;
        let key = cx.app().kms.public_key(cx.meter(), KeyUse::Checkpoint).await;
        let public_key = pem(&key.map_err(|e| Problem::unavailable(e.0))?);
        let data = items.into_iter().map(Checkpoint::from).collect();
        Ok(Outcome::read(Answer {
            data,
            public_key,
            next_cursor,
        }))
    }
}
