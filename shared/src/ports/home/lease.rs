//! What a process knows of homes, and for how long it believes it.

use super::{HomeItem, HomeState, LEASE};
use crate::{
    kernel::{
        ids::TenantId,
        time::{Clock, Timestamp},
    },
    store::{Database, Key, Permit, decode, meter::Meter},
};
use futures::future::BoxFuture;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Most tenants that a process remembers.
const REMEMBERED: usize = 10_000;
/// How much of a lease must be left for a call that begins; with less of it the table is asked again.
const LEAST: Duration = Duration::from_secs(1);
/// How long it is believed that a tenant moves: it ends at any moment, and nothing is accepted until then.
const MOVING: Duration = Duration::from_millis(500);

/// Why nothing may be committed: the home is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub String);

/// What was read of the home table, and when.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The home.
    pub home: Arc<HomeItem>,
    /// By the monotonic clock, before the read was sent.
    since: Duration,
    /// By the time of day, as the monotonic clock of a process that was frozen may have stood still.
    since_day: Timestamp,
}

impl Lease {
    /// What was asked for at these two readings.
    #[must_use]
    pub fn new(home: HomeItem, since: Duration, since_day: Timestamp) -> Self {
        Self {
            home: Arc::new(home),
            since,
            since_day,
        }
    }

    /// What is left of it: nothing as soon as either clock says so, or the time of day has been set back.
    fn left(&self, clock: &dyn Clock) -> Duration {
        let steady = clock.monotonic().checked_sub(self.since);
        let day = clock.now().duration_since(self.since_day);
        let day = Duration::try_from(day).ok();
        match (steady, day) {
            (Some(steady), Some(day)) => LEASE.saturating_sub(steady.max(day)),
            _ => Duration::ZERO,
        }
    }

    /// Whether a call may begin with it.
    fn is_fresh(&self, clock: &dyn Clock) -> bool {
        let least = match self.home.state {
            HomeState::Active => LEAST,
            HomeState::Moving => LEASE.saturating_sub(MOVING),
        };
        self.left(clock) >= least
    }

    /// Whether what was read is believed.
    #[must_use]
    pub fn holds(&self, clock: &dyn Clock) -> bool {
        !self.left(clock).is_zero()
    }
}

/// What a write is sent under: it is looked at right before every attempt.
#[derive(Default)]
pub struct Guard<'h> {
    homes: Option<&'h Homes>,
    leases: Vec<Lease>,
}

impl<'h> Guard<'h> {
    /// Demands nothing yet.
    #[must_use]
    pub fn new(homes: &'h Homes) -> Self {
        Self {
            homes: Some(homes),
            leases: Vec::new(),
        }
    }

    /// Demands one more lease.
    pub fn add(&mut self, lease: Lease) {
        self.leases.push(lease);
    }

    /// Whether all of them hold.
    #[must_use]
    pub fn holds(&self, clock: &dyn Clock) -> bool {
        self.leases.iter().all(|lease| lease.holds(clock))
    }

    /// Whether all of them hold, or the home table says now that nothing has changed since they began: a write that is repeated
    /// outlives its lease.
    ///
    /// # Errors
    /// When the table does not answer, and when another epoch has begun.
    pub async fn stands(
        &mut self,
        database: &Database,
        meter: &Meter,
        clock: &dyn Clock,
    ) -> Result<(), Unknown> {
        for lease in self.leases.iter_mut().filter(|lease| !lease.holds(clock)) {
            let home = lease.home.clone();
            let homes = self.homes.ok_or(Unknown("a lease of no process".into()))?;
            let new = homes.lease(database, meter, clock, &home.id).await?;
            if new.home.epoch != home.epoch {
                return Err(Unknown("another epoch has begun on the way".into()));
            }
            *lease = new;
        }
        Ok(())
    }
}

impl Permit for Guard<'_> {
    fn stands<'a>(
        &'a mut self,
        database: &'a Database,
        meter: &'a Meter,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let stands = Guard::stands(self, database, meter, clock).await;
            stands.map_err(|unknown| unknown.0)
        })
    }
}

/// What one tenant's callers wait for: one of them asks.
#[derive(Default)]
struct Slot {
    lease: Option<Lease>,
    /// The monotonic reading at which the last question failed, and why.
    failed: Option<(Duration, String)>,
}

type Slots = HashMap<TenantId, Arc<tokio::sync::Mutex<Slot>>>;

/// The leases of a process.
#[derive(Default)]
pub struct Homes {
    slots: Mutex<Slots>,
}

