//! `GET /identity/v1/sessions`: one's own sessions that may still be used, newest first.

use serde::Serialize;
use shared::{
    auth::{PrincipalKind, Session, User},
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::SessionId,
    paging::{CursorText, Limit, page},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Key, Sealed, Table},
    time::{Instant, Timestamp, after},
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
}

/// A session.
#[derive(Record, Serialize)]
#[record(name = "Session")]
pub struct SessionAnswer {
    /// Its id.
    #[public]
    id: SessionId,
    /// Whether it is the one that asks.
    #[public]
    current: bool,
    /// When it was begun (RFC 3339 UTC).
    #[public]
    signed_in_at: Instant,
    /// When it was last used, to the minute (RFC 3339 UTC).
    #[public]
    seen_at: Instant,
    /// When it ends in any case (RFC 3339 UTC).
    #[public]
    ends_at: Instant,
    /// Whether a second factor was shown.
    #[public]
    second_factor: bool,
    /// The address that it was begun from.
    #[personal]
    address: Option<String>,
    /// The program that it was begun with, as it names itself.
    #[personal]
    device: Option<String>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "SessionList")]
pub struct Answer {
    /// The sessions.
    #[nested]
    data: Vec<SessionAnswer>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_sessions",
        methods::get,
        "/identity/v1/sessions",
        Access::Session,
        Audit::Log,
        "List one's own sessions, newest first",
    )
    .uses(&[
        Uses::Read(Table::Identity),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Identity, 1),
    ]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let caller = Ahead { id: at.caller, ..*at };
        vec![caller.key::<User>(), caller.subject(Purpose::Pii)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let PrincipalKind::User { user, session, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        let (owner, cipher) = cx.get_with_subject::<User>(user.as_str(), Purpose::Pii).await?;
        let page = page(input.limit, input.cursor);
        let list = format!("sessions#{user}");
        let (found, next_cursor) = cx.list::<Session>(1, &list, &page).await?;
        let time = |seconds| Instant::from(after(Timestamp::UNIX_EPOCH, seconds));
        let mut data = Vec::new();
        for kept in found.iter().filter(|s| s.is_live(&owner, cx.now())) {
            let open = |field: &str, sealed: &Option<Sealed>| {
                let opened = sealed
                    .as_ref()
                    .map(|s| cipher.open_text::<Session>(kept.id.as_str(), "-", field, s));
                opened.transpose()
            };
            data.push(SessionAnswer {
                id: kept.id.clone(),
                current: kept.id == *session,
                signed_in_at: Instant::from(kept.signed_in_at),
                seen_at: time(kept.seen_at),
                ends_at: time(kept.ends_at),
                second_factor: kept.second_factor,
                address: open("address", &kept.address)?,
                device: open("device", &kept.device)?,
            });
        }
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}
