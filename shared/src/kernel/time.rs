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
    /// Parses RFC 3339 (section 5.6): a date, a time with seconds, and an offset. A leap second stands only where there was one, a
    /// fraction may have any number of digits, of which nine are kept, and what lies beyond the last instant of 9999 is that instant.
    ///
    /// # Errors
    /// A fixed reason.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const BAD: &str = "is not a time of RFC 3339";
        let (whole, leap) = plain(text).ok_or(BAD)?;
        let at = match whole.parse::<Timestamp>() {
            Ok(at) => at,
            // The last hours of 9999, west of Greenwich or not, lie beyond what is told apart here.
            Err(_)
                if whole.starts_with("9999-12-3")
                    && whole
                        .get(..19)
                        .is_some_and(|civil| civil.parse::<jiff::civil::DateTime>().is_ok()) =>
            {
                Timestamp::MAX
            }
            Err(_) => return Err(BAD),
        };
        let there_was = || {
            let next = after(at, 1).as_second();
            LEAPS
                .iter()
                .any(|(year, month)| midnight_after(*year, *month) == Some(next))
        };
        match leap && !there_was() {
            true => Err(BAD),
            false => Ok(Self(at)),
        }
    }
    /// As a timestamp.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

/// Each June or December that ended with a leap second (IERS Bulletin C). There has been none since, and none is to come before 2035
/// (resolution 4 of the 27th CGPM).
const LEAPS: [(i16, i8); 27] = [
    (1972, 6),
    (1972, 12),
    (1973, 12),
    (1974, 12),
    (1975, 12),
    (1976, 12),
    (1977, 12),
    (1978, 12),
    (1979, 12),
    (1981, 6),
    (1982, 6),
    (1983, 6),
    (1985, 6),
    (1987, 12),
    (1989, 12),
    (1990, 12),
    (1992, 6),
    (1993, 6),
    (1994, 6),
    (1995, 12),
    (1997, 6),
    (1998, 12),
    (2005, 12),
    (2008, 12),
    (2012, 6),
    (2015, 6),
    (2016, 12),
];

/// The second after a month, UTC.
fn midnight_after(year: i16, month: i8) -> Option<i64> {
    let (year, month) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    let midnight = jiff::civil::Date::new(year, month, 1)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC);
    Some(midnight.ok()?.timestamp().as_second())
}

/// A text of the grammar of RFC 3339 with at most nine digits of a fraction and its second below 60; and whether it was 60.
fn plain(text: &str) -> Option<(String, bool)> {
    if text.len() > 60 || !text.is_ascii() {
        return None;
    }
    let (stamp, rest) = text.split_at_checked(19)?;
    let fits = stamp
        .bytes()
        .zip("dddd-dd-ddTdd:dd:dd".bytes())
        .all(|(b, wanted)| match wanted {
            b'd' => b.is_ascii_digit(),
            b'T' => b.eq_ignore_ascii_case(&b'T'),
            _ => b == wanted,
        });
    let number = |at: std::ops::Range<usize>, text: &str| text.get(at).and_then(|t| t.parse::<u8>().ok());
    let in_day = number(11..13, stamp)? <= 23 && number(14..16, stamp)? <= 59;
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at_checked(rest.bytes().take_while(u8::is_ascii_digit).count())?,
        None => ("", rest),
    };
    let there = rest.starts_with('.') != fraction.is_empty();
    let is_offset = match offset.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', a, b, b':', c, d] => {
            [a, b, c, d].iter().all(|b| b.is_ascii_digit())
                && number(1..3, offset)? <= 23
                && number(4..6, offset)? <= 59
        }
        _ => false,
    };
    if !fits || !in_day || !there || !is_offset {
        return None;
    }
    let second = number(17..19, stamp)?;
    if second > 60 {
        return None;
    }
    let fraction: String = fraction.chars().take(9).collect();
    let point = if fraction.is_empty() { "" } else { "." };
    let minute = stamp.get(..17)?;
    Some((
        format!("{minute}{:02}{point}{fraction}{offset}", second.min(59)),
        second == 60,
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rfc_3339_calls_a_time_is_one_and_nothing_else() {
        let parse = |text: &str| Instant::parse(text).map(|at| at.to_string());
        for (text, is) in [
            ("2026-11-28T10:00:00Z", "2026-11-28T10:00:00.000Z"),
            ("2026-11-28t10:00:00.5z", "2026-11-28T10:00:00.500Z"),
            ("2026-11-28T10:00:00.1234567891Z", "2026-11-28T10:00:00.123Z"),
            (
                "2026-11-28T10:00:00.00000000000000000001Z",
                "2026-11-28T10:00:00.000Z",
            ),
            ("2026-11-28T10:00:00+01:30", "2026-11-28T08:30:00.000Z"),
            ("2026-11-28T10:00:00-00:00", "2026-11-28T10:00:00.000Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
            ("2015-07-01T01:59:60+02:00", "2015-06-30T23:59:59.000Z"),
            ("9999-12-30T00:00:00Z", "9999-12-30T00:00:00.000Z"),
            ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00.999Z"),
            ("9999-12-31T23:59:59.999999999-23:59", "9999-12-30T22:00:00.999Z"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(is), "{text}");
        }
        for bad in [
            "",
            "2026-11-28",
            "2026-11-28 10:00:00Z",
            "2026-11-28T10:00Z",
            "2026-11-28T10:00:00",
            "2026-11-28T10:00:00+01",
            "2026-11-28T10:00:00+0100",
            "2026-11-28T10:00:00+24:00",
            "2026-11-28T10:00:00+01:60",
            "2026-11-28T10:00:00Z[UTC]",
            "2026-11-28T10:00:00.Z",
            "2026-11-28T10:00:00,5Z",
            "2026-11-28T24:00:00Z",
            "2026-11-28T10:00:60Z",
            "2026-11-28T23:59:60Z",
            "2016-12-31T22:59:60Z",
            "2016-12-31T23:59:61Z",
            "2026-02-29T10:00:00Z",
            "9999-12-32T10:00:00Z",
            "+2026-11-28T10:00:00Z",
            "12026-11-28T10:00:00Z",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
