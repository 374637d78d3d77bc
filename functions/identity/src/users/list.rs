//! `GET /identity/v1/users`: a page of users, newest first.

use super::UserAnswer;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    auth::User,
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The users.
    #[nested]
    data: Vec<UserAnswer>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

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
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (users, next_cursor) = cx.list::<User>(1, "users", &page).await?;
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
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}
