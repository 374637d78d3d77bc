//! `GET /identity/v1/me`: who am I, and what may I do.

use crate::passkeys::{PasskeyAnswer, Passkeys};
use serde::Serialize;
use shared::{
    auth::{PrincipalKind, User},
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{SessionId, TenantId},
    problem::Problem,
    rbac::{Decision, RIGHTS},
    record::{Nothing, Record},
    road::Context,
    store::Table,
};

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "Me")]
pub struct Answer {
    /// `usr_…` or `cli_…`.
    #[public]
    id: String,
    /// The tenant.
    #[public]
    tenant: TenantId,
    /// The session, for users.
    #[public]
    session: Option<SessionId>,
    /// The user's name.
    #[personal]
    name: Option<String>,
    /// The user's e-mail address.
    #[personal]
    email: Option<String>,
    /// The user's passkeys.
    #[nested]
    passkeys: Vec<PasskeyAnswer>,
    /// Roles.
    #[internal]
    roles: Vec<String>,
    /// Rights that the roles give, some of them perhaps for certain objects only.
    #[internal]
    rights: Vec<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_me",
        methods::get,
        "/identity/v1/me",
        Access::Session,
        Audit::Log,
        "Who am I, and what may I do",
    )
    .uses(&[Uses::Read(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let me = cx.principal();
        let (mut session, mut name, mut email) = (None, None, None);
        let mut passkeys = Vec::new();
        if let PrincipalKind::User {
            user, session: mine, ..
        } = &me.kind
        {
            let id = user.as_str();
            let keys = [
                cx.key::<User>(id),
                cx.key::<Passkeys>(id),
                SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii),
            ];
            let mut found = cx.batch(&keys).await?;
            let [user_key, passkeys_key, subject_key] = &keys;
            let (Some(record), Some(subject)) = (
                found.take::<User>(user_key)?,
                found.take::<SubjectKeyItem>(subject_key)?,
            ) else {
                return Err(Problem::not_found());
            };
            let cipher = cx.subject(&subject).await?;
            session = Some(mine.clone());
            name = Some(cipher.open_text::<User>(id, "-", "name", &record.name)?);
            email = Some(cipher.open_text::<User>(id, "-", "email", &record.email)?);
            if let Some(kept) = found.take::<Passkeys>(passkeys_key)? {
                let opened = kept.keys.iter().map(|k| PasskeyAnswer::open(user, k, &cipher));
                passkeys = opened.collect::<Result<_, _>>()?;
            }
        }
        let held = RIGHTS
            .iter()
            .filter(|r| me.may_use(r) && Decision::of(r, &me.roles).may_begin());
        let answer = Answer {
            id: me.id(),
            tenant: cx.tenant().clone(),
            session,
            name,
            email,
            passkeys,
            roles: me.roles.iter().map(|r| r.id.clone()).collect(),
            rights: held.map(|r| r.name.to_owned()).collect(),
        };
        Ok(Outcome::read(answer))
    }
}
