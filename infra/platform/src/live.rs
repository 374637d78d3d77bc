//! What the platform did in the last seconds, summed up as it happens, for `ledgerkeep top`.

mod spread;

use super::faults::{listen, plain};
use http::Method;
use serde_json::{Value, json};
use shared::{
    metrics::{Gauge, Invocation, Outcome, Sink, Subject},
    time::Clock,
};
pub(super) use spread::Spread;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Seconds that figures are about.
const WINDOW: u64 = 10;

/// What invocations took and how they ended.
#[derive(Clone, Default)]
struct Figures {
    took: Spread,
    own: Spread,
    refused: u64,
    failed: u64,
    returned: u64,
    dynamodb: u64,
    read_tenths: u64,
    write_tenths: u64,
    kms: u64,
    kms_errors: u64,
}

impl Figures {
    fn add(&mut self, told: &Invocation<'_>) {
        let [dynamodb, kms, sign, mac] = told.meter.counts();
        let [read, write] = told.meter.unit_tenths();
        self.took.add(told.took);
        self.own.add(told.own());
        self.refused += u64::from(told.outcome == Outcome::Refused);
        self.failed += u64::from(told.outcome == Outcome::Failed);
        if let Subject::Run { returned } = told.subject {
            self.returned += u64::try_from(returned).unwrap_or(0);
        }
        self.dynamodb += dynamodb;
        self.read_tenths += read;
        self.write_tenths += write;
        self.kms += kms + sign + mac;
        self.kms_errors += told.meter.kms_errors();
    }

    fn merge(&mut self, other: &Self) {
        self.took.merge(&other.took);
        self.own.merge(&other.own);
        for (own, more) in [
            (&mut self.refused, other.refused),
            (&mut self.failed, other.failed),
            (&mut self.returned, other.returned),
            (&mut self.dynamodb, other.dynamodb),
            (&mut self.read_tenths, other.read_tenths),
            (&mut self.write_tenths, other.write_tenths),
            (&mut self.kms, other.kms),
            (&mut self.kms_errors, other.kms_errors),
        ] {
            *own += more;
        }
    }

    fn told(&self, seconds: f64) -> Value {
        #[allow(clippy::cast_precision_loss, reason = "for people")]
        let rate = |count: u64| count as f64 / seconds;
        let count = self.took.count();
        json!({
            "count": count, "per_second": rate(count),
            "succeeded": count.saturating_sub(self.refused + self.failed),
            "refused": self.refused, "failed": self.failed, "returned": self.returned,
            "p50_ms": self.took.percentile(50), "p90_ms": self.took.percentile(90),
            "p99_ms": self.took.percentile(99), "max_ms": self.took.most(),
            "own_p50_ms": self.own.percentile(50),
            "dynamodb_per_second": rate(self.dynamodb),
            "read_units_per_second": rate(self.read_tenths) / 10.0,
            "write_units_per_second": rate(self.write_tenths) / 10.0,
            "kms_per_second": rate(self.kms), "kms_errors": self.kms_errors,
        })
    }
}

/// One second.
#[derive(Default)]
struct Slot {
    second: u64,
    /// By function, and whether it is a worker.
    functions: BTreeMap<(bool, String), Figures>,
    lags: BTreeMap<Gauge, Spread>,
    /// How long ago what arrived from the other region had been written there.
    replication: Spread,
}

#[derive(Default)]
struct State {
    slots: VecDeque<Slot>,
    /// The last value of what is not a lag, and how often there was one.
    last: BTreeMap<Gauge, (f64, u64)>,
}

/// What the platform did in the last seconds.
pub struct Live {
    clock: Arc<dyn Clock>,
    began: Duration,
    state: Mutex<State>,
}

