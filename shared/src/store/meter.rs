//! Exact counts of what a call costs: DynamoDB and KMS calls, capacity units, the time spent waiting for them, and which
//! tables it touched.

use crate::{
    kernel::time::Clock,
    store::{Table, scope::Scope},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What workers note of their work while they do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gauge {
    /// Milliseconds from when an audit entry was made until it was sealed.
    SealerLag,
    /// Seconds that the oldest entry which the sealer has missed is old; 0 where it has missed none.
    OldestUnsealed,
    /// Milliseconds from when an attempt of a delivery was due (the first: when its event happened) until it began.
    DeliveryLag,
    /// Alerts of the highest level: an audit entry was changed, removed or forged.
    TamperAlerts,
}

impl Gauge {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::SealerLag,
        Self::OldestUnsealed,
        Self::DeliveryLag,
        Self::TamperAlerts,
    ];

    /// The metric.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SealerLag => "SealerLag",
            Self::OldestUnsealed => "OldestUnsealed",
            Self::DeliveryLag => "DeliveryLag",
            Self::TamperAlerts => "TamperAlerts",
        }
    }

    /// Its unit, one of CloudWatch's.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::SealerLag | Self::DeliveryLag => "Milliseconds",
            Self::OldestUnsealed => "Seconds",
            Self::TamperAlerts => "Count",
        }
    }
}

/// Why KMS is called; signatures and MACs are counted apart from the data path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KmsUse {
    /// Unwrapping or wrapping a tenant key.
    Data,
    /// A signature or its public key.
    Sign,
    /// A MAC.
    Mac,
}

/// Waiting for other services: what overlaps counts once.
#[derive(Debug, Default)]
struct Waiting {
    running: u32,
    since: Duration,
    total: Duration,
}

/// One call of another service while it runs; the wait ends when this is dropped.
#[must_use]
pub struct Wait<'a> {
    meter: &'a Meter,
    clock: &'a dyn Clock,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let now = self.clock.monotonic();
        let mut waiting = self.meter.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.running = waiting.running.saturating_sub(1);
        if waiting.running == 0 {
            waiting.total = waiting.total.saturating_add(now.saturating_sub(waiting.since));
        }
    }
}

