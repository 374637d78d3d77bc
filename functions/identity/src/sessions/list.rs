//! `GET /identity/v1/sessions`: one's own sessions that may still be used, newest first.

use serde::Serialize;
use shared::{
    auth::{PrincipalKind, Session, User},
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Uses, methods},
    ids::{SessionId, TenantId},
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Key, Sealed},
    time::{Instant, Timestamp, after},
};

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

shared::list! {
    Session as SessionAnswer,
    Declaration::new(
        "list_sessions",
        methods::get,
        "/identity/v1/sessions",
        Access::Session,
        Audit::Log,
        "List one's own sessions, newest first",
    ),
    Plan { all: Way::index(1, |cx, _| format!("sessions#{}", cx.principal().id())), order: Order::Ids("ses"), most: 100 },
    uses [Uses::Key(Purpose::Pii)],
    filters {},
    ahead |at| {
        let caller = Ahead { id: at.caller, ..*at };
        vec![caller.key::<User>(), caller.subject(Purpose::Pii)]
    },
    checked |cx, _| Box::pin(async move {
        let PrincipalKind::User { user, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        cx.get::<User>(user.as_str()).await.map(|_| ())
    }),
}

impl Rows<Session> for SessionAnswer {
    fn beside(tenant: &TenantId, kept: &Session) -> Vec<Key> {
        let user = kept.user.as_str();
        vec![
            Key::of::<User>(tenant, user),
            SubjectKeyItem::key(tenant, user, Purpose::Pii),
        ]
    }

    async fn of(cx: &Context, kept: &Session, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        let PrincipalKind::User { session, .. } = &cx.principal().kind else {
            return Ok(None);
        };
        let user = kept.user.as_str();
        let owner = beside.item::<User>(&cx.key::<User>(user))?;
        let (Some(owner), Some(cipher)) = (owner, beside.cipher(user, Purpose::Pii).await?) else {
            return Err(Problem::not_found());
        };
        if !kept.is_live(&owner, cx.now()) {
            return Ok(None);
        }
        let time = |seconds| Instant::from(after(Timestamp::UNIX_EPOCH, seconds));
        let open = |field: &str, sealed: &Option<Sealed>| {
            let opened = sealed
                .as_ref()
                .map(|s| cipher.open_text::<Session>(kept.id.as_str(), "-", field, s));
            opened.transpose()
        };
        Ok(Some(Self {
            id: kept.id.clone(),
            current: kept.id == *session,
            signed_in_at: Instant::from(kept.signed_in_at),
            seen_at: time(kept.seen_at),
            ends_at: time(kept.ends_at),
            second_factor: kept.second_factor,
            address: open("address", &kept.address)?,
            device: open("device", &kept.device)?,
        }))
    }
}
