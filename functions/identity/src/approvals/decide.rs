//! `POST /identity/v1/approvals/{id}`: a second person approves or refuses. Nothing else happens: the requester repeats
//! the call.

use super::ApprovalAnswer;
use serde::{Deserialize, Serialize};
use shared::{
    auth::{Approval, ApprovalId, ApprovalStatus, PrincipalKind},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::Line,
};

/// What a second person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "ApprovalDecision")]
pub enum Verdict {
    /// It may be done.
    Approve,
    /// It may not.
    Refuse,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The approval.
    #[public]
    id: ApprovalId,
    /// `approve` or `refuse`.
    #[public]
    decision: Verdict,
    /// Why.
    #[internal]
    reason: Option<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Decide;

impl Endpoint for Decide {
    const DECLARATION: Declaration = Declaration::new(
        "decide_approval",
        methods::post,
        "/identity/v1/approvals/{id}",
        Access::Right(&rbac::APPROVAL_DECIDE),
        Audit::Alert,
        "Approve or refuse what somebody else asks for",
    )
    .refuses(&[codes::OWN_REQUEST, codes::PEOPLE_ONLY, codes::WRONG_STATE])
    .step_up()
    .uses(&[Uses::Write(Table::Identity)]);
    type Input = Input;
    type Answer = ApprovalAnswer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<Approval>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<ApprovalAnswer>, Problem> {
        let old = cx.get::<Approval>(input.id.as_str()).await?;
        let new = decided(cx, &old, &input)?;
        let changes = Changes::new().write(cx.replace(&old, &new)?).object(
            input.id.as_str(),
            Some(&old.item),
            Some(&new),
        );
        Ok(Outcome::changed(ApprovalAnswer::of(&new)?, changes))
    }
}

fn decided(cx: &Context, old: &Approval, input: &Input) -> Result<Approval, Problem> {
    let PrincipalKind::User { user, .. } = &cx.principal().kind else {
        return Err(Problem::new(403, "people_only", "Only a person can approve."));
    };
    if *user.as_str() == *old.person {
        let text = "Another person must decide on what you or your API client ask for.";
        return Err(Problem::new(403, "own_request", text));
    }
    if old.status != ApprovalStatus::Pending {
        return Err(Problem::wrong_state(old.status.name(), "It has been decided."));
    }
    if cx.now().as_second() >= old.expires_at {
        return Err(Problem::wrong_state("expired", "It has expired."));
    }
    let next = match input.decision {
        Verdict::Approve => Approval {
            status: ApprovalStatus::Approved,
            ..old.clone()
        },
        Verdict::Refuse => old.ended(ApprovalStatus::Refused),
    };
    Ok(Approval {
        decided_by: Some(user.clone()),
        decided_with: cx.principal().roles.iter().map(|r| r.id.clone()).collect(),
        decided_at: Some(cx.now()),
        reason: input.reason.clone(),
        ..next
    })
}