impl Homes {
    fn slot(&self, tenant: &TenantId) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= REMEMBERED {
            slots.clear();
        }
        slots.entry(tenant.clone()).or_default().clone()
    }

    /// A lease that holds: the one that the process has, or what the table says now.
    ///
    /// # Errors
    /// When the table does not answer, or has no home of this tenant.
    pub async fn lease(
        &self,
        database: &Database,
        meter: &Meter,
        clock: &dyn Clock,
        tenant: &TenantId,
    ) -> Result<Lease, Unknown> {
        let came = clock.monotonic();
        let slot = self.slot(tenant);
        let mut slot = slot.lock().await;
        let known = slot.lease.clone().filter(|l| l.holds(clock));
        if let Some(lease) = known.as_ref().filter(|l| l.is_fresh(clock)) {
            return Ok(lease.clone());
        }
        // Whoever waited while somebody else asked in vain does not ask again.
        let failed = slot.failed.clone().filter(|(at, _)| *at >= came);
        let asked = match failed {
            Some((_, why)) => Err(why),
            None => ask(database, meter, clock, tenant).await,
        };
        match asked {
            // A table that went back in time would be no truth.
            Ok(lease)
                if slot
                    .lease
                    .as_ref()
                    .is_some_and(|l| l.home.epoch > lease.home.epoch) =>
            {
                Err(Unknown("the home table tells of an older epoch".into()))
            }
            Ok(lease) => {
                *slot = Slot {
                    lease: Some(lease.clone()),
                    failed: None,
                };
                if lease.holds(clock) {
                    Ok(lease)
                } else {
                    Err(Unknown("the home table answered too slowly".into()))
                }
            }
            Err(why) => {
                slot.failed = Some((clock.monotonic(), why.clone()));
                // Asking may have taken what was left of it.
                known.filter(|l| l.holds(clock)).ok_or(Unknown(why))
            }
        }
    }

    /// Stops believing what is known of a tenant, because a gate has said otherwise.
    pub async fn doubt(&self, tenant: &TenantId) {
        let slot = self.slot(tenant);
        let mut slot = slot.lock().await;
        if let Some(lease) = &mut slot.lease {
            // It stays as what no answer may be older than.
            lease.since = Duration::MAX;
        }
    }
}

async fn ask(
    database: &Database,
    meter: &Meter,
    clock: &dyn Clock,
    tenant: &TenantId,
) -> Result<Lease, String> {
    let (since, since_day) = (clock.monotonic(), clock.now());
    // The table is asked once for many calls, so it is counted apart from what this call costs.
    let own = meter.aside();
    let found = database
        .get(&own, &Key::of::<HomeItem>(tenant, tenant.as_str()))
        .await;
    meter.housed(&own);
    match found {
        Ok(Some(attributes)) => {
            let home = decode::<HomeItem>(attributes)?.item;
            Ok(Lease::new(home, since, since_day))
        }
        Ok(None) => Err(format!("the home table does not know {tenant}")),
        Err(e) => Err(format!("home table: {}", e.told())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::after;
    use std::pin::Pin;

    struct At(Duration, Timestamp);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            self.1
        }
        fn monotonic(&self) -> Duration {
            self.0
        }
        fn sleep<'a>(&'a self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
            Box::pin(std::future::ready(()))
        }
    }

    #[test]
    fn a_lease_ends_on_the_clock_that_is_ahead_and_when_the_time_of_day_goes_back() {
        let day: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let home = HomeItem::first(&TenantId::platform(), "eu-west-1", day, "test");
        let lease = Lease::new(home, Duration::from_secs(100), day);
        let at = |steady: u64, seconds: i64| At(Duration::from_millis(steady), after(day, seconds));
        for (clock, left) in [
            (at(100_000, 0), 4_000),
            (at(101_500, 1), 2_500),
            (at(103_999, 0), 1),
            (at(104_000, 0), 0),
            // Frozen: the monotonic clock stood still.
            (at(100_001, 4), 0),
            (at(100_001, 3), 1_000),
            (at(100_001, -1), 0),
            (at(99_999, 1), 0),
        ] {
            assert_eq!(lease.left(&clock), Duration::from_millis(left), "{:?}", clock.0);
            assert_eq!(lease.holds(&clock), left > 0);
        }
    }

    #[test]
    fn a_call_asks_again_where_a_lease_ends_soon_or_the_tenant_moves() {
        let day: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let home = HomeItem::first(&TenantId::platform(), "eu-west-1", day, "test");
        let moving = home.next("eu-central-1", HomeState::Moving, Some("eu-west-1"), day, "test");
        for (home, last) in [(home, 3_000), (moving, 500)] {
            let lease = Lease::new(home, Duration::from_secs(100), day);
            let after = |millis: u64| At(Duration::from_millis(100_000 + millis), day);
            assert!(lease.is_fresh(&after(last)));
            assert!(!lease.is_fresh(&after(last + 1)) && lease.holds(&after(last + 1)));
        }
    }
}
