//! Waiting and measuring. The platform runs on real time, so its suites do; nothing else here looks at a clock.
#![allow(
    clippy::disallowed_methods,
    reason = "the platform under test is another process, on real time"
)]

use std::time::{Duration, Instant, SystemTime};

/// A moment that time is measured from.
#[derive(Clone, Copy)]
pub struct Since(Instant);

impl Since {
    /// Now.
    pub fn now() -> Self {
        Self(Instant::now())
    }
    /// Whether this was at least so many milliseconds before another moment.
    pub fn is_before(self, other: Self, millis: u64) -> bool {
        self.0 + Duration::from_millis(millis) <= other.0
    }
    /// Time since then.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Waits.
pub async fn pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// Waits, holding the thread.
pub fn block(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// Unix seconds.
pub fn unix() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("a clock after 1970")
        .as_secs()
}

/// Unix seconds as RFC 3339 in UTC, with milliseconds.
pub fn rfc3339(seconds: u64) -> String {
    let at = i64::try_from(seconds)
        .ok()
        .and_then(|s| jiff::Timestamp::from_second(s).ok());
    format!("{:.3}", at.expect("a time"))
}

/// Asks again and again until there is an answer, and fails with `what` after `seconds`.
#[track_caller]
pub fn until<T, F>(what: &str, seconds: u64, mut ask: F) -> impl Future<Output = T>
where
    F: AsyncFnMut() -> Option<T>,
{
    let caller = std::panic::Location::caller();
    async move {
        let began = Since::now();
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            assert!(
                began.elapsed().as_secs() < seconds,
                "{caller}: not within {seconds} s: {what}"
            );
            pause(250).await;
        }
    }
}

/// Waits until at least this much is left of the hour, because payments are counted by the hour.
pub async fn within_the_hour(seconds: u64) {
    let left = 3_600 - unix() % 3_600;
    if left < seconds {
        pause((left + 1) * 1_000).await;
    }
}
