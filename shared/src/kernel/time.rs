//! Time as a parameter: the only file that reads the clock or waits.

pub use jiff::{SignedDuration, Timestamp};
use std::{future::Future, pin::Pin, time::Duration};

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, UTC.
    fn now(&self) -> Timestamp;
    /// A monotonic reading, for durations.
    fn monotonic(&self) -> Duration;
    /// Waits.
    fn sleep<'a>(&'a self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the clock that everybody else is handed"
)]
impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: std::time::Instant::now(),
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the clock that everybody else is handed"
)]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
    fn sleep<'a>(&'a self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(tokio::time::sleep(how_long))
    }
}

/// RFC 3339 UTC with milliseconds, the form in every answer and entry.
#[must_use]
pub fn rfc3339(t: Timestamp) -> String {
    format!("{t:.3}")
}

/// `t` plus whole seconds, saturating.
#[must_use]
pub fn after(t: Timestamp, seconds: i64) -> Timestamp {
    t.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