/// Counters of one call, or of one process.
#[derive(Debug, Default)]
pub struct Meter {
    dynamodb: AtomicU64,
    kms_data: AtomicU64,
    kms_sign: AtomicU64,
    kms_mac: AtomicU64,
    outside: AtomicU64,
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
    leases: AtomicU64,
    homes: AtomicU64,
    audit: AtomicU64,
    items: AtomicU64,
    kms_errors: AtomicU64,
    hashed_micros: AtomicU64,
    waiting: Arc<Mutex<Waiting>>,
    touched: Mutex<BTreeSet<(Table, &'static str)>>,
    noted: Mutex<Vec<(Gauge, f64)>>,
    /// What the sessions of this call are narrowed to.
    scope: Mutex<Option<Scope>>,
}

impl Meter {
    /// Narrows the sessions that this call reaches data in, from now on.
    pub(crate) fn narrow(&self, scope: Scope) {
        *self.scope.lock().unwrap_or_else(PoisonError::into_inner) = Some(scope);
    }
    /// What they are narrowed to.
    pub(crate) fn scope(&self) -> Option<Scope> {
        self.scope.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// One DynamoDB call.
    pub fn call(&self) {
        self.dynamodb.fetch_add(1, Ordering::Relaxed);
    }
    /// One DynamoDB call on one table.
    pub fn dynamodb(&self, table: Table, operation: &'static str) {
        self.call();
        self.dynamodb_table(table, operation);
    }
    /// Notes a table that a call touches.
    pub fn dynamodb_table(&self, table: Table, operation: &'static str) {
        if let Ok(mut touched) = self.touched.lock() {
            touched.insert((table, operation));
        }
    }
    /// A meter for calls that the outside world makes on its own account: what the sandbox payment provider
    /// keeps. A real provider keeps its side itself, so they are no part of what a call costs here.
    #[must_use]
    pub fn outside(&self) -> Self {
        self.outside.fetch_add(1, Ordering::Relaxed);
        // Waiting for the outside world is waiting all the same.
        Self {
            waiting: self.waiting.clone(),
            ..Self::default()
        }
    }
    /// A meter for leases of rate limits, which serve many calls to come.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self {
            waiting: self.waiting.clone(),
            ..Self::default()
        }
    }
    /// Counts what such a meter counted: its calls as leases, its units as this call's.
    pub fn leased(&self, aside: &Self) {
        let [calls, ..] = aside.counts();
        let [reads, writes] = aside.unit_tenths();
        self.leases.fetch_add(calls, Ordering::Relaxed);
        self.read_tenths.fetch_add(reads, Ordering::Relaxed);
        self.write_tenths.fetch_add(writes, Ordering::Relaxed);
    }
    /// Counts what such a meter counted while it asked the home table.
    pub fn housed(&self, aside: &Self) {
        let [calls, ..] = aside.counts();
        let [reads, _] = aside.unit_tenths();
        self.homes.fetch_add(calls, Ordering::Relaxed);
        self.read_tenths.fetch_add(reads, Ordering::Relaxed);
    }
    /// Reads of the home table.
    #[must_use]
    pub fn homes(&self) -> u64 {
        self.homes.load(Ordering::Relaxed)
    }
    /// Writes that leased blocks of rate limits.
    #[must_use]
    pub fn leases(&self) -> u64 {
        self.leases.load(Ordering::Relaxed)
    }
    /// Calls made on the account of the outside world.
    #[must_use]
    pub fn outside_calls(&self) -> u64 {
        self.outside.load(Ordering::Relaxed)
    }
    /// A call of another service begins.
    pub fn wait<'a>(&'a self, clock: &'a dyn Clock) -> Wait<'a> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.running == 0 {
            waiting.since = clock.monotonic();
        }
        waiting.running = waiting.running.saturating_add(1);
        Wait { meter: self, clock }
    }
    /// How long DynamoDB and KMS were waited for, the outside world's own calls included.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).total
    }
    /// Time that was spent on argon2id.
    pub fn hashed(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.hashed_micros.fetch_add(micros, Ordering::Relaxed);
    }
    /// Microseconds that were spent on argon2id.
    #[must_use]
    pub fn hashed_micros(&self) -> u64 {
        self.hashed_micros.load(Ordering::Relaxed)
    }
    /// Read capacity units that DynamoDB said it took.
    pub fn read_units(&self, units: f64) {
        self.read_tenths.fetch_add(tenths(units), Ordering::Relaxed);
    }
    /// Write capacity units that DynamoDB said it took.
    pub fn write_units(&self, units: f64) {
        self.write_tenths.fetch_add(tenths(units), Ordering::Relaxed);
    }
    /// Read and write capacity units, in tenths.
    #[must_use]
    pub fn unit_tenths(&self) -> [u64; 2] {
        [&self.read_tenths, &self.write_tenths].map(|c| c.load(Ordering::Relaxed))
    }
    /// One KMS call.
    pub fn kms(&self, why: KmsUse) {
        let counter = match why {
            KmsUse::Data => &self.kms_data,
            KmsUse::Sign => &self.kms_sign,
            KmsUse::Mac => &self.kms_mac,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
    /// KMS refused a call or did not answer it.
    pub fn kms_error(&self) {
        self.kms_errors.fetch_add(1, Ordering::Relaxed);
    }
    /// Calls that KMS refused or did not answer.
    #[must_use]
    pub fn kms_errors(&self) -> u64 {
        self.kms_errors.load(Ordering::Relaxed)
    }
    /// One of the DynamoDB calls was made for the audit entry alone.
    pub fn for_audit(&self) {
        self.audit.fetch_add(1, Ordering::Relaxed);
    }
    /// DynamoDB calls that were made for audit entries alone.
    #[must_use]
    pub fn audit_calls(&self) -> u64 {
        self.audit.load(Ordering::Relaxed)
    }
    /// So many items were asked for by their keys, or came back from a query.
    pub fn items(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.items.fetch_add(count, Ordering::Relaxed);
    }
    /// Items that were asked for by their keys, there or not, or came back from queries.
    #[must_use]
    pub fn items_read(&self) -> u64 {
        self.items.load(Ordering::Relaxed)
    }
    /// Notes a figure of a worker's own.
    pub fn note(&self, gauge: Gauge, value: f64) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push((gauge, value));
    }
    /// What was noted, in that order.
    #[must_use]
    pub fn noted(&self, gauge: Gauge) -> Vec<f64> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let own = noted.iter().filter(|(g, _)| *g == gauge);
        own.map(|(_, value)| *value).collect()
    }
    /// DynamoDB calls; KMS calls for data, signatures and MACs.
    #[must_use]
    pub fn counts(&self) -> [u64; 4] {
        [&self.dynamodb, &self.kms_data, &self.kms_sign, &self.kms_mac].map(|c| c.load(Ordering::Relaxed))
    }
    /// Tables and the operations on them.
    #[must_use]
    pub fn touched(&self) -> Vec<(Table, &'static str)> {
        self.touched
            .lock()
            .map(|t| t.iter().copied().collect())
            .unwrap_or_default()
    }
    /// Adds another meter's counts.
    pub fn absorb(&self, other: &Self) {
        let [d, k, s, m] = other.counts();
        let [reads, writes] = other.unit_tenths();
        self.outside.fetch_add(other.outside_calls(), Ordering::Relaxed);
        self.leases.fetch_add(other.leases(), Ordering::Relaxed);
        self.homes.fetch_add(other.homes(), Ordering::Relaxed);
        self.audit.fetch_add(other.audit_calls(), Ordering::Relaxed);
        self.items.fetch_add(other.items_read(), Ordering::Relaxed);
        self.kms_errors.fetch_add(other.kms_errors(), Ordering::Relaxed);
        for (counter, n) in [
            (&self.dynamodb, d),
            (&self.kms_data, k),
            (&self.kms_sign, s),
            (&self.kms_mac, m),
            (&self.read_tenths, reads),
            (&self.write_tenths, writes),
        ] {
            counter.fetch_add(n, Ordering::Relaxed);
        }
    }
}

