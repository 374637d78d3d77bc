//! `GET /audit/v1/checkpoints`: signed tree heads of this region's log, newest first, and the key to check them with.
//! With `from` and `to` the two of these sizes, and the proof that the older log is the beginning of the newer one.

use super::{
    Checkpoint, CheckpointItem,
    consistency::{Consistency, Joined, Size, prove},
    pem,
};
use crate::log::Log;
use serde::Serialize;
use shared::{
    crypto::{KeyUse, Purpose},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
    /// The size of the older of two checkpoints whose consistency is to be proven; goes with `to`, and without
    /// `limit` and `cursor`.
    #[public]
    from: Option<Size>,
    /// The size of the newer one.
    #[public]
    to: Option<Size>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "CheckpointList")]
pub struct Answer {
    /// The checkpoints.
    #[nested]
    data: Vec<Checkpoint>,
    /// The public key, PEM (RFC 7468).
    #[public]
    public_key: String,
    /// That one is the beginning of the other; only where `from` and `to` were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[nested]
    consistency: Option<Consistency>,
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
        "List signed tree heads, newest first, or prove the consistency of two",
    )
    .refuses(&[codes::NO_SUCH_CHECKPOINT])
    .uses(&[
        Uses::Read(Table::Seals),
        Uses::Key(Purpose::Secret),
        Uses::PublicKey(KeyUse::Checkpoint),
        Uses::Below(Table::Seals),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let (items, consistency, next_cursor) = match pair(&input)? {
            Some((from, to)) => {
                let Joined {
                    checkpoints,
                    consistency,
                } = prove(cx, from, to).await?;
                (checkpoints, Some(consistency), None)
            }
            None => {
                let page = page(input.limit, input.cursor);
                let (items, next) = cx
                    .list_below::<CheckpointItem>(&Log::here(cx).id(), &page)
                    .await?;
                (items, None, next)
            }
        };
        cx.may(Uses::PublicKey(KeyUse::Checkpoint))?;
        let key = cx.app().kms.public_key(cx.meter(), KeyUse::Checkpoint).await;
        let public_key = pem(&key.map_err(|e| Problem::unavailable(e.0))?);
        let data = items.into_iter().map(Checkpoint::from).collect();
        Ok(Outcome::read(Answer {
            data,
            public_key,
            consistency,
            next_cursor,
        }))
    }
}

/// The two sizes that are asked for; none for a page.
fn pair(input: &Input) -> Result<Option<(Size, Size)>, Problem> {
    match (input.from, input.to) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(Problem::invalid("/to", "is required where from is given")),
        (None, Some(_)) => Err(Problem::invalid("/from", "is required where to is given")),
        (Some(_), Some(_)) if input.limit.is_some() => {
            Err(Problem::invalid("/limit", "does not go with from and to"))
        }
        (Some(_), Some(_)) if input.cursor.is_some() => {
            Err(Problem::invalid("/cursor", "does not go with from and to"))
        }
        (Some(from), Some(to)) => Ok(Some((from, to))),
    }
}
