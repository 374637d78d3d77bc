//! `POST /identity/v1/password-resets`: ask for a code by mail. The answer is the same for everybody.
//!
//! Known or not, an address costs the same reads, and one transaction that counts the request; and the answer comes at a full beat, as
//! a sign-in's does.

use super::{PasswordToken, ResetRequests};
use crate::{
    mail::{CodeMail, compose},
    sessions::create::until_the_beat,
};
use shared::{
    auth::{Credential, Tenant, User, UserStatus},
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{TenantId, UserId},
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Table},
    text::EmailAddress,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The tenant.
    #[public]
    tenant: TenantId,
    /// The user's e-mail address.
    #[personal]
    email: EmailAddress,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_password_reset",
        methods::post,
        "/identity/v1/password-resets",
        Access::Public,
        Audit::Log,
        "Ask for a code by mail that sets a new password; at most five an hour",
    )
    .status(202)
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Index),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let clock = &*cx.app().clock;
        let began = clock.monotonic();
        let answer = ask(cx, input).await;
        let took = clock.monotonic().saturating_sub(began);
        clock.sleep(until_the_beat(took)).await;
        answer
    }
}

async fn ask(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
    let here = cx.enter(&input.tenant).await?.unwrap_or_else(|| cx.clone());
    let address = input.email.normalised();
    let lookup = hex::encode(here.blind_index(Table::Identity, "email", &address).await?);
    let keys = [
        here.key::<Credential>(&lookup),
        here.key::<ResetRequests>(&lookup),
    ];
    let mut found = here.batch(&keys).await?;
    let [credential_key, requests_key] = &keys;
    let credential = found.take::<Credential>(credential_key)?;
    let before = found.take::<ResetRequests>(requests_key)?;
    let (counted, within) = ResetRequests::next(before.as_deref(), &lookup, here.now().as_second());
    let mut changes = Changes::new().write(match &before {
        Some(before) => here.replace(before, &counted)?,
        None => here.create(&counted)?,
    });

    // Nobody's address is looked up all the same.
    let id = credential.map_or_else(|| UserId::new(here.now()), |c| c.item.user);
    let keys = [
        here.key::<User>(id.as_str()),
        SubjectKeyItem::key(here.tenant(), id.as_str(), Purpose::Pii),
        here.key::<Tenant>(here.tenant().as_str()),
    ];
    let mut found = here.batch(&keys).await?;
    let [user_key, subject_key, tenant_key] = &keys;
    let user = found.take::<User>(user_key)?;
    let user = user.filter(|u| within && u.status == UserStatus::Active);
    let (subject, tenant) = (
        found.take::<SubjectKeyItem>(subject_key)?,
        found.take::<Tenant>(tenant_key)?,
    );
    if let (Some(user), Some(subject), Some(tenant)) = (user, subject, tenant) {
        let cipher = here.subject(&subject).await?;
        // The mail goes to the address as it is kept, never to the one that came in.
        let to = cipher.open_text::<User>(id.as_str(), "-", "email", &user.email)?;
        let (code, token) = PasswordToken::reset(&here, &user, &lookup);
        let mail = compose(
            &here,
            CodeMail::PasswordReset,
            (&id, &to, &cipher),
            &tenant.name,
            (&code, token.expires_at),
        )?;
        changes = changes
            .write(here.create(&token)?)
            .write(mail)
            .concerning(id.as_str());
    }
    Ok(Outcome::changed(Nothing {}, changes))
}
