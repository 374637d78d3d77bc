//! Periods: half-open stretches of time that tile it from a start, each a number of intervals from the original anchor.

use crate::{Interval, Unit, Wrong, Zone, interval::Length};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
};
use serde::{Deserialize, Serialize};

/// Where periods begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// Where the subscription does, at its time of day.
    Start,
    /// At midnight of this day: of the month (1 to 31, clamped to its last), or of the week (1 is Monday).
    Day(u8),
    /// At midnight of the first day of the unit: of the week, the month, the quarter, the half-year, the year.
    Calendar,
}

/// A half-open stretch of time: its end belongs to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl Period {
    /// Whether an instant is inside.
    #[must_use]
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }

    /// Whether it has no length, as the day has that a zone skipped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// The periods of a subscription. Period 0 begins at its start, which may lie inside of the anchored period 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    zone: Zone,
    interval: Interval,
    start: Timestamp,
    month: Date,
    day: i8,
    time: Time,
}

/// The same day of another month, or its last one.
fn clamped(month: Date, day: i8) -> Result<Date, Wrong> {
    let day = day.min(month.days_in_month());
    Date::new(month.year(), month.month(), day).map_err(|_| Wrong::Time)
}

/// The first of the month so many months later.
fn months_later(month: Date, months: i64) -> Result<Date, Wrong> {
    let index = i64::from(month.year()) * 12 + i64::from(month.month()) - 1;
    let index = index.checked_add(months).ok_or(Wrong::Time)?;
    let year = i16::try_from(index.div_euclid(12)).map_err(|_| Wrong::Time)?;
    let month = i8::try_from(index.rem_euclid(12) + 1).map_err(|_| Wrong::Time)?;
    Date::new(year, month, 1).map_err(|_| Wrong::Time)
}

fn days_later(date: Date, days: i64) -> Result<Date, Wrong> {
    let span = jiff::Span::new().try_days(days).map_err(|_| Wrong::Time)?;
    date.checked_add(span).map_err(|_| Wrong::Time)
}

/// When a trial of so many local calendar days ends: on the first day that is paid for, at the time of day of the start.
///
/// # Errors
/// [`Wrong::Time`] outside the calendar.
pub fn trial_end(zone: &Zone, start: Timestamp, days: u16) -> Result<Timestamp, Wrong> {
    if days == 0 {
        return Ok(start);
    }
    let local = zone.local(start);
    zone.instant(days_later(local.date(), i64::from(days))?.to_datetime(local.time()))
}

impl Schedule {
    /// The periods from a start.
    ///
    /// # Errors
    /// [`Wrong::Anchor`] when the anchor does not fit the interval; [`Wrong::Time`] outside the calendar.
    pub fn new(zone: Zone, start: Timestamp, interval: Interval, anchor: Anchor) -> Result<Self, Wrong> {
        let local = zone.local(start);
        let today = local.date();
        let midnight = Time::midnight();
        let (first, day, time) = match (anchor, interval.unit()) {
            (Anchor::Start, _) => (today, today.day(), local.time()),
            (Anchor::Day(day @ 1..=7), Unit::Week) => {
                let back = i64::from(today.weekday().to_monday_one_offset()) - i64::from(day);
                let first = days_later(today, -back.rem_euclid(7))?;
                (first, first.day(), midnight)
            }
            (Anchor::Day(_), Unit::Day | Unit::Week) => return Err(Wrong::Anchor),
            (Anchor::Day(day @ 1..=31), _) => {
                let day = i8::try_from(day).map_err(|_| Wrong::Anchor)?;
                let this = today.first_of_month();
                let begun = clamped(this, day)? <= today;
                (months_later(this, if begun { 0 } else { -1 })?, day, midnight)
            }
            (Anchor::Day(_), _) => return Err(Wrong::Anchor),
            (Anchor::Calendar, Unit::Day) => (today, today.day(), midnight),
            (Anchor::Calendar, Unit::Week) => {
                let back = i64::from(today.weekday().to_monday_zero_offset());
                let first = days_later(today, -back)?;
                (first, first.day(), midnight)
            }
            (Anchor::Calendar, unit) => {
                let Length::Months(months) = unit.length() else {
                    return Err(Wrong::Anchor);
                };
                let into = (i64::from(today.month()) - 1).rem_euclid(months);
                (months_later(today.first_of_month(), -into)?, 1, midnight)
            }
        };
        Ok(Self {
            zone,
            interval,
            start,
            month: first,
            day,
            time,
        })
    }

    /// Its zone.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Its first instant.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// What clocks show at the beginning of the anchored period `n`.
    fn local(&self, n: i64) -> Result<DateTime, Wrong> {
        let date = match self.interval.length() {
            Length::Days(days) => days_later(self.month, n.checked_mul(days).ok_or(Wrong::Time)?)?,
            Length::Months(months) => {
                let later = n.checked_mul(months).ok_or(Wrong::Time)?;
                clamped(months_later(self.month.first_of_month(), later)?, self.day)?
            }
        };
        Ok(date.to_datetime(self.time))
    }

    /// When the anchored period `n` begins: the original anchor and `n` intervals, never a chain of clamped days.
    ///
    /// # Errors
    /// [`Wrong::Time`] outside the calendar.
    pub fn boundary(&self, n: i64) -> Result<Timestamp, Wrong> {
        if n == 0
            && self.time == self.zone.local(self.start).time()
            && self.local(0)?.date() == self.zone.date(self.start)
        {
            // The second time that clocks show it is as good a start as the first.
            return Ok(self.start);
        }
        self.zone.instant(self.local(n)?)
    }

    /// The full anchored period `n`, of which a charge is a part.
    ///
    /// # Errors
    /// [`Wrong::Time`] outside the calendar.
    pub fn full(&self, n: i64) -> Result<Period, Wrong> {
        Ok(Period {
            start: self.boundary(n)?,
            end: self.boundary(n.checked_add(1).ok_or(Wrong::Time)?)?,
        })
    }

    /// Period `n`: the anchored one from the start on.
    ///
    /// # Errors
    /// [`Wrong::Time`] outside the calendar.
    pub fn period(&self, n: i64) -> Result<Period, Wrong> {
        let full = self.full(n)?;
        Ok(Period {
            start: full.start.max(self.start),
            ..full
        })
    }

    /// Which period an instant belongs to; `None` before the start.
    ///
    /// # Errors
    /// [`Wrong::Time`] outside the calendar.
    pub fn index(&self, instant: Timestamp) -> Result<Option<i64>, Wrong> {
        if instant < self.start {
            return Ok(None);
        }
        let (from, to) = (self.local(0)?, self.zone.local(instant));
        let about = match self.interval.length() {
            Length::Days(days) => i64::from((to.date() - from.date()).get_days()) / days,
            Length::Months(months) => {
                let index = |at: DateTime| i64::from(at.year()) * 12 + i64::from(at.month());
                (index(to) - index(from)) / months
            }
        };
        let mut n = about.max(0);
        while n > 0 && self.boundary(n)? > instant {
            n -= 1;
        }
        while self.boundary(n + 1)? <= instant {
            n += 1;
        }
        Ok(Some(n))
    }

    /// The day before which nothing is to be billed: the next one after a local day.
    ///
    /// # Errors
    /// [`Wrong::Time`] outside the calendar.
    pub fn midnight_after(&self, instant: Timestamp) -> Result<Timestamp, Wrong> {
        let next = self
            .zone
            .date(instant)
            .checked_add(1.day())
            .map_err(|_| Wrong::Time)?;
        self.zone.instant(next.to_datetime(Time::midnight()))
    }
}
