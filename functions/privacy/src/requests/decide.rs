//! `POST /privacy/v1/requests/{id}`: a human grants, refuses or puts off what no worker fulfils.

use super::{Request, RequestId, RequestItem, RequestStatus, RequestType, months_later};
use billing::customers::{CustomerItem, privacy};
use serde::{Deserialize, Serialize};
use shared::{
    auth::PrincipalKind,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::Line,
};

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "PrivacyDecision")]
pub enum Decision {
    /// What was asked for has been done; an objection restricts processing from now on.
    Grant,
    /// It will not be (art. 12(4)).
    Refuse,
    /// The answer takes two more months (art. 12(3)).
    Extend,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The request.
    #[public]
    id: RequestId,
    /// What is decided.
    #[public]
    decision: Decision,
    /// Why; the person is told.
    #[internal]
    reason: Line,
}

/// The endpoint.
#[derive(Debug)]
pub struct Decide;

impl Endpoint for Decide {
    const DECLARATION: Declaration = Declaration::new(
        "decide_privacy_request",
        methods::post,
        "/privacy/v1/requests/{id}",
        Access::Right(&rbac::PRIVACY_WRITE),
        Audit::Alert,
        "Grant, refuse or put off a request of a data subject",
    )
    .refuses(&[
        codes::EXTENDED,
        codes::HUMAN_REQUIRED,
        codes::NOT_RECTIFIED,
        codes::WRONG_STATE,
    ])
    .uses(&[Uses::Write(Table::Privacy), Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Request;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<RequestItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Request>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<RequestItem>(id).await?;
        let mut next = old.item.clone();
        let extends = input.decision == Decision::Extend;
        let human = matches!(cx.principal().kind, PrincipalKind::User { .. });
        if old.r#type == RequestType::Review && !extends && !human {
            let text = "What was refused automatically is reviewed by a human (GDPR art. 22(3)): sign in as a person.";
            return Err(Problem::new(403, "human_required", text));
        }
        let undecided = match old.status {
            RequestStatus::Open => true,
            RequestStatus::InProgress => extends,
            RequestStatus::Completed | RequestStatus::Refused => false,
        };
        if !undecided {
            let text = "Only an open request is decided.";
            return Err(Problem::wrong_state(old.status.name(), text));
        }
        if extends {
            if old.extended {
                return Err(Problem::conflict("extended", "It has been put off before."));
            }
            next.extended = true;
            // Two further months: three from when it came.
            next.due_at = months_later(old.received_at, 3);
        } else {
            next.status = match input.decision {
                Decision::Refuse => RequestStatus::Refused,
                _ => RequestStatus::Completed,
            };
            next.decided_by = Some(cx.principal().id());
            next.decided_at = Some(cx.now());
        }
        next.reason = Some(input.reason);
        let mut changes = Changes::new();
        if next.status == RequestStatus::Completed {
            let customer = cx.get::<CustomerItem>(old.customer.as_str()).await?;
            if old.r#type == RequestType::Rectification && customer.revision == old.customer_revision {
                let text = "Nothing about the customer has been changed since it came: PATCH them first.";
                return Err(Problem::conflict("not_rectified", text));
            }
            // Processing stops, for every service (art. 21(1)).
            let goes_on = customer.restricted_at.is_none() && customer.erased_at.is_none();
            if old.r#type == RequestType::Objection && goes_on {
                changes = changes.write(privacy::restrict(cx, &customer, true)?);
            }
        }
        let (before, after) = (Request::from(&old.item), Request::from(&next));
        let changes = changes
            .write(cx.replace(&old, &next)?)
            .object(id, Some(&before), Some(&after));
        Ok(Outcome::changed(after, changes))
    }
}
