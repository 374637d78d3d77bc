//! Four eyes: a call that needs a second person waits for an approval, and uses it up when it is repeated.

use super::{
    answer::Finished,
    call::{Call, locked},
    commit::Verdict,
    outbox::OutboxItem,
};
use crate::{
    access::{
        auth::{APPROVAL_LIFE, Approval, ApprovalId, ApprovalStatus, User, UserStatus},
        rbac::{self, Decision, Role},
    },
    crypto::formats::lp_list,
    declaration::endpoint::{Access, Declaration},
    kernel::{
        ids::{EventId, TenantId},
        problem::Problem,
        purpose::Purpose,
        record::{Field, Record},
        time::{Instant, Timestamp, after},
    },
    store::{AtRestBytes, Changes, Digest, Item, Key, StoreError, Table, Write},
};
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest, hmac};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What is answered while a second person is waited for.
#[derive(Record, Serialize)]
#[record(name = "AwaitingApproval")]
pub struct Waiting {
    /// What the call is to be repeated with, as `Approval-Id`, once it is given.
    #[public]
    pub approval: ApprovalId,
    /// How it stands.
    #[public]
    pub status: ApprovalStatus,
    /// Until when it must be given and used (RFC 3339 UTC).
    #[public]
    pub expires_at: Instant,
}

impl Waiting {
    /// Its fields, for the contract.
    pub const ANSWER: &'static [Field] = <Self as Record>::FIELDS;
}

/// Whether the call may go on, and the write that uses its approval up.
pub(crate) enum Eyes {
    /// A second person has approved this very call.
    Four(Box<Write>),
    /// Nobody has yet.
    Two(Box<Approval>),
}

/// What binds an approval to a call: its method, its path's template, and its whole input, sorted.
async fn payload(call: &Arc<Call>, declaration: &Declaration, input: &Value) -> Result<Vec<u8>, Problem> {
    let keys = call.context().tenant_key(Purpose::Secret).await?;
    let key = keys.current().map_err(|e| Problem::unavailable(e.0))?;
    let key = key
        .derive("approval/v1")
        .map_err(|e| Problem::internal(e.to_string()))?;
    let text = input.to_string();
    let list = lp_list(&[
        (declaration.method)().as_str().as_bytes(),
        declaration.path.as_bytes(),
        digest::digest(&digest::SHA256, text.as_bytes()).as_ref(),
    ]);
    let list = list.map_err(|e| Problem::internal(e.to_string()))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    Ok(hmac::sign(&key, &list).as_ref().to_vec())
}

/// The revisions of everything that a call would change, so that an approval is worth nothing once somebody else has
/// changed it.
fn objects(changes: &Changes) -> Vec<u8> {
    let mut seen: Vec<String> = changes
        .writes
        .iter()
        .filter_map(|w| Some(format!("{}|{}|{}", w.key().pk, w.key().sk, w.seen()?)))
        .collect();
    seen.sort();
    digest::digest(&digest::SHA256, seen.join("\n").as_bytes())
        .as_ref()
        .to_vec()
}

fn unknown() -> Problem {
    Problem::new(404, "approval_not_found", "There is no such approval of yours.")
}

/// The approval that the caller names, if any.
///
/// # Errors
/// 404 for what is no id of an approval, also where none is needed.
pub(crate) fn named(call: &Call) -> Result<Option<ApprovalId>, Problem> {
    let id = call.request.approval.as_deref();
    id.map(|id| ApprovalId::parse(id).map_err(|_| unknown()))
        .transpose()
}

/// Looks for the second person.
///
/// # Errors
/// 403, 404 or 409 when the approval that the caller names is not one for this very call; 503.
pub(crate) async fn eyes(
    call: &Arc<Call>,
    declaration: &Declaration,
    (input, shown): (&Value, &Value),
    changes: &mut Changes,
) -> Result<Eyes, Problem> {
    let (payload, objects) = (payload(call, declaration, input).await?, objects(changes));
    let Some(id) = named(call)? else {
        possible(call, changes).await?;
        let approval = ask(call, declaration, payload, objects, shown).await?;
        return Ok(Eyes::Two(Box::new(approval)));
    };
    let cx = call.context();
    let approval = cx.find::<Approval>(id.as_str()).await?;
    let approval = approval
        .filter(|a| a.requester == call.principal.id())
        .ok_or_else(unknown)?;
    let same = approval.function == declaration.name
        && verify_slices_are_equal(&approval.payload.0, &payload).is_ok();
    if !same {
        let text = "This approval was given for another call.";
        return Err(Problem::conflict("approval_mismatch", text));
    }
    let refused = |code, text: &str| Err(Problem::conflict(code, text));
    match approval.status {
        ApprovalStatus::Pending if call.now.as_second() < approval.expires_at => {
            return refused("approval_pending", "A second person has not decided yet.");
        }
        ApprovalStatus::Refused => {
            return Err(Problem::new(
                403,
                "approval_refused",
                "A second person has refused this call.",
            ));
        }
        ApprovalStatus::Used => return refused("approval_used", "This approval has been used."),
        ApprovalStatus::Withdrawn => {
            return refused("approval_withdrawn", "Who asked has withdrawn this request.");
        }
        ApprovalStatus::Pending | ApprovalStatus::Approved => {}
    }
    if call.now.as_second() >= approval.expires_at {
        return refused("approval_expired", "This approval has expired.");
    }
    if approval.objects.0 != objects {
        let text = "What this call changes has been changed since it was asked for. Ask anew.";
        return refused("approval_stale", text);
    }
    if !still_may(call, &approval).await? {
        let text = "The person who approved this may no longer approve it. Ask anew.";
        return refused("approval_withdrawn", text);
    }
    let used = approval.ended(ApprovalStatus::Used);
    let write = cx.replace(&approval, &used)?;
    let text = "This approval has been used.";
    Ok(Eyes::Four(Box::new(
        write.otherwise(Problem::conflict("approval_used", text)),
    )))
}

