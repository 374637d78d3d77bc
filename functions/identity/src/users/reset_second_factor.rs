//! `POST /identity/v1/users/{id}/second-factor-reset`: takes away second factors that are lost. A second person approves it, and where a
//! second factor is required the next session of the user can do nothing but enrol another.

use crate::{
    passkeys::{PasskeyOwner, Passkeys},
    second_factors::SecondFactor,
};
use shared::{
    auth::User,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    problem::{Problem, codes},
    rbac,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The user.
    #[public]
    id: UserId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Reset;

impl Endpoint for Reset {
    const DECLARATION: Declaration = Declaration::new(
        "reset_second_factor",
        methods::post,
        "/identity/v1/users/{id}/second-factor-reset",
        Access::Right(&rbac::USER_WRITE),
        Audit::Alert,
        "Take away a user's lost second factors; every sign-in of theirs ends, and they enrol anew",
    )
    .refuses(&[codes::OWN_ACCOUNT, codes::WRONG_STATE])
    .status(204)
    .four_eyes()
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Input;
    type Answer = Nothing;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<User>(), at.key::<SecondFactor>(), at.key::<Passkeys>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let id = input.id.as_str();
        let user = cx.get::<User>(id).await?;
        if cx.principal().person() == id {
            let text = "Nobody takes away their own second factors here: DELETE /identity/v1/me/totp.";
            return Err(Problem::new(403, "own_account", text));
        }
        let totp = cx.find::<SecondFactor>(id).await?;
        let passkeys = cx.find::<Passkeys>(id).await?;
        if totp.is_none() && passkeys.is_none() {
            return Err(Problem::wrong_state("none", "The user has no second factor."));
        }
        // Sessions that showed what is gone now end with it.
        let new = User {
            signed_out_before: Some(cx.now().as_millisecond()),
            ..user.item.clone()
        };
        let mut changes = Changes::new().write(cx.replace(&user, &new)?);
        if let Some(totp) = &totp {
            changes = changes.write(cx.delete(totp));
        }
        if let Some(passkeys) = &passkeys {
            let owners: Vec<Key> = passkeys
                .keys
                .iter()
                .map(|key| cx.key::<PasskeyOwner>(&PasskeyOwner::of(&key.credential.0)))
                .collect();
            let mut found = cx.batch(&owners).await?;
            for owner in &owners {
                if let Some(owner) = found.take::<PasskeyOwner>(owner)? {
                    changes = changes.write(cx.delete(&owner));
                }
            }
            changes = changes.write(cx.delete(passkeys));
        }
        let changes = changes
            .event(Event::about("user.second_factor_removed", id, &new))
            .object(id, Some(&user.item), Some(&new));
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
