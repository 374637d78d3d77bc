//! `POST /identity/v1/users/{id}/password-reset`: make a user choose another password. Nobody chooses it for them.

use super::{lookup, with_credential};
use crate::{
    mail::{CodeMail, compose},
    password_resets::PasswordToken,
};
use shared::{
    auth::{Tenant, User, UserStatus},
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
pub struct Reset;

impl Endpoint for Reset {
    const DECLARATION: Declaration = Declaration::new(
        "reset_user_password",
        methods::post,
        "/identity/v1/users/{id}/password-reset",
        Access::Right(&rbac::USER_WRITE),
        Audit::Alert,
        "Make a user choose another password: a code goes to their address, and every sign-in of theirs ends",
    )
    .refuses(&[codes::WRONG_STATE])
    .status(202)
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
        if user.status != UserStatus::Active {
            let text = "Only an active user chooses another password.";
            return Err(Problem::conflict("wrong_state", text));
        }
        let tenant = cx.get::<Tenant>(cx.tenant().as_str()).await?;
        let to = cipher.open_text::<User>(id, "-", "email", &user.email)?;
        let lookup = lookup(cx, &user, &cipher).await?;
        let (code, token) = PasswordToken::reset(cx, &user, &lookup);
        let until = token.expires_at;
        let reader = (&input.id, to.as_str(), &cipher);
        let mail = compose(cx, CodeMail::PasswordReset, reader, &tenant.name, (&code, until))?;
        let must = Update::new().truth("must_change", true);
        let new = User {
            signed_out_before: Some(cx.now().as_millisecond()),
            ..user.item.clone()
        };
        let changes = with_credential(cx, &user, (&lookup, must), &new, "user.reset_forced")?
            .write(cx.create(&token)?)
            .write(mail);
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
