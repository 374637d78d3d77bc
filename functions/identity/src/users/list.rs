//! `GET /identity/v1/users`: a page of users, newest first.

use super::UserAnswer;
use shared::{
    auth::User,
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Early, Endpoint, Outcome, Uses, methods},
    paging::{Listed, PageInput},
    problem::Problem,
    rbac,
    road::Context,
    store::{Key, Table},
};

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_users",
        methods::get,
        "/identity/v1/users",
        Access::Right(&rbac::USER_READ),
        Audit::Sensitive,
        "List users, newest first",
    )
    .uses(&[
        Uses::Read(Table::Identity),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Identity, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<UserAnswer>;
    const EARLY: Option<Early<PageInput>> = Some(|cx, input| {
        Box::pin(async move {
            cx.subjects_listed::<User>(1, "users", &input.page(), Purpose::Pii)
                .await
        })
    });

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<UserAnswer>>, Problem> {
        let (users, next_cursor) = cx.list::<User>(1, "users", &input.page()).await?;
        let key = |u: &User| SubjectKeyItem::key(cx.tenant(), u.id.as_str(), Purpose::Pii);
        let keys: Vec<Key> = users.iter().map(|u| key(u)).collect();
        let mut data = Vec::with_capacity(users.len());
        let mut found = cx.batch(&keys).await?;
        for user in &users {
            // One whose key has been destroyed is left out.
            if let Some(subject) = found.take::<SubjectKeyItem>(&key(user))? {
                data.push(UserAnswer::open(user, &cx.subject(&subject).await?)?);
            }
        }
        Ok(Outcome::read(Listed { data, next_cursor }))
    }
}
