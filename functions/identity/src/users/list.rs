//! `GET /identity/v1/users`: a page of users, newest first.

use super::UserAnswer;
use shared::{
    auth::User,
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::TenantId,
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
};

shared::list! {
    User as UserAnswer,
    Declaration::new(
        "list_users",
        methods::get,
        "/identity/v1/users",
        Access::Right(&rbac::USER_READ),
        Audit::Sensitive,
        "List users, newest first",
    ),
    Plan { all: Way::index(1, |_, _| "users".into()), order: Order::Ids("usr"), most: 100 },
    uses [Uses::Key(Purpose::Pii)],
    filters {},
}

impl Rows<User> for UserAnswer {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, user: &User) -> Vec<Key> {
        vec![SubjectKeyItem::key(tenant, user.id.as_str(), Purpose::Pii)]
    }

    async fn of(cx: &Context, user: &User, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        // One whose key has been destroyed is left out.
        let cipher = beside.cipher(user.id.as_str(), Purpose::Pii).await?;
        cipher
            .map(|cipher| Self::open(user, &cipher, cx.now()))
            .transpose()
    }
}