/// Whether the one who approved is active, is somebody else, and still holds what it took.
async fn still_may(call: &Arc<Call>, approval: &Approval) -> Result<bool, Problem> {
    let Some(user) = &approval.decided_by else {
        return Ok(false);
    };
    let cx = call.context();
    let user_key = cx.key::<User>(user.as_str());
    let mut keys = vec![user_key.clone()];
    keys.extend(approval.decided_with.iter().map(|r| cx.key::<Role>(r)));
    let mut batch = cx.batch(&keys).await?;
    let active = batch
        .take::<User>(&user_key)?
        .is_some_and(|u| u.status == UserStatus::Active && u.roles == approval.decided_with);
    let policy = batch.policy(keys.get(1..).unwrap_or_default())?;
    let decision = Decision::of(&rbac::APPROVAL_DECIDE, &policy);
    let caller = crate::store::Attributes::from([("id", user.as_str().into())]);
    Ok(active && *user.as_str() != *approval.person && decision.permits(&approval.filterable(), &caller))
}

/// Refuses what cannot be done whoever approves it: what the call would make stands there already.
async fn possible(call: &Arc<Call>, changes: &mut Changes) -> Result<(), Problem> {
    let new = changes.writes.iter().filter(|w| w.may_be_taken());
    let keys: Vec<Key> = new.map(|w| w.key().clone()).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let found = call.app.database.batch_get(&call.meter, &keys).await;
    let found = found.map_err(StoreError::problem)?;
    let mut taken = changes.writes.iter_mut().filter(|w| w.may_be_taken());
    let taken = taken.find(|w| found.contains_key(w.key()));
    taken.and_then(Write::take_refusal).map_or(Ok(()), Err)
}

async fn ask(
    call: &Arc<Call>,
    declaration: &Declaration,
    payload: Vec<u8>,
    objects: Vec<u8>,
    shown: &Value,
) -> Result<Approval, Problem> {
    let Access::Right(right) = declaration.access else {
        return Err(Problem::internal("four eyes need a right"));
    };
    let request = locked(&call.masked_input).as_ref().map(Value::to_string);
    let (cx, id) = (call.context(), ApprovalId::new(call.now));
    let text = shown.to_string();
    let asked = cx
        .own_secrets()
        .await?
        .seal::<Approval>(id.as_str(), "-", "asked", text.as_bytes())?;
    Ok(Approval {
        id,
        asked: Some(asked),
        function: declaration.name.to_owned(),
        summary: declaration.summary.to_owned(),
        right: right.name.to_owned(),
        requester: call.principal.id(),
        person: call.principal.person(),
        payload: AtRestBytes(payload),
        objects: Digest(objects),
        request: request.unwrap_or_default(),
        status: ApprovalStatus::Pending,
        created_at: call.now,
        expires_at: call.now.as_second().saturating_add(APPROVAL_LIFE),
        decided_by: None,
        decided_with: Vec::new(),
        decided_at: None,
        reason: None,
    })
}

/// Keeps the question for a second person and answers 202. Nothing else is changed, and the call's
/// `Idempotency-Key` stays free for when it is repeated.
///
/// # Errors
/// 503.
pub(crate) async fn wait(call: &Call, approval: Approval) -> Result<Finished, Problem> {
    let answer = Waiting {
        approval: approval.id.clone(),
        status: approval.status,
        expires_at: Instant::from(after(Timestamp::UNIX_EPOCH, approval.expires_at)),
    };
    let tenant = call.principal.tenant.clone();
    let own = vec![
        Write::create(&tenant, &approval)?,
        Write::create_in(Table::Identity, &tenant, &told(call, &tenant, &approval))?,
    ];
    let verdict = Verdict {
        outcome: "waiting",
        status: 202,
        code: None,
        answer: Some(answer.masked()),
    };
    let changes = Changes::new().object(approval.id.as_str(), None, Some(&approval));
    call.commit(changes, own, &verdict).await?;
    let body = serde_json::to_value(&answer)
        .map_err(|e| Problem::internal(format!("the answer does not serialise: {e}")))?;
    Ok(Finished::json(202, body))
}

/// The event that tells whoever may see what waits. It stands beside the approval, whatever service the call is of.
fn told(call: &Call, tenant: &TenantId, approval: &Approval) -> OutboxItem {
    let object = json!({
        "id": approval.id,
        "function": approval.function,
        "summary": approval.summary,
        "right": approval.right,
        "requester": approval.requester,
        "person": approval.person,
        "status": approval.status,
        "created_at": Instant::from(approval.created_at),
        "expires_at": Instant::from(after(Timestamp::UNIX_EPOCH, approval.expires_at)),
    });
    OutboxItem {
        id: EventId::new(call.now),
        tenant: tenant.clone(),
        kind: "approval.requested".to_owned(),
        occurred_at: call.now,
        data: json!({"id": approval.id, "object": object}).to_string(),
        attributes: Some(json!(approval.filterable()).to_string()),
        trace: call.request.trace.clone(),
        region: call.app.config.region.clone(),
    }
}

/// Where the approval that a call names stands, to be read with its caller.
pub(crate) fn ahead(tenant: &TenantId, id: Option<&str>) -> Option<Key> {
    let id = ApprovalId::parse(id?).ok()?;
    Some(Key::of::<Approval>(tenant, id.as_str()))
}
