//! `DELETE /identity/v1/sessions/{id}`: sign out, here or elsewhere. The next call of the session is refused.

use crate::portal_cookie;
use shared::{
    auth::{PrincipalKind, Session, SessionStatus},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::SessionId,
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// One of the caller's own sessions.
    #[public]
    id: SessionId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Delete;

impl Endpoint for Delete {
    const DECLARATION: Declaration = Declaration::new(
        "delete_session",
        methods::delete,
        "/identity/v1/sessions/{id}",
        Access::Session,
        Audit::Change,
        "Sign out, here or elsewhere",
    )
    .status(204)
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let PrincipalKind::User { user, session, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        let old = cx.get::<Session>(input.id.as_str()).await?;
        if old.user != *user {
            return Err(Problem::not_found());
        }
        if old.status == SessionStatus::Revoked {
            return Ok(Outcome::read(Nothing {}).concerning(input.id.as_str()));
        }
        let new = Session {
            status: SessionStatus::Revoked,
            ..old.item.clone()
        };
        let changes = Changes::new().write(cx.replace(&old, &new)?).object(
            input.id.as_str(),
            Some(&old.item),
            Some(&new),
        );
        let outcome = Outcome::changed(Nothing {}, changes);
        Ok(match input.id == *session {
            true => outcome.header(portal_cookie::SET_COOKIE, portal_cookie::no_cookie()),
            false => outcome,
        })
    }
}
