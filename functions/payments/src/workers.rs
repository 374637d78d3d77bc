//! Workers: what a call left behind is found out, in every tenant, once a minute.

pub mod finish;
pub mod sync;

use shared::{ids::TenantId, problem::Problem, worker::Work};
use std::{future::Future, time::Duration};

/// Seconds that something must have been left behind before a worker takes it up: longer than a call lives.
pub const PATIENCE: i64 = 30;

/// Seconds of a run that are kept for ending it.
const RESERVE: u64 = 10;

/// Runs `each` for one tenant after the other, as long as the run's time lasts, and sums up what it gives. A
/// tenant that fails does not hold up the others.
async fn for_tenants<'w, F>(work: &'w Work, each: impl Fn(&'w Work, TenantId) -> F) -> Result<usize, String>
where
    F: Future<Output = Result<usize, Problem>>,
{
    let clock = &work.app.clock;
    let time = u64::from(work.worker.timeout).saturating_sub(RESERVE);
    let end = clock.monotonic().saturating_add(Duration::from_secs(time));
    let tenants = work
        .tenants()
        .await
        .map_err(|p| format!("the tenants cannot be listed: {p:?}"))?;
    let mut done = 0;
    for tenant in tenants {
        if clock.monotonic() >= end {
            tracing::warn!(worker = work.worker.name, "out of time; the next run goes on");
            break;
        }
        match each(work, tenant).await {
            Ok(n) => done += n,
            Err(problem) => tracing::warn!(
                code = problem.code,
                internal = problem.internal,
                "a tenant is left out"
            ),
        }
    }
    Ok(done)
}
