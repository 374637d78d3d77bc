//! Functions with a trigger instead of a route: streams, queues and schedules.

use crate::{
    access::auth::TenantDirectory,
    declaration::{
        uses::Uses,
        worker::{Duty, Place, Trigger},
    },
    kernel::{ids::TenantId, problem::Problem},
    ports::metrics::{Invocation, Outcome, Subject},
    process::app::App,
    road::{call::Call, context::Context},
    store::meter::Meter,
};
use futures::future::BoxFuture;
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};

/// Seconds that something must have been left behind before a worker takes it up: longer than a call lives.
pub const PATIENCE: i64 = 30;

/// Seconds of a run that are kept for ending it.
const RESERVE: u64 = 10;

/// A function with a trigger.
#[derive(Clone, Copy)]
pub struct Worker {
    /// The function and its binary: `seal_entries`.
    pub name: &'static str,
    /// Its service.
    pub service: &'static str,
    /// What starts it.
    pub trigger: Trigger,
    /// Which region's run acts.
    pub place: Place,
    /// One line for people.
    pub summary: &'static str,
    /// What its role must allow.
    pub uses: &'static [Uses],
    /// Most records or messages in one event.
    pub batch: u32,
    /// Seconds it may take.
    pub timeout: u32,
    /// Handles one event; the answer names what must come again (`batchItemFailures`).
    pub run: fn(Arc<Work>, Value) -> BoxFuture<'static, Result<Value, String>>,
}

impl Worker {
    /// What it is bound by.
    #[must_use]
    pub const fn duty(&self) -> Duty {
        Duty {
            name: self.name,
            service: self.service,
            place: self.place,
            uses: self.uses,
        }
    }

    /// Everything its role must allow.
    #[must_use]
    pub fn needs(&self) -> Vec<Uses> {
        self.duty().needs()
    }
}

/// What a worker works with.
pub struct Work {
    /// The process.
    pub app: Arc<App>,
    /// The worker.
    pub worker: &'static Worker,
    /// Counters of this run.
    pub meter: Arc<Meter>,
}

impl Work {
    /// One run of a worker.
    #[must_use]
    pub fn new(app: Arc<App>, worker: &'static Worker) -> Arc<Self> {
        Arc::new(Self {
            app,
            worker,
            meter: Arc::default(),
        })
    }

    /// Every tenant, beginning anywhere, so that a run that is cut short does not always favour the same ones.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn tenants(&self) -> Result<Vec<TenantId>, Problem> {
        let platform = self.context(&TenantId::platform());
        let mut pages = platform.oldest_first::<TenantDirectory>(1, TenantDirectory::LIST);
        let mut tenants = Vec::new();
        while let Some(found) = pages.next().await? {
            tenants.extend(found.into_iter().map(|t| t.item.id));
        }
        let start = crate::kernel::random::below(tenants.len() as u64);
        tenants.rotate_left(usize::try_from(start).unwrap_or(0));
        Ok(tenants)
    }

    /// A context in one tenant. Workers that cross tenants take one after the other.
    #[must_use]
    pub fn context(&self, tenant: &TenantId) -> Context {
        Call::for_worker(self.app.clone(), self.worker.duty(), tenant, self.meter.clone()).context()
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.app.meter.absorb(&self.meter);
    }
}

/// Hands an event to a worker, as its trigger does, and tells what became of it.
///
/// # Errors
/// The worker's own: the event comes again.
pub async fn run(app: Arc<App>, worker: &'static Worker, event: Value) -> Result<Value, String> {
    let (at, began) = (app.clock.now(), app.clock.monotonic());
    let work = Work::new(app.clone(), worker);
    let meter = work.meter.clone();
    let done = (worker.run)(work, event).await;
    let returned = done
        .as_ref()
        .ok()
        .and_then(|answer| answer.get("batchItemFailures"));
    app.tell(&Invocation {
        env: &app.config.env,
        region: &app.config.region,
        service: worker.service,
        function: worker.name,
        subject: Subject::Run {
            returned: returned.and_then(Value::as_array).map_or(0, Vec::len),
        },
        outcome: if done.is_ok() {
            Outcome::Succeeded
        } else {
            Outcome::Failed
        },
        at,
        took: app.clock.monotonic().saturating_sub(began),
        meter: &meter,
    });
    done
}

/// Runs `each` for one tenant after the other, as long as the run's time lasts, and sums up what it gives. A
/// tenant that fails does not hold up the others.
///
/// # Errors
/// When the tenants cannot be listed.
pub async fn for_tenants<'w, F>(
    work: &'w Work,
    each: impl Fn(&'w Work, TenantId) -> F,
) -> Result<usize, String>
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
        // Boxed, so that the compiler does not look at all that a worker does as one future.
        match Box::pin(each(work, tenant)).await {
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
