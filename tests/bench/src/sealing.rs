//! Audit entries sealed per second, and how late, on the stand-ins and triggers of the local platform. All of them are one
//! tenant's and so of one log: one shard.

use super::{Goal, entries::entry};
use crate::bootstraps::stage::Scratch;
use futures::{StreamExt, stream};
use platform::StandIns;
use serde_json::{Value, json};
use shared::{
    app::App,
    ids::TenantId,
    metrics::{Gauge, Invocation, Sink},
    store::{Table, encode},
    time::{Clock, SystemClock},
};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use topology::Topology;

/// Entries that are written at the same time.
const CONCURRENCY: usize = 16;
/// Entries a second whose lag is measured: half of what is to be sealed at least.
const PACE: u64 = 500;
/// Seconds of that.
const SECONDS: u64 = 30;
/// Entries that are being written at most.
const WRITING: usize = 64;
/// Between two handfuls of entries.
const TICK: Duration = Duration::from_millis(20);
/// How long the sealer may take to seal nothing more.
const STALLED: Duration = Duration::from_secs(60);

/// When how many entries were sealed, and how late.
struct Sealed {
    clock: Arc<dyn Clock>,
    lags: Mutex<Vec<(Duration, f64)>>,
}

impl Sink for Sealed {
    fn take(&self, invocation: &Invocation<'_>) {
        let now = self.clock.monotonic();
        let lags = invocation.meter.noted(Gauge::SealerLag);
        let mut all = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(lags.into_iter().map(|lag| (now, lag)));
    }
}

impl Sealed {
    fn count(&self) -> usize {
        self.lags.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Vec<(Duration, f64)> {
        std::mem::take(&mut *self.lags.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until so many are sealed.
    async fn reach(&self, count: usize) -> Result<(), String> {
        let (mut seen, mut at) = (self.count(), self.clock.monotonic());
        while seen < count {
            self.clock.sleep(TICK).await;
            let (now, sealed) = (self.clock.monotonic(), self.count());
            if sealed > seen {
                (seen, at) = (sealed, now);
            } else if now.saturating_sub(at) > STALLED {
                return Err(format!("the sealer stopped at {seen} of {count} entries"));
            }
        }
        Ok(())
    }
}

async fn write(app: &App, tenant: &TenantId, number: u64) -> Result<(), String> {
    let item = entry(tenant, &app.config.region, app.clock.now(), number);
    let attributes = encode(tenant, &item, 1)?;
    let put = app.database.put_new(&app.meter, Table::Audit, attributes).await;
    put.map_err(|e| format!("an entry was not written: {e:?}"))
}

/// Measures with so many entries.
pub(super) async fn measure(root: &Path, entries: u64) -> Result<(Vec<Goal>, Value), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let topology = Topology::read(root)?;
    let scratch = Scratch::new("sealing")?;
    let stand_ins = StandIns::start(&topology, &scratch.0, clock.clone()).await?;
    let app = stand_ins.app.clone();
    let sealed = Arc::new(Sealed {
        clock: clock.clone(),
        lags: Mutex::default(),
    });
    let _ = app.metrics.set(sealed.clone());
    let tenant = TenantId::new(clock.now());

    // First a log's worth of entries that wait, then all that it takes to seal them.
    let written = stream::iter(0..entries).map(|number| write(&app, &tenant, number));
    let mut written = written.buffer_unordered(CONCURRENCY);
    while let Some(result) = written.next().await {
        result?;
    }
    drop(written);
    let began = clock.monotonic();
    stand_ins.start_triggers(&topology, &scratch.0)?;
    sealed
        .reach(usize::try_from(entries).unwrap_or(usize::MAX))
        .await?;
    let times: Vec<Duration> = sealed.take().into_iter().map(|(at, _)| at).collect();
    let took = times.last().copied().unwrap_or(began).saturating_sub(began);
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    let per_second = |count: usize, took: Duration| count as f64 / took.as_secs_f64().max(1e-9);
    let rate = per_second(times.len(), took);
    let tenth = times.len().div_ceil(10);
    let mut from = began;
    let mut slowest = f64::INFINITY;
    for part in times.chunks(tenth) {
        let to = part.last().copied().unwrap_or(from);
        slowest = slowest.min(per_second(part.len(), to.saturating_sub(from)));
        from = to;
    }

    console::say(&format!(
        "sealing, one tenant's log: {entries} waiting entries at {rate:.0} a second, the slowest tenth of them at {slowest:.0}"
    ));

    // Then entries at a steady pace, while everything else goes on. Where the tables do not take so many, the pace is theirs.
    let room = Arc::new(tokio::sync::Semaphore::new(WRITING));
    let each = PACE * u64::try_from(TICK.as_millis()).unwrap_or(1) / 1000;
    let began = clock.monotonic();
    let mut number = entries;
    let mut writing = Vec::new();
    while clock.monotonic().saturating_sub(began) < Duration::from_secs(SECONDS) {
        let due = clock.monotonic().saturating_sub(began).as_millis() / TICK.as_millis() + 1;
        let until = entries + u64::try_from(due).unwrap_or(0) * each;
        for own in number..until {
            let (app, tenant, room) = (app.clone(), tenant.clone(), room.clone());
            let place = room.acquire_owned().await.map_err(|e| e.to_string())?;
            writing.push(tokio::spawn(async move {
                let written = write(&app, &tenant, own).await;
                drop(place);
                written
            }));
        }
        number = number.max(until);
        clock.sleep(TICK).await;
    }
    for written in writing {
        written.await.map_err(|e| e.to_string())??;
    }
    let took = clock.monotonic().saturating_sub(began);
    let pace = number - entries;
    sealed.reach(usize::try_from(pace).unwrap_or(usize::MAX)).await?;
    let mut lags: Vec<f64> = sealed.take().into_iter().map(|(_, lag)| lag).collect();
    lags.sort_by(f64::total_cmp);
    let at = |hundredths: usize| {
        let rank = (lags.len() * hundredths).div_ceil(100).saturating_sub(1);
        lags.get(rank).copied().unwrap_or(f64::NAN)
    };
    let (p50, p99, most) = (at(50), at(99), at(100));
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    let pace = pace as f64 / took.as_secs_f64();
    console::say(&format!(
        "at {pace:.0} new ones a second for {:.0} s they are sealed after {p50:.0} ms (p50), {p99:.0} ms (p99), {most:.0} ms at most",
        took.as_secs_f64()
    ));
    let goals = vec![
        Goal::least("audit entries sealed a second and shard", rate, 1_000.0, "/s"),
        Goal::most(
            &format!("lag of sealing at {pace:.0} entries a second, p99"),
            p99 / 1e3,
            2.0,
            "s",
        ),
        // A lag at another pace says nothing about this goal.
        Goal::least(
            "entries written a second while the lag is measured",
            pace,
            PACE as f64 * 0.98,
            "/s",
        ),
    ];
    let shown = json!({"entries": entries, "per_second": rate, "slowest_tenth_per_second": slowest, "pace": pace,
        "lag_p50_millis": p50, "lag_p99_millis": p99, "lag_max_millis": most});
    Ok((goals, shown))
}