impl Live {
    /// Nothing yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            began: clock.monotonic(),
            clock,
            state: Mutex::default(),
        })
    }

    /// How long it has been told of what happens.
    fn age(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.began)
    }

    /// The figures of the last seconds.
    fn told(&self) -> Value {
        let age = self.age();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let first = age.as_secs().saturating_sub(WINDOW - 1);
        // The present second has only begun.
        let seconds = (age - Duration::from_secs(first)).as_secs_f64().max(0.001);
        let mut functions: BTreeMap<&(bool, String), Figures> = BTreeMap::new();
        let mut lags: BTreeMap<Gauge, Spread> = BTreeMap::new();
        let mut replication = Spread::default();
        for slot in state.slots.iter().filter(|s| s.second >= first) {
            for (name, figures) in &slot.functions {
                functions.entry(name).or_default().merge(figures);
            }
            for (gauge, spread) in &slot.lags {
                lags.entry(*gauge).or_default().merge(spread);
            }
            replication.merge(&slot.replication);
        }
        let sum = |of_workers: bool| {
            let mut all = Figures::default();
            let own = functions.iter().filter(|((worker, _), _)| *worker == of_workers);
            own.for_each(|(_, figures)| all.merge(figures));
            all
        };
        let (calls, runs) = (sum(false), sum(true));
        let mut all = calls.clone();
        all.merge(&runs);
        let lag = |gauge: Gauge| lags.get(&gauge).map(Spread::told);
        let replication = (replication.count() > 0).then(|| replication.told());
        let last = |gauge: Gauge| state.last.get(&gauge).copied();
        let mut named: Vec<(u64, Value)> = functions
            .iter()
            .map(|((worker, name), figures)| {
                let mut told = figures.told(seconds);
                if let Some(told) = told.as_object_mut() {
                    told.insert("function".into(), json!(name));
                    told.insert("worker".into(), json!(worker));
                }
                (figures.took.count(), told)
            })
            .collect();
        named.sort_by(|(a, _), (b, _)| b.cmp(a));
        json!({
            "seconds": seconds, "up_seconds": age.as_secs(),
            "calls": calls.told(seconds), "runs": runs.told(seconds), "all": all.told(seconds),
            "sealer_lag": lag(Gauge::SealerLag), "delivery_lag": lag(Gauge::DeliveryLag),
            "replication_lag_ms": replication,
            "oldest_unsealed_seconds": last(Gauge::OldestUnsealed).map(|(value, _)| value),
            "tamper_alerts": last(Gauge::TamperAlerts).map_or(0, |(_, count)| count),
            "functions": named.into_iter().map(|(_, told)| told).collect::<Vec<_>>(),
        })
    }
}

impl State {
    /// What happens in this second.
    fn slot(&mut self, second: u64) -> Option<&mut Slot> {
        if self.slots.back().is_none_or(|last| last.second < second) {
            self.slots.retain(|s| s.second + WINDOW > second);
            self.slots.push_back(Slot {
                second,
                ..Slot::default()
            });
        }
        self.slots.back_mut()
    }
}

impl Live {
    /// A write of the other region has arrived, this long after it was made there.
    pub fn replicated(&self, lag: Duration) {
        let second = self.age().as_secs();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = state.slot(second) {
            slot.replication.add(lag);
        }
    }
}

impl Sink for Live {
    fn take(&self, told: &Invocation<'_>) {
        let second = self.age().as_secs();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for gauge in [Gauge::OldestUnsealed, Gauge::TamperAlerts] {
            for value in told.meter.noted(gauge) {
                let (last, count) = state.last.entry(gauge).or_default();
                (*last, *count) = (value, *count + 1);
            }
        }
        let Some(slot) = state.slot(second) else {
            return;
        };
        let worker = matches!(told.subject, Subject::Run { .. });
        let name = (worker, told.function.to_owned());
        slot.functions.entry(name).or_default().add(told);
        for gauge in [Gauge::SealerLag, Gauge::DeliveryLag] {
            for millis in told.meter.noted(gauge) {
                let lag = Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default();
                slot.lags.entry(gauge).or_default().add(lag);
            }
        }
    }
}

