//! `GET /identity/v1/me`: who am I, and what may I do.

use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    auth::{PrincipalKind, User},
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{SessionId, TenantId},
    problem::Problem,
    rbac::{Decision, RIGHTS},
    record::{Nothing, Record},
    road::Context,
    store::Table,
};

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
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
        if let PrincipalKind::User {
            user, session: mine, ..
        } = &me.kind
        {
            let (record, cipher) = cx.get_with_subject::<User>(user.as_str(), Purpose::Pii).await?;
            session = Some(mine.clone());
            name = Some(cipher.open_text::<User>(user.as_str(), "-", "name", &record.name)?);
            email = Some(cipher.open_text::<User>(user.as_str(), "-", "email", &record.email)?);
        }
        let held = RIGHTS.iter().filter(|r| Decision::of(r, &me.roles).may_begin());
        let answer = Answer {
            id: me.id(),
            tenant: cx.tenant().clone(),
            session,
            name,
            email,
            roles: me.roles.iter().map(|r| r.id.clone()).collect(),
            rights: held.map(|r| r.name.to_owned()).collect(),
        };
        Ok(Outcome::read(answer))
    }
}