/// Units come in halves.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small positive number; out of range saturates"
)]
fn tenths(units: f64) -> u64 {
    (units * 10.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;
    use std::pin::Pin;

    struct Still(AtomicU64);

    impl Clock for Still {
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

    #[test]
    fn what_overlaps_is_waited_for_once() {
        let (meter, clock) = (Meter::default(), Still(AtomicU64::new(100)));
        let at = |millis| clock.0.store(millis, Ordering::Relaxed);
        let first = meter.wait(&clock);
        at(110);
        let outside = meter.outside();
        let second = outside.wait(&clock);
        at(130);
        drop(first);
        assert_eq!(meter.waited(), Duration::ZERO, "one still runs");
        at(150);
        drop(second);
        assert_eq!(meter.waited(), Duration::from_millis(50));
        at(1_000);
        let third = meter.wait(&clock);
        at(1_001);
        drop(third);
        assert_eq!(meter.waited(), Duration::from_millis(51));
    }

    #[test]
    fn units_come_in_halves() {
        let (call, process) = (Meter::default(), Meter::default());
        call.read_units(0.5);
        call.read_units(2.0);
        call.write_units(12.0);
        process.absorb(&call);
        process.absorb(&call);
        assert_eq!(
            (call.unit_tenths(), process.unit_tenths()),
            ([25, 120], [50, 240])
        );
    }
}
