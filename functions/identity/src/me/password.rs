//! `PUT /identity/v1/me/password`: change one's own password. Every sign-in ends with it, this one too.
//!
//! The old password is guessed no faster here than at the door: each try is one reserved attempt.

use crate::{passwords, sessions::lock};
use shared::{
    auth::{Credential, PrincipalKind, Session, Tenant, User},
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Limit, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Event, Table},
    text::SecretText,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The password of now.
    #[secret]
    old_password: SecretText,
    /// The new one, as the policy of the user's roles wants it.
    #[secret]
    password: SecretText,
}

/// The endpoint.
#[derive(Debug)]
pub struct Change;

fn refused() -> Problem {
    let text = "The old password is wrong, or there were too many failures.";
    Problem::new(403, "password_refused", text)
}

impl Endpoint for Change {
    const DECLARATION: Declaration = Declaration::new(
        "change_password",
        methods::put,
        "/identity/v1/me/password",
        Access::Session,
        Audit::Change,
        "Change one's own password; every sign-in ends",
    )
    .refuses(&[codes::PASSWORD_REFUSED])
    .status(204)
    .within(Limit::PasswordChange)
    .memory(1769)
    .uses(&[
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Pii),
        Uses::Secret("pepper"),
    ]);
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let PrincipalKind::User { user, session, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        let id = user.as_str();
        // Session and tenant were read with the caller.
        let session = cx.get::<Session>(session.as_str()).await?;
        let tenant = cx.get::<Tenant>(cx.tenant().as_str()).await?;
        let (user, cipher) = cx.get_with_subject::<User>(id, Purpose::Pii).await?;
        let policy = tenant.policy_for(&cx.principal().roles);
        let reserved = lock::reserve(cx, &session.lookup).await?;
        let concerning = || {
            let closing = (&reserved, Some(&user.item), lock::Door::Session);
            let changes = lock::closing(cx, closing, &policy, Changes::new().concerning(id));
            refused().changing(changes)
        };
        let attempt = reserved.attempt(&policy).filter(|a| a.credential.user == user.id);
        let credential = attempt.map(|a| &a.credential);
        let verified = passwords::verify(cx, credential, input.old_password).await?;
        let Some(attempt) = attempt.filter(|_| verified.right) else {
            return Err(concerning());
        };
        let seen = &attempt.credential;
        let name = cipher.open_text::<User>(id, "-", "name", &user.name)?;
        let email = cipher.open_text::<User>(id, "-", "email", &user.email)?;
        let own_words = [name.as_str(), email.as_str(), tenant.name.as_str()];
        // An old password that was right is no failure, whatever the new one is.
        let kept = || lock::succeed(attempt, &policy);
        let set = match passwords::choose(cx, &policy, seen, input.password, &own_words).await {
            Ok(set) => set,
            Err(problem) if problem.status == 422 => {
                let given_back = cx
                    .update::<Credential>(&seen.lookup, "-", kept())
                    .otherwise(refused());
                return Err(problem.changing(Changes::new().concerning(id).write(given_back)));
            }
            Err(problem) => return Err(problem),
        };
        let new = User {
            signed_out_before: Some(cx.now().as_millisecond()),
            locked_until: None,
            sign_in_locked_until: None,
            ..user.item.clone()
        };
        let changes = Changes::new()
            .write(
                cx.update::<Credential>(&seen.lookup, "-", set)
                    .otherwise(refused()),
            )
            .write(cx.replace(&user, &new)?)
            .event(Event::about("user.password_changed", id, &new))
            .object(id, Some(&user.item), Some(&new));
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
