//! `POST /identity/v1/users/{id}/unlock`: clear the lock of a user.

use super::{lookup, with_credential};
use shared::{
    auth::User,
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::UserId,
    problem::{Problem, codes},
    rbac,
    record::{Nothing, Record},
    road::Context,
    store::{Key, Table, Update},
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
pub struct Unlock;

impl Endpoint for Unlock {
    const DECLARATION: Declaration = Declaration::new(
        "unlock_user",
        methods::post,
        "/identity/v1/users/{id}/unlock",
        Access::Right(&rbac::USER_UNLOCK),
        Audit::Alert,
        "Clear the lock of a user after too many failures",
    )
    .refuses(&[codes::OWN_ACCOUNT])
    .status(204)
    .uses(&[
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Index),
    ]);
    type Input = Input;
    type Answer = Nothing;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<User>(), at.subject(Purpose::Pii)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let id = input.id.as_str();
        let (user, cipher) = cx.get_with_subject::<User>(id, Purpose::Pii).await?;
        if cx.principal().person() == id {
            let text = "Nobody clears their own lock.";
            return Err(Problem::new(403, "own_account", text));
        }
        let open = Update::new().number("attempts", 0);
        let lookup = lookup(cx, &user, &cipher).await?;
        let new = User {
            locked_until: None,
            sign_in_locked_until: None,
            ..user.item.clone()
        };
        let changes = with_credential(cx, &user, (&lookup, open), &new, "user.unlocked")?;
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
