//! Finishing what calls of effect endpoints have left between intent and outcome: a worker's part.

use super::{
    call::Call,
    function::Function,
    intent::{INTENTS, IntentItem},
    worker::{PATIENCE, Work, for_tenants},
};
use crate::{
    kernel::{ids::TenantId, problem::Problem, trace},
    store::{Stored, Table},
};
use serde_json::Value;
use std::sync::Arc;

/// Finishes the intents of one tenant whose home is here in the table of the worker's service that are older than
/// so many seconds, each through its own function. An intent that cannot be finished yet stays for the next sweep. Gives how many were
/// finished.
///
/// # Errors
/// 503 when the list cannot be read.
pub async fn resume_intents(
    work: &Work,
    functions: &'static [Function],
    tenant: &TenantId,
    older_than_seconds: i64,
) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let service = work.worker.service;
    let table = Table::ALL.into_iter().find(|t| t.name() == service);
    let table = table.ok_or_else(|| Problem::internal(format!("{service} has no table")))?;
    let due = cx.now().as_second().saturating_sub(older_than_seconds);
    let mut pages = cx.oldest_first_in::<IntentItem>(table, 1, INTENTS);
    let mut finished = 0;
    while let Some(intents) = pages.next().await? {
        for Stored { item, .. } in intents {
            // Ids begin with the time, so what follows is younger still.
            if item.created_at > due {
                return Ok(finished);
            }
            // Whichever region began it: who has taken the tenant over finishes what is left.
            if !cx.at_home().await? {
                return Ok(finished);
            }
            let function = functions.iter().find(|f| f.declaration.name == item.function);
            let Some((function, resume)) = function.and_then(|f| Some((f, f.resume?))) else {
                tracing::error!(function = item.function, "an intent of an unknown function");
                continue;
            };
            let name = work.worker.name;
            let mut call = Call::for_resume(
                work.app.clone(),
                &function.declaration,
                name,
                tenant,
                work.meter.clone(),
            );
            let parent = item.trace.as_deref().map(str::as_bytes);
            call.request.trace = Some(trace::enter(parent.into_iter()));
            call.request.reason = Some(format!("finishes {} of {}", item.id, item.actor));
            match resume(Arc::new(call), item).await {
                Ok(true) => finished += 1,
                Ok(false) => {}
                Err(problem) => {
                    tracing::warn!(
                        code = problem.code,
                        internal = problem.internal,
                        "an intent stays"
                    );
                }
            }
        }
    }
    Ok(finished)
}

/// What `run` of a worker does that finishes a service's calls that ended between intent and outcome, in every
/// tenant.
///
/// # Errors
/// When the tenants cannot be listed.
pub async fn finish_intents(work: Arc<Work>, functions: &'static [Function]) -> Result<Value, String> {
    let finished = for_tenants(&work, |work, tenant| async move {
        resume_intents(work, functions, &tenant, PATIENCE).await
    });
    Ok(serde_json::json!({"finished": finished.await?}))
}
