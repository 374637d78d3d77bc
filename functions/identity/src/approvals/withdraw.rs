//! `DELETE /identity/v1/approvals/{id}`: whoever asked takes it back. An approval that was given is worth nothing then.

use super::read::is_own;
use shared::{
    auth::{Approval, ApprovalId, ApprovalStatus},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The approval.
    #[public]
    id: ApprovalId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Withdraw;

impl Endpoint for Withdraw {
    const DECLARATION: Declaration = Declaration::new(
        "withdraw_approval",
        methods::delete,
        "/identity/v1/approvals/{id}",
        Access::Session,
        Audit::Change,
        "Take back what one has asked for, before it is done",
    )
    .refuses(&[codes::WRONG_STATE])
    .status(204)
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Input;
    type Answer = Nothing;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<Approval>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<Approval>(id).await?;
        if !is_own(cx, &old) {
            return Err(Problem::not_found());
        }
        if !matches!(old.status, ApprovalStatus::Pending | ApprovalStatus::Approved) {
            return Err(Problem::wrong_state(old.status.name(), "It is over."));
        }
        let new = old.ended(ApprovalStatus::Withdrawn);
        let changes = Changes::new()
            .write(cx.replace(&old, &new)?)
            .object(id, Some(&old.item), Some(&new));
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
