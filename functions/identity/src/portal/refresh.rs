//! `POST /identity/v1/portal/refresh`: the portal's cookie for an access token. The cookie is changed for its successor,
//! as every refresh token is, and a spent one ends the session.

use crate::{
    oauth::refresh::{Next, next},
    portal_cookie::{SET_COOKIE, cookie, from_here, token},
};
use serde::Serialize;
use shared::{
    crypto::{KeyUse, Purpose},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::{Nothing, Record},
    road::Context,
    store::Table,
    text::IssuedSecret,
};

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "PortalAccess")]
pub struct Answer {
    /// An access token (RFC 9068), for the memory of the page and nowhere else.
    #[secret]
    access_token: IssuedSecret,
    /// `Bearer`.
    #[public]
    token_type: &'static str,
    /// Seconds it is good for.
    #[public]
    expires_in: i64,
}

/// The endpoint.
#[derive(Debug)]
pub struct Refresh;

fn over() -> Problem {
    let text = "There is no session: sign in.";
    Problem::new(401, "portal_session_over", text)
}

impl Endpoint for Refresh {
    const DECLARATION: Declaration = Declaration::new(
        "refresh_portal_session",
        methods::post,
        "/identity/v1/portal/refresh",
        Access::Public,
        Audit::Log,
        "Change the portal's cookie for an access token and the cookie's successor",
    )
    .refuses(&[codes::ORIGIN_REFUSED, codes::PORTAL_SESSION_OVER])
    .from_browser()
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Secret),
        Uses::Sign(KeyUse::Token),
        Uses::PublicKey(KeyUse::Token),
    ]);
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        from_here(cx)?;
        let token = token(cx).ok_or_else(over)?;
        let next = next(cx, &token, None, true).await;
        let Next {
            access_token,
            expires_in,
            refresh_token,
            ends_at,
            changes,
            ..
        } = next.map_err(|mut problem| {
            if problem.code == "invalid_grant" {
                let changes = problem.changes.take();
                problem = over();
                problem.changes = changes;
            }
            problem
        })?;
        let left = ends_at.saturating_sub(cx.now().as_second());
        let answer = Answer {
            access_token: IssuedSecret::new(access_token),
            token_type: "Bearer",
            expires_in,
        };
        let outcome = Outcome::changed(answer, changes);
        Ok(outcome.header(SET_COOKIE, cookie(&refresh_token, left)))
    }
}