/// Tells the figures on a free port of this machine, to whoever knows the path: the address, path included, stands in
/// `platform.json`, which only its owner may read. The gateway knows nothing of it.
///
/// # Errors
/// When no port is free.
pub async fn serve(live: Arc<Live>) -> Result<String, String> {
    let path = format!("/{}", hex::encode(shared::random::bytes::<16>()));
    let known = path.clone();
    let address = listen(move |request| {
        let allowed = request.method() == Method::GET
            && aws_lc_rs::constant_time::verify_slices_are_equal(
                request.uri().path().as_bytes(),
                known.as_bytes(),
            )
            .is_ok();
        let answer = if allowed {
            plain(200, live.told().to_string())
        } else {
            plain(404, String::new())
        };
        std::future::ready(Ok(answer))
    })
    .await?;
    Ok(address + &path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{meter::Meter, time::Timestamp};
    use std::{
        pin::Pin,
        sync::atomic::{AtomicU64, Ordering},
    };

    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.0.load(Ordering::Relaxed))
        }
        fn sleep<'a>(&'a self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
            Box::pin(std::future::ready(()))
        }
    }

    fn told(function: &'static str, status: u16, meter: &Meter) -> Invocation<'static> {
        // Leaked, as a test's few invocations may be: they borrow their meter for good.
        let meter: &'static Meter = {
            let own = Box::new(Meter::default());
            own.absorb(meter);
            for gauge in Gauge::ALL {
                meter.noted(gauge).into_iter().for_each(|v| own.note(gauge, v));
            }
            Box::leak(own)
        };
        Invocation {
            env: "local",
            region: "eu-west-1",
            service: "billing",
            function,
            subject: match function {
                "seal_entries" => Subject::Run { returned: 2 },
                _ => Subject::Call {
                    status,
                    request: "req_1",
                    trace: "",
                },
            },
            outcome: Outcome::of(status),
            at: Timestamp::UNIX_EPOCH,
            took: Duration::from_millis(8),
            meter,
        }
    }

    #[test]
    fn the_last_ten_seconds_are_summed_up_and_older_ones_forgotten() {
        let hand = Arc::new(Hand::default());
        let live = Live::new(hand.clone());
        let meter = Meter::default();
        meter.call();
        meter.read_units(1.5);
        for status in [200, 200, 404, 503] {
            live.take(&told("read_customer", status, &meter));
        }
        meter.note(Gauge::SealerLag, 40.0);
        meter.note(Gauge::OldestUnsealed, 0.0);
        live.take(&told("seal_entries", 200, &meter));
        hand.0.store(4_000, Ordering::Relaxed);
        let figures = live.told();
        assert_eq!(figures["seconds"], 4.0);
        assert_eq!(figures["calls"]["per_second"], 1.0);
        let ends = ["succeeded", "refused", "failed"].map(|n| figures["calls"][n].as_u64().unwrap());
        assert_eq!(ends, [2, 1, 1]);
        assert_eq!(figures["all"]["dynamodb_per_second"], 1.25);
        assert_eq!(figures["all"]["read_units_per_second"], 1.875);
        assert_eq!(figures["runs"]["returned"], 2);
        assert_eq!(figures["sealer_lag"]["max_ms"], 40.0);
        assert_eq!(figures["oldest_unsealed_seconds"], 0.0);
        assert_eq!(figures["delivery_lag"], Value::Null);
        assert_eq!(figures["functions"][0]["function"], "read_customer");
        assert_eq!(figures["functions"][1]["worker"], true);

        hand.0.store(10_500, Ordering::Relaxed);
        assert_eq!(
            live.told()["calls"]["count"],
            0,
            "all of it is older than ten seconds"
        );
        live.take(&told("read_customer", 200, &meter));
        let figures = live.told();
        assert_eq!(
            (&figures["calls"]["count"], &figures["seconds"]),
            (&json!(1), &json!(9.5))
        );
        assert_eq!(live.state.lock().unwrap().slots.len(), 1);
        assert_eq!(figures["oldest_unsealed_seconds"], 0.0, "the last value stays");
    }

    #[tokio::test]
    async fn only_who_knows_the_path_is_told() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let address = serve(Live::new(Arc::new(Hand::default()))).await.unwrap();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let (base, path) = address.rsplit_once('/').unwrap();
        assert_eq!(path.len(), 32);
        for (address, want) in [
            (address.clone(), 200),
            (base.to_owned(), 404),
            (format!("{base}/{}", "0".repeat(32)), 404),
            (format!("{address}/x"), 404),
        ] {
            let status = client.get(&address).send().await.unwrap().status().as_u16();
            assert_eq!(status, want, "{address}");
        }
        assert_eq!(client.post(&address).send().await.unwrap().status().as_u16(), 404);
    }
}
