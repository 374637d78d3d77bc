//! Functions with a trigger instead of a route: streams, queues and schedules.

use crate::{
    app::App,
    auth::TenantDirectory,
    endpoint::{Function, Uses},
    ids::TenantId,
    meter::Meter,
    metrics::{Invocation, Outcome, Subject},
    problem::Problem,
    road::{Call, Context, resume_intents},
    store::Table,
};
use futures::future::BoxFuture;
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};

/// Seconds that something must have been left behind before a worker takes it up: longer than a call lives.
pub const PATIENCE: i64 = 30;

/// Seconds of a run that are kept for ending it.
const RESERVE: u64 = 10;

/// What starts a worker.
#[derive(Clone, Copy, Debug)]
pub enum Trigger {
    /// Records of these tables' streams.
    Stream(&'static [Table]),
    /// Messages of a queue.
    Queue(&'static str),
    /// A schedule expression of EventBridge, for example `rate(1 minute)`.
    Schedule(&'static str),
    /// Nothing: an operator invokes it.
    Manual,
}

/// Which region's run of a worker acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The tenant's home: it writes what the tenant's people and clients may write, too. What it commits elsewhere is refused.
    Home,
    /// Each region's, for its own log: it writes only items that are named after its region or after entries of it.
    EachRegion,
}

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
    /// Everything its role must allow.
    #[must_use]
    pub fn needs(&self) -> Vec<Uses> {
        let mut needs = self.uses.to_vec();
        if self.place == Place::Home {
            needs.push(Uses::Home);
        }
        if needs.iter().any(|n| matches!(n, Uses::Key(_))) {
            needs.push(Uses::Read(Table::Keys));
        }
        needs.sort();
        needs.dedup();
        needs
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
        let start = crate::random::below(tenants.len() as u64);
        tenants.rotate_left(usize::try_from(start).unwrap_or(0));
        Ok(tenants)
    }

    /// A context in one tenant. Workers that cross tenants take one after the other.
    #[must_use]
    pub fn context(&self, tenant: &TenantId) -> Context {
        Call::for_worker(self.app.clone(), self.worker, tenant, self.meter.clone()).context()
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
