//! `PATCH /identity/v1/users/{id}`: status, roles and networks of a user. A second person approves, and nobody changes their
//! own status or roles.
//!
//! The user is read on every call they make, so what changes here holds at their next one.

use super::UserAnswer;
use crate::sign_ins::LastSignIn;
use serde::{Deserialize, Serialize};
use shared::{
    auth::{User, UserStatus},
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    networks::{self, Network},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
    text::RoleId,
};

/// What a user can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "NewUserStatus")]
pub enum NewStatus {
    /// They may sign in.
    Active,
    /// They may not, and every session is refused.
    Disabled,
}

/// What comes in; what is left out stays as it is.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The user.
    #[public]
    id: UserId,
    /// Whether they may sign in. An invited user becomes active by choosing a password, not here.
    #[public]
    status: Option<NewStatus>,
    /// One to ten of the tenant's roles, in place of those of now. None of them may hold a right that the caller may
    /// not give.
    #[internal]
    #[record(length(min = 1, max = 10))]
    roles: Option<Vec<RoleId>>,
    /// Networks they may call from: at most fifty, none for any. One's own must contain the address of the call.
    #[internal]
    #[record(length(max = 50))]
    networks: Option<Vec<Network>>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_user",
        methods::patch,
        "/identity/v1/users/{id}",
        Access::Right(&rbac::USER_WRITE),
        Audit::Alert,
        "Change status, roles and networks of a user; it holds at their next call, and at that of whatever they hold",
    )
    .refuses(&[codes::OWN_ACCOUNT, codes::ROLE_EXCEEDS_YOURS, codes::WRONG_STATE])
    .four_eyes()
    .changes_policy()
    .uses(&[Uses::Write(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = UserAnswer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<User>(), at.subject(Purpose::Pii)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<UserAnswer>, Problem> {
        let id = input.id.as_str();
        let (old, cipher) = cx.get_with_subject::<User>(id, Purpose::Pii).await?;
        let own = cx.principal().person() == id;
        if own && (input.status.is_some() || input.roles.is_some()) {
            let text = "Nobody changes their own status or roles.";
            return Err(Problem::new(403, "own_account", text));
        }
        let mut new = old.item.clone();
        if let Some(roles) = &input.roles {
            let roles = rbac::assignable(cx, roles).await?;
            new.roles = roles.into_iter().map(|r| r.id).collect();
        }
        if let Some(listed) = &input.networks {
            new.networks = if own {
                networks::listed_by(listed, cx.request().address)?
            } else {
                networks::listed(listed)?
            };
        }
        let mut changes = Changes::new();
        match (old.status, input.status) {
            (_, None)
            | (UserStatus::Active, Some(NewStatus::Active))
            | (UserStatus::Disabled, Some(NewStatus::Disabled)) => {}
            (UserStatus::Invited, Some(NewStatus::Active)) => {
                let text = "An invited user becomes active by choosing a password.";
                return Err(Problem::conflict("wrong_state", text));
            }
            (UserStatus::Disabled, Some(NewStatus::Active)) => {
                new.status = UserStatus::Active;
                // Sessions from before stay ended, and the ninety days begin anew.
                new.signed_out_before = Some(cx.now().as_millisecond());
                // So do the API clients and webhooks that they held.
                new.ended_before = Some(cx.now().as_millisecond());
                changes = changes.write(LastSignIn::now(cx, &new.id));
            }
            (_, Some(NewStatus::Disabled)) => new.status = UserStatus::Disabled,
        }
        let changes = changes
            .write(cx.replace(&old, &new)?)
            .event(Event::about("user.updated", id, &new))
            .object(id, Some(&old.item), Some(&new));
        Ok(Outcome::changed(
            UserAnswer::open(&new, &cipher, cx.now())?,
            changes,
        ))
    }
}
