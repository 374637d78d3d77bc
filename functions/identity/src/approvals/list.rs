//! `GET /identity/v1/approvals`: what waits for a second person.

use super::ApprovalAnswer;
use shared::{
    auth::Approval,
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
};

shared::list! {
    Approval as ApprovalAnswer,
    Declaration::new(
        "list_approvals",
        methods::get,
        "/identity/v1/approvals",
        Access::Right(&rbac::APPROVAL_READ),
        Audit::Log,
        "List what waits for a second person, newest first",
    ),
    Plan { all: Way::index(1, |_, _| "approvals".into()), order: Order::Ids("apr"), most: 100 },
    uses [],
    filters {},
}

impl Rows<Approval> for ApprovalAnswer {
    async fn of(cx: &Context, approval: &Approval, _: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        // One that has run out waits for nobody.
        let waits = cx.now().as_second() < approval.expires_at;
        waits.then(|| Self::of(approval)).transpose()
    }
}
