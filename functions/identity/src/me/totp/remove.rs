//! `DELETE /identity/v1/me/totp`: remove one's second factor. It takes a fresh session that showed it.

use crate::second_factors::{SecondFactor, not_shown};
use shared::{
    auth::{PrincipalKind, Session, User},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::Nothing,
    road::Context,
    store::{Changes, Event, Table},
};

/// The endpoint.
#[derive(Debug)]
pub struct Remove;

impl Endpoint for Remove {
    const DECLARATION: Declaration = Declaration::new(
        "remove_totp",
        methods::delete,
        "/identity/v1/me/totp",
        Access::Session,
        Audit::Alert,
        "Remove one's second factor and its recovery codes",
    )
    .refuses(&[codes::SECOND_FACTOR_NOT_SHOWN])
    .status(204)
    .step_up()
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Nothing;
    type Answer = Nothing;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Nothing>, Problem> {
        let PrincipalKind::User { user, session, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        // Session and user were read with the caller.
        let session = cx.get::<Session>(session.as_str()).await?;
        let owner = cx.get::<User>(user.as_str()).await?;
        let old = cx.get::<SecondFactor>(user.as_str()).await?;
        if old.active && !session.second_factor {
            return Err(not_shown());
        }
        let changes = Changes::new()
            .write(cx.delete(&old))
            .event(Event::about(
                "user.second_factor_removed",
                user.as_str(),
                &owner.item,
            ))
            .object::<SecondFactor>(user.as_str(), Some(&old.item), None);
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
