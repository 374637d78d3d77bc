//! `GET /identity/v1/approvals`: what waits for a second person.

use super::ApprovalAnswer;
use shared::{
    auth::Approval,
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{Listed, PageInput},
    problem::Problem,
    rbac,
    road::Context,
    store::Table,
};

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
    .uses(&[
        Uses::Read(Table::Identity),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Identity, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<ApprovalAnswer>;

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<ApprovalAnswer>>, Problem> {
        let (items, next_cursor) = cx.list::<Approval>(1, "approvals", &input.page()).await?;
        let now = cx.now().as_second();
        let waiting = items.iter().filter(|a| now < a.expires_at);
        let data: Result<Vec<_>, Problem> = waiting.map(|a| ApprovalAnswer::of(a)).collect();
        Ok(Outcome::read(Listed {
            data: data?,
            next_cursor,
        }))
    }
}
