//! Rate limits of tenants and of their callers: token buckets that processes lease from in blocks.
//!
//! A bucket is one number, the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371 A.2). A
//! lease moves that time on by what it takes, in one conditional write, so that however many processes lease at once they
//! never take more than the bucket holds. What a process has leased it hands out without asking; so a caller gets at most
//! the bucket and one block of each process that still holds one. Each region has buckets of its own, wherever the tenant's home
//! is: no other region writes them.

use crate::{
    kernel::{
        ids::TenantId,
        problem::Problem,
        record::Field,
        shape::{Named, Shape, Shaped},
        time::{Clock, Timestamp},
    },
    store::{Attribute, Database, Key, StoreError, Table, Unguarded, Update, meter::Meter, partition},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The kind of a bucket's key.
pub const KIND: &str = "rate";
/// Most tokens of one lease.
const BLOCK: u32 = 50;
/// How long a process hands out what it has leased.
const LIFE: Duration = Duration::from_secs(60);
/// Attempts to lease while others do.
const ROUNDS: u32 = 16;
/// Most buckets that a process remembers.
const REMEMBERED: usize = 10_000;
const MICROS: i64 = 1_000_000;

/// How many calls a bucket lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Calls a second, in the long run: 1 to 10000.
    pub per_second: u32,
    /// Calls at once: 1 to 100000.
    pub burst: u32,
}

impl Shaped for RateLimit {
    fn shape() -> Shape {
        /// Both numbers, each with its bounds, which whoever takes one checks.
        const FIELDS: &[Field] = &[
            Field::public("per_second", "Calls a second, in the long run.", || {
                u32::shape().within(Some(1), Some(10_000))
            }),
            Field::public("burst", "Calls at once.", || {
                u32::shape().within(Some(1), Some(100_000))
            }),
        ];
        Shape::Record(Named {
            name: "RateLimit".into(),
            about: "How many calls a bucket lets through.",
            fields: FIELDS,
            comes_in: true,
            open: false,
            example: None,
        })
    }
}

impl RateLimit {
    /// A tenant's, unless the platform says otherwise.
    pub const TENANT: Self = Self {
        per_second: 2_000,
        burst: 20_000,
    };
    /// That of one user or API client, unless the tenant says otherwise.
    pub const CALLER: Self = Self {
        per_second: 1_000,
        burst: 10_000,
    };

    /// Whether it is one.
    #[must_use]
    pub fn is_valid(self) -> bool {
        (1..=10_000).contains(&self.per_second) && (1..=100_000).contains(&self.burst)
    }

    /// Microseconds in which one token comes back.
    fn interval(self) -> i64 {
        MICROS / i64::from(self.per_second.max(1))
    }

    /// Microseconds in which an empty bucket fills.
    fn full(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.burst.max(1)))
    }

    fn block(self) -> u32 {
        (self.burst / 20).clamp(1, BLOCK)
    }
}

/// What a bucket said about one call.
#[derive(Clone, Debug)]
pub struct Told {
    /// Whose bucket.
    pub name: &'static str,
    limit: RateLimit,
    remaining: i64,
    reset: i64,
}

impl Told {
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4): quota and window in
    /// seconds, then what remains and the seconds until it is all there again.
    #[must_use]
    pub fn headers(all: &[Self]) -> Vec<(String, String)> {
        let join = |part: &dyn Fn(&Self) -> String| all.iter().map(part).collect::<Vec<_>>().join(", ");
        let policy = |t: &Self| {
            let window = t.limit.burst.div_ceil(t.limit.per_second.max(1));
            format!("\"{}\";q={};w={window}", t.name, t.limit.burst)
        };
        let state = |t: &Self| format!("\"{}\";r={};t={}", t.name, t.remaining, t.reset);
        vec![
            ("ratelimit-policy".into(), join(&policy)),
            ("ratelimit".into(), join(&state)),
        ]
    }
}

/// A bucket as one process knows it.
#[derive(Default)]
struct Lease {
    left: u32,
    /// Monotonic.
    until: Duration,
    /// Unix microseconds at which the bucket will be full, when it was last heard of.
    full_at: i64,
}

type Leases = HashMap<(TenantId, String), Arc<tokio::sync::Mutex<Lease>>>;

/// The leases of a process.
#[derive(Default)]
pub struct Limits {
    leases: Mutex<Leases>,
}

impl Limits {
    fn lease(&self, tenant: &TenantId, subject: &str) -> Arc<tokio::sync::Mutex<Lease>> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        if leases.len() >= REMEMBERED {
            leases.clear();
        }
        leases
            .entry((tenant.clone(), subject.to_owned()))
            .or_default()
            .clone()
    }

    /// Takes one token of the bucket of `subject`, and leases a block first where the process has none left.
    ///
    /// # Errors
    /// 429 with `Retry-After` when the bucket is empty, 503 when the store does not answer.
    pub async fn take(
        &self,
        (database, meter, clock): (&Database, &Meter, &dyn Clock),
        (tenant, subject, name): (&TenantId, &str, &'static str),
        limit: RateLimit,
    ) -> Result<Told, (Problem, Option<Told>)> {
        let lease = self.lease(tenant, subject);
        // One of a process asks; the others wait for what it gets.
        let mut lease = lease.lock().await;
        if lease.until <= clock.monotonic() {
            lease.left = 0;
        }
        let mut refused = None;
        if lease.left == 0 {
            let key = Key {
                table: Table::Identity,
                pk: partition(tenant, KIND, subject),
                sk: "-".into(),
            };
            refused = refill(database, meter, clock, &key, &mut lease, limit)
                .await
                .map_err(|problem| (problem, None))?;
        }
        let owed = (lease.full_at - micros(clock.now())).max(0);
        let in_bucket = (limit.full() - owed).max(0) / limit.interval().max(1);
        lease.left = lease.left.saturating_sub(u32::from(refused.is_none()));
        let told = Told {
            name,
            limit,
            remaining: in_bucket
                .saturating_add(i64::from(lease.left))
                .min(i64::from(limit.burst)),
            reset: seconds(owed),
        };
        match refused {
            None => Ok(told),
            Some(wait) => {
                let text = "Too many calls; try again after a while.";
                let problem = Problem::new(429, "too_many_calls", text);
                let wait = u32::try_from(seconds(wait).max(1)).unwrap_or(u32::MAX);
                let told = Told { remaining: 0, ..told };
                Err((problem.retry_after(wait), Some(told)))
            }
        }
    }
}

fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

fn seconds(micros: i64) -> i64 {
    micros.saturating_add(MICROS - 1) / MICROS
}

fn number(n: i64) -> Attribute {
    Attribute::N(n.to_string())
}

fn full_at(attributes: &HashMap<String, Attribute>) -> Option<i64> {
    attributes.get("full_at")?.as_n().ok()?.parse().ok()
}

/// The write that takes `tokens` from a bucket which is full (`fresh`) or which is not.
fn write(fresh: bool, now: i64, tokens: u32, limit: RateLimit) -> Update {
    let cost = limit.interval().saturating_mul(i64::from(tokens));
    let update = if fresh {
        Update::new().number("full_at", now.saturating_add(cost)).when(
            "attribute_not_exists(#full_at) OR #full_at < :now",
            &[(":now", number(now))],
        )
    } else {
        let most = now.saturating_add(limit.full()).saturating_sub(cost);
        Update::new().add("full_at", cost).when(
            "#full_at >= :now AND #full_at <= :most",
            &[(":now", number(now)), (":most", number(most))],
        )
    };
    // DynamoDB drops a bucket that has long been full.
    update.number(
        "expires",
        seconds(now.saturating_add(limit.full())).saturating_add(3_600),
    )
}

/// Leases a block, or what is left of the bucket. `Some` gives the microseconds after which there is a token again.
async fn refill(
    database: &Database,
    meter: &Meter,
    clock: &dyn Clock,
    key: &Key,
    lease: &mut Lease,
    limit: RateLimit,
) -> Result<Option<i64>, Problem> {
    let mut fresh = lease.full_at < micros(clock.now());
    let mut tokens = limit.block();
    for _ in 0..ROUNDS {
        let now = micros(clock.now());
        match database
            .update(meter, &mut Unguarded, key, &write(fresh, now, tokens, limit))
            .await
        {
            Ok(bucket) => {
                lease.full_at = full_at(&bucket).unwrap_or(now);
                lease.left = tokens;
                lease.until = clock.monotonic().saturating_add(LIFE);
                return Ok(None);
            }
            Err(StoreError::Condition(there)) => {
                let seen = there.as_ref().and_then(full_at);
                fresh = seen.is_none_or(|at| at < now);
                lease.full_at = seen.unwrap_or_default();
                if let (false, Some(at)) = (fresh, seen) {
                    let free = now.saturating_add(limit.full()).saturating_sub(at) / limit.interval().max(1);
                    if free < 1 {
                        return Ok(Some(at.saturating_add(limit.interval()) - limit.full() - now));
                    }
                    tokens = u32::try_from(free).unwrap_or(tokens).min(limit.block());
                }
            }
            Err(StoreError::Unavailable(why)) => {
                return Err(Problem::unavailable(format!("no lease: {why}")));
            }
        }
    }
    Err(Problem::unavailable("no lease: others were always faster"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: RateLimit = RateLimit {
        per_second: 4,
        burst: 10,
    };

    #[test]
    fn headers_say_policy_and_state() {
        let told = Told {
            name: "client",
            limit: TEN,
            remaining: 7,
            reset: 2,
        };
        let tenant = Told {
            name: "tenant",
            ..told.clone()
        };
        assert_eq!(
            Told::headers(&[told, tenant]),
            [
                (
                    "ratelimit-policy".to_owned(),
                    "\"client\";q=10;w=3, \"tenant\";q=10;w=3".to_owned()
                ),
                (
                    "ratelimit".to_owned(),
                    "\"client\";r=7;t=2, \"tenant\";r=7;t=2".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn blocks_are_a_twentieth_of_the_bucket_and_limits_have_bounds() {
        assert_eq!((TEN.block(), TEN.interval(), TEN.full()), (1, 250_000, 2_500_000));
        assert_eq!((RateLimit::TENANT.block(), RateLimit::CALLER.block()), (50, 50));
        let at = |per_second, burst| RateLimit { per_second, burst };
        assert!(at(1, 1).is_valid() && at(10_000, 100_000).is_valid());
        for bad in [at(0, 1), at(1, 0), at(10_001, 1), at(1, 100_001)] {
            assert!(!bad.is_valid(), "{bad:?}");
        }
    }

    #[test]
    fn a_lease_never_takes_more_than_the_bucket_holds() {
        let most = |tokens| write(false, 1_000, tokens, TEN).values().get(":most").cloned();
        assert_eq!(most(1), Some(number(1_000 + 2_500_000 - 250_000)));
        assert_eq!(most(10), Some(number(1_000)));
        let fresh = write(true, 1_000, 10, TEN).values();
        assert_eq!(fresh.get(":set_full_at"), Some(&number(1_000 + 2_500_000)));
    }
}
