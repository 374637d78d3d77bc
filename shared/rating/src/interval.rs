//! How long a period is.

use crate::Wrong;
use serde::{Deserialize, Serialize};

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A day.
    Day,
    /// Seven days; a calendar's begins on Monday (ISO 8601).
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// Six months.
    HalfYear,
    /// A year.
    Year,
}

/// So many units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval {
    unit: Unit,
    count: u16,
}

/// An interval as the calendar counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    Days(i64),
    Months(i64),
}

impl Unit {
    pub(crate) const fn length(self) -> Length {
        match self {
            Self::Day => Length::Days(1),
            Self::Week => Length::Days(7),
            Self::Month => Length::Months(1),
            Self::Quarter => Length::Months(3),
            Self::HalfYear => Length::Months(6),
            Self::Year => Length::Months(12),
        }
    }
}

impl Interval {
    /// So many units, at most ten years.
    ///
    /// # Errors
    /// [`Wrong::Interval`].
    pub const fn new(unit: Unit, count: u16) -> Result<Self, Wrong> {
        let (most, each) = match unit.length() {
            Length::Days(each) => (3650, each),
            Length::Months(each) => (120, each),
        };
        if count == 0 || count as i64 * each > most {
            return Err(Wrong::Interval);
        }
        Ok(Self { unit, count })
    }

    /// Its unit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u16 {
        self.count
    }

    pub(crate) const fn length(self) -> Length {
        match self.unit.length() {
            Length::Days(each) => Length::Days(each * self.count as i64),
            Length::Months(each) => Length::Months(each * self.count as i64),
        }
    }
}
