//! `GET /identity/v1/approvals/{id}`: what exactly is asked. Whoever may decide sees all of it but card numbers and secrets, and so does
//! whoever asked; others who may see what waits see it masked.

use super::{ApprovalDetail, parsed};
use shared::{
    auth::{Approval, ApprovalId},
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac::{APPROVAL_DECIDE, APPROVAL_READ, Decision, Right},
    record::Record,
    road::Context,
    store::{Key, Table},
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
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_approval",
        methods::get,
        "/identity/v1/approvals/{id}",
        Access::Session,
        Audit::Sensitive,
        "Read what exactly is asked for, as whoever may decide or whoever asked",
    )
    .uses(&[Uses::Read(Table::Identity), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = ApprovalDetail;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let tenant = at.tenant.as_str();
        vec![
            at.key::<Approval>(),
            SubjectKeyItem::key(at.tenant, tenant, Purpose::Secret),
        ]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<ApprovalDetail>, Problem> {
        let id = input.id.as_str();
        let approval = cx.get::<Approval>(id).await?;
        let (own, decides) = (is_own(cx, &approval), may(cx, &APPROVAL_DECIDE, &approval));
        if !own && !decides && !may(cx, &APPROVAL_READ, &approval) {
            return Err(Problem::not_found());
        }
        let asked = match &approval.asked {
            Some(sealed) if own || decides => {
                let secrets = cx.own_secrets().await?;
                let text = secrets.open_text::<Approval>(id, "-", "asked", sealed)?;
                Some(parsed(&text)?)
            }
            _ => None,
        };
        let answer = match asked {
            Some(asked) => ApprovalDetail::telling(&approval, asked, false),
            None => ApprovalDetail::telling(&approval, parsed(&approval.request)?, true),
        };
        Ok(Outcome::read(answer).concerning(id))
    }
}

/// Whether the caller, or the person behind them, has asked for it.
pub(super) fn is_own(cx: &Context, approval: &Approval) -> bool {
    let me = cx.principal();
    approval.requester == me.id() || approval.person == me.person()
}

fn may(cx: &Context, right: &Right, approval: &Approval) -> bool {
    use shared::store::Item;
    let me = cx.principal();
    let decision = Decision::of(right, &me.roles);
    me.may_use(right) && decision.may_begin() && decision.permits(&approval.filterable(), &me.attributes())
}
