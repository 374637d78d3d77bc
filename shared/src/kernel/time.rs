//! Time as a parameter: the only file that reads the clock or waits.

use crate::kernel::shape::{Shape, Shaped};
pub use jiff::{SignedDuration, Timestamp};
use std::{fmt, future::Future, pin::Pin, time::Duration};

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

/// An instant as contracts have it: RFC 3339, with any offset where it comes in, in UTC with milliseconds where it goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(Timestamp);

impl Instant {
    /// Parses RFC 3339 (section 5.6): a date, a time with seconds, and an offset.
    ///
    /// # Errors
    /// A fixed reason.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let bad = Err("is not a time of RFC 3339");
        let between = text.get(10..11).is_some_and(|c| c.eq_ignore_ascii_case("t"));
        if text.len() > 40 || !text.is_ascii() || !between {
            return bad;
        }
        text.parse().map_or(bad, |at| Ok(Self(at)))
    }
    /// As a timestamp.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc3339(self.0))
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match <serde_json::Value as serde::Deserialize>::deserialize(d)? {
            serde_json::Value::String(text) => Self::parse(&text).map_err(D::Error::custom),
            _ => Err(D::Error::custom("must be a string")),
        }
    }
}

impl Shaped for Instant {
    fn shape() -> Shape {
        Shape::Instant
    }
}

/// `t` plus whole seconds, saturating.
#[must_use]
pub fn after(t: Timestamp, seconds: i64) -> Timestamp {
    t.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
