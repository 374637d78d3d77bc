//! `DELETE /identity/v1/me/passkeys/{id}`: remove a passkey. It takes a fresh session that showed a second factor.

use crate::{
    passkeys::{PasskeyId, PasskeyOwner, Passkeys},
    second_factors::not_shown,
};
use shared::{
    auth::{PrincipalKind, Session, User},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Event, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// One of the caller's own passkeys.
    #[public]
    id: PasskeyId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Remove;

impl Endpoint for Remove {
    const DECLARATION: Declaration = Declaration::new(
        "remove_passkey",
        methods::delete,
        "/identity/v1/me/passkeys/{id}",
        Access::Session,
        Audit::Alert,
        "Remove a passkey; its recovery codes go with the last one",
    )
    .refuses(&[codes::SECOND_FACTOR_NOT_SHOWN])
    .status(204)
    .step_up()
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let PrincipalKind::User { user, session, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        // Session and user were read with the caller.
        let session = cx.get::<Session>(session.as_str()).await?;
        let owner = cx.get::<User>(user.as_str()).await?;
        let old = cx.get::<Passkeys>(user.as_str()).await?;
        let gone = old.keys.iter().find(|k| k.id == input.id);
        let gone = gone.ok_or_else(Problem::not_found)?;
        if !session.second_factor {
            return Err(not_shown());
        }
        let owned = PasskeyOwner::of(&gone.credential.0);
        let owned = cx.get::<PasskeyOwner>(&owned).await?;
        let mut new = old.item.clone();
        new.keys.retain(|k| k.id != input.id);
        let write = match new.keys.is_empty() {
            true => cx.delete(&old),
            false => cx.replace(&old, &new)?,
        };
        let event = Event::about("user.second_factor_removed", user.as_str(), &owner.item);
        let changes = Changes::new()
            .write(write)
            .write(cx.delete(&owned))
            .event(event)
            .object(input.id.as_str(), Some(&old.item), Some(&new));
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
