//! `GET /identity/v1/me/approvals`: what the caller, or a client of theirs, has asked for and how it stands, until it runs out. No right is
//! needed for that.

use crate::approvals::ApprovalAnswer;
use shared::{
    auth::Approval,
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
};

shared::list! {
    Approval as ApprovalAnswer,
    Declaration::new(
        "list_my_approvals",
        methods::get,
        "/identity/v1/me/approvals",
        Access::Session,
        Audit::Log,
        "List what one has asked a second person for, newest first",
    ),
    Plan { all: Way::index(2, |cx, _| Approval::of_person(&cx.principal().person())), order: Order::Ids("apr"), most: 100 },
    uses [],
    filters {},
}
