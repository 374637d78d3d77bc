//! `GET /identity/v1/approvals`: what waits for a second person.

use super::ApprovalAnswer;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    auth::Approval,
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
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
    /// What waits, newest first.
    #[nested]
    data: Vec<ApprovalAnswer>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_approvals",
        methods::get,
        "/identity/v1/approvals",
        Access::Right(&rbac::APPROVAL_READ),
        Audit::Log,
        "List what waits for a second person, newest first",
    )
    .uses(&[Uses::Read(Table::Identity), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = cx.list::<Approval>(1, "approvals", &page).await?;
        let now = cx.now().as_second();
        let waiting = items.iter().filter(|a| now < a.expires_at);
        let data: Result<Vec<_>, Problem> = waiting.map(|a| ApprovalAnswer::of(a)).collect();
        Ok(Outcome::read(Answer {
            data: data?,
            next_cursor,
        }))
    }
}
