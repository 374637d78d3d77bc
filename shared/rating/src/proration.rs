//! How much of a period something takes: by local day or by second.

use crate::{Fraction, Period, Wrong, Zone};
use jiff::{Timestamp, Unit, civil::date};
use serde::{Deserialize, Serialize};

/// What a period is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proration {
    /// Local days: the day of a change counts as new.
    #[default]
    Day,
    /// Elapsed seconds, on UTC instants.
    Second,
}

/// Instants as whole positions, so that parts of periods are differences of integers.
#[derive(Clone, Copy, Debug)]
pub struct Axis<'z> {
    zone: &'z Zone,
    by: Proration,
}

impl<'z> Axis<'z> {
    /// Of a zone, counted so.
    #[must_use]
    pub const fn new(zone: &'z Zone, by: Proration) -> Self {
        Self { zone, by }
    }

    /// Where an instant stands: its local day, or its second, since 1970.
    #[must_use]
    pub fn position(&self, instant: Timestamp) -> i64 {
        match self.by {
            Proration::Second => instant.as_second(),
            Proration::Day => {
                let days = date(1970, 1, 1).until((Unit::Day, self.zone.date(instant)));
                days.map_or(0, |days| i64::from(days.get_days()))
            }
        }
    }

    /// How much `part` is of `whole`; `None` when one of them has no length.
    ///
    /// # Errors
    /// [`Wrong::Fraction`] when it is more than all.
    pub fn fraction(&self, part: Period, whole: Period) -> Result<Option<Fraction>, Wrong> {
        let length = |of: Period| u64::try_from(self.position(of.end) - self.position(of.start)).unwrap_or(0);
        match (length(part), length(whole)) {
            (0, _) | (_, 0) => Ok(None),
            (part, whole) => Fraction::new(part, whole).map(Some),
        }
    }
}
