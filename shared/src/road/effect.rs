//! Effect endpoints: intent committed, world called, outcome committed.

use super::{
    answer::Finished,
    call::{Call, locked},
    commit::Verdict,
    idempotency::Slot,
    intent::IntentItem,
    plain::{self, caught, parse},
};
use crate::{
    declaration::uses::Uses,
    kernel::{backoff::Backoff, ids, problem::Problem, purpose::Purpose, record::Record},
    road::endpoint::{EffectEndpoint, Intended},
    store::{Key, Stored, Table, Write},
};
use serde_json::Value;
use std::sync::{Arc, atomic::Ordering};

/// After so many lost races, and so many again, it is seen whether somebody else has concluded the call.
const LOOK: u32 = 4;

fn table(call: &Call) -> Result<Table, Problem> {
    call.declaration()
        .and_then(|d| d.table())
        .ok_or_else(|| Problem::internal("effects need a table"))
}

/// Runs an effect endpoint: intent, effect, outcome.
///
/// # Errors
/// Before the intent: whatever the handler refuses. After it: 409 or 503, and the sweeper finishes the call.
pub async fn effect<E: EffectEndpoint>(call: Arc<Call>, input: Value) -> Result<Finished, Problem> {
    if call.slot.is_none() {
        let text = "Send an Idempotency-Key, so that a retry cannot take effect twice.";
        return Err(Problem::bad_request("idempotency_key_required", text));
    }
    let input = parse::<E::Input>(&call, input)?;
    let cx = call.context();
    let fields = <E::Answer as Record>::FIELDS;
    let (intent, live, changes) = match caught(Box::pin(E::intend(&cx, input))).await? {
        Intended::Stop(outcome) => {
            return plain::conclude(&call, &E::DECLARATION, fields, outcome, Vec::new(), false).await;
        }
        Intended::Go {
            intent,
            live,
            changes,
        } => (intent, live, changes),
    };
    let item = IntentItem {
        id: ids::fresh("int", call.now),
        function: E::DECLARATION.name.to_owned(),
        actor: call.principal.id(),
        data: serde_json::to_string(&intent).map_err(|e| Problem::internal(e.to_string()))?,
        slot: call
            .slot
            .as_ref()
            .and_then(|s| serde_json::to_string(&s.keep()).ok()),
        request: locked(&call.masked_input).as_ref().map(Value::to_string),
        trace: call.request.trace.clone(),
        created_at: call.now.as_second(),
        region: call.app.config.region.clone(),
    };
    let tenant = call.principal.tenant.clone();
    let mut own = vec![Write::create_in(table(&call)?, &tenant, &item)?];
    if let Some(slot) = &call.slot {
        own.push(slot.begin(&tenant, changes.object.as_deref())?);
    }
    let object = changes.object.clone();
    let verdict = Verdict {
        outcome: "intended",
        status: 202,
        code: None,
        answer: None,
    };
    call.commit(changes, own, &verdict).await?;
    // What was read with the caller has been changed since, but for the keys of those whom it is about.
    locked(&call.prefetched).retain(|key, _| key.table == Table::Keys);
    call.round.store(0, Ordering::Relaxed);

    let performed = caught(Box::pin(async { Ok(E::perform(&cx, &intent, live).await) })).await;
    let Ok(effect) = performed else {
        // The effect may have happened. The intent stays, and the sweeper asks what became of it.
        return Err(unfinished(object));
    };
    let item = Stored { item, revision: 1 };
    match finish::<E>(&call, &item, &intent, &effect).await {
        Ok(finished) => Ok(finished),
        Err(problem) => {
            tracing::warn!(
                code = problem.code,
                internal = problem.internal,
                "an outcome waits for the sweeper"
            );
            Err(unfinished(object))
        }
    }
}

fn unfinished(object: Option<String>) -> Problem {
    let text =
        "The call was made and its outcome is being found out. Repeat it with the same Idempotency-Key.";
    let problem = Problem::new(503, "outcome_pending", text).retry_after(60);
    match object {
        Some(id) => problem.with("object", id.into()),
        None => problem,
    }
}

async fn finish<E: EffectEndpoint>(
    call: &Arc<Call>,
    item: &Stored<IntentItem>,
    intent: &E::Intent,
    effect: &E::Effect,
) -> Result<Finished, Problem> {
    let cx = call.context();
    let table = E::DECLARATION
        .table()
        .ok_or_else(|| Problem::internal("effects need a table"))?;
    let fields = <E::Answer as Record>::FIELDS;
    let clock = &*call.app.clock;
    let mut backoff = Backoff::new(clock);
    // The sweeper goes on where this ends.
    loop {
        call.round.store(u64::from(backoff.losses()), Ordering::Relaxed);
        let outcome = caught(Box::pin(E::conclude(&cx, intent, effect))).await?;
        let own = vec![Write::delete_in::<IntentItem>(
            table,
            &call.principal.tenant,
            &item.id,
            item.revision,
        )];
        let failed = match plain::conclude(call, &E::DECLARATION, fields, outcome, own, true).await {
            Err(problem) if problem.raced || problem.status == 503 => problem,
            other => return other,
        };
        if clock.monotonic() >= call.deadline {
            return Err(failed);
        }
        backoff.pause().await;
        if backoff.losses().is_multiple_of(LOOK) && !is_open(call, table, &item.id).await? {
            return Err(failed);
        }
    }
}

/// Whether an intent is there still.
async fn is_open(call: &Call, table: Table, id: &str) -> Result<bool, Problem> {
    let key = Key {
        table,
        ..Key::of::<IntentItem>(&call.principal.tenant, id)
    };
    let found = call.app.database.get(&call.meter, &key).await;
    found
        .map(|item| item.is_some())
        .map_err(|_| Problem::unavailable("the intent cannot be read"))
}

/// Finishes an intent that an earlier invocation left behind. `false` leaves it for the next sweep.
///
/// # Errors
/// 503 when a dependency does not answer.
pub async fn resume<E: EffectEndpoint>(call: Arc<Call>, item: IntentItem) -> Result<bool, Problem> {
    let cx = call.context();
    let table = E::DECLARATION
        .table()
        .ok_or_else(|| Problem::internal("effects need a table"))?;
    let intent: E::Intent =
        serde_json::from_str(&item.data).map_err(|e| Problem::internal(format!("intent: {e}")))?;
    let Some(effect) = E::recover(&cx, &intent).await else {
        return Ok(false);
    };
    let slot = match item.kept() {
        None => None,
        Some(kept) => {
            cx.may(Uses::Key(Purpose::Secret))?;
            let tenant = cx.tenant().clone();
            let cipher = cx.own_secrets().await?;
            Some(Slot::resume(&kept, table, &tenant, cipher, call.now.as_second()))
        }
    };
    let masked = item.request.as_deref().and_then(|r| serde_json::from_str(r).ok());
    *locked(&call.masked_input) = masked;
    drop(cx);
    let call = match Arc::try_unwrap(call) {
        Ok(mut owned) => {
            owned.slot = slot;
            Arc::new(owned)
        }
        Err(_) => return Err(Problem::internal("the worker's call is shared")),
    };
    let item = Stored { item, revision: 1 };
    match finish::<E>(&call, &item, &intent, &effect).await {
        Ok(_) => Ok(true),
        // Somebody else concluded it meanwhile.
        Err(problem) if problem.raced => Ok(false),
        Err(problem) => Err(problem),
    }
}
