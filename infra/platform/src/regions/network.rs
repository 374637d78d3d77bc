//! The network between the regions: takes what each writes, and brings it to the other one when its time has come.

use super::{process::Region, schedule::Schedule, tables};
use crate::{
    live::Spread,
    replica::{self, Written},
};
use console::say;
use serde_json::{Value, json};
use shared::time::Clock;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long it is waited before something that does not answer is asked again.
const AGAIN: Duration = Duration::from_millis(50);
/// How finely arrivals are timed.
const TICK: Duration = Duration::from_millis(5);
/// Writes that are brought at once.
const BATCH: usize = 100;

/// One direction between two regions.
struct Link {
    from: Arc<Region>,
    to: Arc<Region>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// On their way, by when they arrive.
    waiting: BTreeMap<(Duration, i64), Written>,
    /// The last one that was fetched.
    fetched: i64,
    /// Raised when what was fetched is forgotten.
    life: u64,
    /// Arrived, and the region that wrote them does not know it yet.
    arrived: BTreeSet<i64>,
    lags: Spread,
    lost: u64,
    superseded: u64,
    /// The highest number that has arrived, and how many arrived after a higher one.
    highest: i64,
    reordered: u64,
    /// What had not arrived when the region last died.
    left_behind: Option<usize>,
}

/// All regions and the links between them.
pub struct Network {
    regions: Vec<Arc<Region>>,
    links: Vec<Arc<Link>>,
    schedule: Schedule,
    clock: Arc<dyn Clock>,
    client: reqwest::Client,
}

impl Link {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_cut(&self) -> bool {
        self.from.is_cut() || self.to.is_cut()
    }

    /// The region has died: what it had not sent stays with it until it is back. Says how much that is.
    fn died(&self) -> usize {
        let mut state = self.state();
        state.waiting.clear();
        state.fetched = 0;
        state.life += 1;
        let arrived = |number: i64| state.arrived.contains(&number);
        let left = replica::left_behind(&tables(&self.from.dir), &arrived).unwrap_or_else(|why| {
            say(&format!("{}: {why}", self.from.dir.display()));
            0
        });
        state.left_behind = Some(left);
        left
    }

    fn told(&self) -> Value {
        let state = self.state();
        json!({"from": self.from.name, "to": self.to.name, "replication_lag_ms": state.lags.told(), "waiting": state.waiting.len(),
            "lost_and_sent_again": state.lost, "superseded": state.superseded, "reordered": state.reordered, "left_behind": state.left_behind})
    }
}

impl Network {
    /// Between these regions, each of them not yet running.
    ///
    /// # Errors
    /// When there is no HTTP client.
    pub fn new(
        regions: Vec<Arc<Region>>,
        schedule: Schedule,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, String> {
        let mut links = Vec::new();
        for from in &regions {
            for to in regions.iter().filter(|to| to.name != from.name) {
                links.push(Arc::new(Link {
                    from: from.clone(),
                    to: to.clone(),
                    state: Mutex::default(),
                }));
            }
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10));
        Ok(Arc::new(Self {
            regions,
            links,
            schedule,
            clock,
            client: client.build().map_err(|e| e.to_string())?,
        }))
    }

    /// The regions.
    pub fn regions(&self) -> &[Arc<Region>] {
        &self.regions
    }

    /// Begins to bring writes.
    pub fn start(self: &Arc<Self>) {
        for link in &self.links {
            let (own, one) = (self.clone(), link.clone());
            tokio::spawn(async move { own.fetch(&one).await });
            let (own, one) = (self.clone(), link.clone());
            tokio::spawn(async move { own.bring(&one).await });
        }
    }

    /// Takes what a region has written, for as long as it lives.
    async fn fetch(&self, link: &Link) {
        loop {
            let (after, life) = {
                let state = link.state();
                (state.fetched, state.life)
            };
            let Some(replica) = link.from.replica().filter(|_| !link.is_cut()) else {
                self.clock.sleep(AGAIN).await;
                continue;
            };
            let asked = self.client.get(format!("{replica}/written/{after}"));
            let Ok(found) = console::http::json(asked).await else {
                self.clock.sleep(AGAIN).await;
                continue;
            };
            let found: Vec<Written> = serde_json::from_value(found).unwrap_or_default();
            let now = self.clock.monotonic();
            let mut state = link.state();
            if state.life != life {
                continue;
            }
            for write in found {
                let (delay, lost) = self.schedule.delay(link.from.name, write.number);
                state.lost += u64::from(lost);
                state.fetched = state.fetched.max(write.number);
                if !state.arrived.contains(&write.number) {
                    state.waiting.insert((now + delay, write.number), write);
                }
            }
        }
    }

