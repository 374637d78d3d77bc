//! `GET /identity/v1/users/{id}/sign-ins`: a user's sign-ins, newest first.

use super::{SignIn, SignInId, SignInOutcome};
use serde::Serialize;
use shared::{
    auth::User,
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{TenantId, UserId},
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Item, Key, Sealed},
    time::Instant,
};

/// One attempt.
#[derive(Record, Serialize)]
#[record(name = "SignIn")]
pub struct SignInAnswer {
    /// Its id.
    #[public]
    id: SignInId,
    /// When (RFC 3339 UTC).
    #[public]
    at: Instant,
    /// What came of it.
    #[public]
    outcome: SignInOutcome,
    /// From which address.
    #[personal]
    address: Option<String>,
    /// With which program, as it names itself.
    #[personal]
    device: Option<String>,
}

shared::list! {
    SignIn as SignInAnswer,
    Declaration::new(
        "list_sign_ins",
        methods::get,
        "/identity/v1/users/{id}/sign-ins",
        Access::Right(&rbac::USER_READ),
        Audit::Sensitive,
        "List a user's attempts to sign in, newest first",
    ),
    Plan { all: Way::below(|_, user| format!("{}#{user}", SignIn::KIND)), order: Order::Ids("sig"), most: 100 },
    within User {
        /// The user.
        id: UserId
    },
    uses [Uses::Key(Purpose::Pii)],
    filters {},
}

impl Rows<SignIn> for SignInAnswer {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, sign_in: &SignIn) -> Vec<Key> {
        vec![SubjectKeyItem::key(tenant, sign_in.user.as_str(), Purpose::Pii)]
    }

    async fn of(cx: &Context, sign_in: &SignIn, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        if cx.now().as_second() >= sign_in.expires_at {
            return Ok(None);
        }
        let user = sign_in.user.as_str();
        let cipher = beside.cipher(user, Purpose::Pii).await?;
        let cipher = cipher.ok_or_else(Problem::not_found)?;
        let open = |field: &str, sealed: &Option<Sealed>| {
            let opened = sealed
                .as_ref()
                .map(|s| cipher.open_text::<SignIn>(user, sign_in.id.as_str(), field, s));
            opened.transpose()
        };
        Ok(Some(Self {
            id: sign_in.id.clone(),
            at: Instant::from(sign_in.at),
            outcome: sign_in.outcome,
            address: open("address", &sign_in.address)?,
            device: open("device", &sign_in.device)?,
        }))
    }
}
