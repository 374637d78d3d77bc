//! `POST /identity/v1/password-resets/confirm`: choose a password with a code from a mail.
//!
//! Every earlier sign-in of the user ends by one write: sessions that are older than it are refused.

use super::PasswordToken;
use crate::passwords;
use shared::{
    auth::{Credential, Tenant, User, UserStatus},
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac::Role,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Event, Key, Table},
    text::SecretText,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The code from the mail.
    #[secret]
    token: SecretText,
    /// The new password, as the policy of the user's roles wants it.
    #[secret]
    password: SecretText,
}

/// The endpoint.
#[derive(Debug)]
pub struct Confirm;

fn refused() -> Problem {
    Problem::bad_request("token_refused", "The code is unknown, used or expired.")
}

impl Endpoint for Confirm {
    const DECLARATION: Declaration = Declaration::new(
        "confirm_password_reset",
        methods::post,
        "/identity/v1/password-resets/confirm",
        Access::Public,
        Audit::Alert,
        "Choose a password with a code from a mail; every earlier sign-in ends",
    )
    .refuses(&[codes::TOKEN_REFUSED])
    .status(204)
    .memory(1769)
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Pii),
        Uses::Secret("pepper"),
    ]);
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let (tenant, id) = PasswordToken::place(input.token.expose()).ok_or_else(refused)?;
        let here = cx.enter(&tenant).await?.ok_or_else(refused)?;
        let token = here.find::<PasswordToken>(&id).await?.ok_or_else(refused)?;
        let mut keys = vec![
            here.key::<User>(token.user.as_str()),
            here.key::<Credential>(&token.lookup),
            SubjectKeyItem::key(&tenant, token.user.as_str(), Purpose::Pii),
            here.key::<Tenant>(tenant.as_str()),
        ];
        let ahead: Vec<Key> = token.roles.iter().map(|r| here.key::<Role>(r)).collect();
        keys.extend(ahead);
        let mut found = here.batch(&keys).await?;
        let [user_key, credential_key, subject_key, tenant_key, ..] = keys.as_slice() else {
            return Err(Problem::internal("there are four keys"));
        };
        let (Some(user), Some(credential), Some(subject), Some(tenant)) = (
            found.take::<User>(user_key)?,
            found.take::<Credential>(credential_key)?,
            found.take::<SubjectKeyItem>(subject_key)?,
            found.take::<Tenant>(tenant_key)?,
        ) else {
            return Err(refused());
        };
        let id = user.id.as_str();
        if !token.is_good(&user, &credential, here.now()) {
            return Err(refused().changing(Changes::new().concerning(id).by(id)));
        }

        let cipher = here.subject(&subject).await?;
        let name = cipher.open_text::<User>(id, "-", "name", &user.name)?;
        let email = cipher.open_text::<User>(id, "-", "email", &user.email)?;
        let own_words = [name.as_str(), email.as_str(), tenant.name.as_str()];
        let keys: Vec<Key> = user.roles.iter().map(|r| here.key::<Role>(r)).collect();
        if user.roles != token.roles {
            found = here.batch(&keys).await?;
        }
        let policy = tenant.policy_for(found.policy(&keys)?.roles());
        let set = passwords::choose(&here, &policy, &credential, input.password, &own_words).await?;
        let now = here.now().as_millisecond();
        let kind = match user.status {
            UserStatus::Invited => "user.activated",
            _ => "user.password_changed",
        };
        let new = User {
            status: UserStatus::Active,
            signed_out_before: Some(now),
            locked_until: None,
            sign_in_locked_until: None,
            ..user.item.clone()
        };
        let changes = Changes::new()
            .write(here.delete(&token).otherwise(refused()))
            .write(here.replace(&user, &new)?)
            .write(here.update::<Credential>(&credential.lookup, "-", set))
            .event(Event::about(kind, id, &new))
            .object(id, Some(&user.item), Some(&new))
            .by(id);
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