    /// Brings what is due.
    async fn bring(&self, link: &Link) {
        loop {
            let due: Vec<Written> = {
                let (now, state) = (self.clock.monotonic(), link.state());
                let due = state.waiting.iter().take_while(|((at, _), _)| *at <= now);
                due.take(BATCH).map(|(_, write)| write.clone()).collect()
            };
            let Some(replica) = link.to.replica().filter(|_| !due.is_empty() && !link.is_cut()) else {
                self.clock.sleep(TICK).await;
                continue;
            };
            let taken = self
                .client
                .post(format!("{replica}/take/{}", link.from.name))
                .body(json!(due).to_string());
            match console::http::json(taken).await {
                Ok(answer) => self.have_arrived(
                    link,
                    &due,
                    answer.get("superseded").and_then(Value::as_u64).unwrap_or(0),
                ),
                Err(why) => {
                    tracing::debug!(why, "writes are brought again");
                    self.clock.sleep(AGAIN).await;
                    continue;
                }
            }
            let arrived: Vec<i64> = link.state().arrived.iter().copied().collect();
            if let Some(replica) = link.from.replica() {
                let told = self
                    .client
                    .post(format!("{replica}/arrived"))
                    .body(json!(arrived).to_string());
                if console::http::json(told).await.is_ok() {
                    let mut state = link.state();
                    state.arrived.retain(|n| !arrived.contains(n));
                }
            }
        }
    }

    fn have_arrived(&self, link: &Link, writes: &[Written], superseded: u64) {
        let now = self.clock.now().as_millisecond();
        let mut state = link.state();
        state.superseded += superseded;
        let numbers: BTreeSet<i64> = writes.iter().map(|w| w.number).collect();
        state.waiting.retain(|(_, number), _| !numbers.contains(number));
        for write in writes {
            let lag = u64::try_from(now.saturating_sub(write.at)).unwrap_or(0);
            state.lags.add(Duration::from_millis(lag));
            state.arrived.insert(write.number);
            state.reordered += u64::from(write.number < state.highest);
            state.highest = state.highest.max(write.number);
        }
    }

    /// Regions that have died since the last question, in words.
    pub fn died(&self) -> Vec<String> {
        let mut told = Vec::new();
        for region in &self.regions {
            let Some(how) = region.ended() else { continue };
            told.push(format!("{} died {how}", region.name));
            for link in self.links.iter().filter(|l| l.from.name == region.name) {
                let left = link.died();
                told.push(format!(
                    "{left} writes of {} had not reached {}",
                    link.from.name, link.to.name
                ));
            }
        }
        told
    }

    /// What there is to know.
    pub fn told(&self) -> Value {
        let regions: Vec<Value> = self
            .regions
            .iter()
            .map(|r| {
                let told = r.told();
                json!({"region": r.name, "address": r.address, "pid": told.get("pid"), "isolated": r.is_cut()})
            })
            .collect();
        json!({"regions": regions, "links": self.links.iter().map(|l| l.told()).collect::<Vec<_>>()})
    }

    /// Stops all regions.
    pub async fn stop(&self, clock: &dyn Clock) {
        for region in &self.regions {
            region.stop(clock).await;
        }
    }

    /// Says how replication went.
    pub fn report(&self) {
        for link in &self.links {
            let state = link.state();
            let of = |hundredths| state.lags.percentile(hundredths).unwrap_or_default();
            say(&format!(
                "{} to {}: {} writes; replication_lag_ms p50 {:.0}, p99 {:.0}, max {:.0}; {} lost and sent again, {} superseded",
                link.from.name,
                link.to.name,
                state.lags.count(),
                of(50),
                of(99),
                state.lags.most().unwrap_or_default(),
                state.lost,
                state.superseded
            ));
        }
    }
}
