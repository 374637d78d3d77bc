//! Usage: what the events of a period come to.

use crate::{Number, Wrong};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How events become a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// The sum of their values.
    Sum,
    /// How many there are.
    Count,
    /// The greatest value; none without events.
    Max,
    /// The value of the latest; of two at one instant that with the greater key.
    Last,
    /// How many different texts they name.
    Unique,
    /// Each value is a level that holds until the next one: the sum of level × duration ÷ the period's length. Nothing before the first.
    WeightedSum,
}

/// What one event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What tells it from others of the same instant.
    pub key: String,
    /// A number, exactly; of what is counted by its kinds, any text.
    pub value: String,
}

impl Reading {
    fn number(&self) -> Result<Number, Wrong> {
        Number::exact(&self.value)
    }
}

/// What some events come to, as far as it is known: two of them make one, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many events.
    pub events: i64,
    /// The sum of their values, where that is asked for.
    pub sum: Number,
    /// Those that decide, where something else is asked for.
    pub readings: Vec<Reading>,
}

/// The readings that decide.
fn deciding(aggregation: Aggregation, readings: Vec<Reading>) -> Result<Vec<Reading>, Wrong> {
    let later = |a: &Reading, b: &Reading| (a.at, &a.key).cmp(&(b.at, &b.key));
    Ok(match aggregation {
        Aggregation::Sum | Aggregation::Count => Vec::new(),
        Aggregation::Last => readings.into_iter().max_by(later).into_iter().collect(),
        Aggregation::Max => {
            let mut most: Option<(Number, Reading)> = None;
            for reading in readings {
                let number = reading.number()?;
                let more = match &most {
                    Some((known, _)) => number.against(*known)?.is_gt(),
                    None => true,
                };
                if more {
                    most = Some((number, reading));
                }
            }
            most.into_iter().map(|(_, reading)| reading).collect()
        }
        Aggregation::Unique => {
            let mut first: BTreeMap<String, Reading> = BTreeMap::new();
            for reading in readings {
                first.entry(reading.value.clone()).or_insert(reading);
            }
            first.into_values().collect()
        }
        Aggregation::WeightedSum => {
            let mut readings = readings;
            readings.sort_by(later);
            readings
        }
    })
}

impl Tally {
    /// What these events come to.
    ///
    /// # Errors
    /// [`Wrong::Number`] when a value is none, [`Wrong::TooLarge`].
    pub fn of(aggregation: Aggregation, readings: Vec<Reading>) -> Result<Self, Wrong> {
        let events = i64::try_from(readings.len()).map_err(|_| Wrong::TooLarge)?;
        let mut sum = Number::ZERO;
        if aggregation == Aggregation::Sum {
            for reading in &readings {
                sum = sum.plus(reading.number()?)?;
            }
        }
        Ok(Self {
            events,
            sum,
            readings: deciding(aggregation, readings)?,
        })
    }

    /// Both together.
    ///
    /// # Errors
    /// As [`Tally::of`].
    pub fn with(self, aggregation: Aggregation, other: Self) -> Result<Self, Wrong> {
        let mut readings = self.readings;
        readings.extend(other.readings);
        Ok(Self {
            events: self.events.checked_add(other.events).ok_or(Wrong::TooLarge)?,
            sum: self.sum.plus(other.sum)?,
            readings: deciding(aggregation, readings)?,
        })
    }

    /// The quantity of a period, of which these are all the events; its ends are milliseconds since 1970. A weighted sum is rounded to 12
    /// places, half away from zero; everything else is exact.
    ///
    /// # Errors
    /// As [`Tally::of`].
    pub fn quantity(&self, aggregation: Aggregation, from: i64, to: i64) -> Result<Number, Wrong> {
        let one = || self.readings.first().map_or(Ok(Number::ZERO), Reading::number);
        match aggregation {
            Aggregation::Sum => Ok(self.sum),
            Aggregation::Count => Ok(Number::whole(self.events)),
            Aggregation::Max | Aggregation::Last => one(),
            Aggregation::Unique => {
                let count = i64::try_from(self.readings.len()).map_err(|_| Wrong::TooLarge)?;
                Ok(Number::whole(count))
            }
            Aggregation::WeightedSum => {
                let ends = self.readings.iter().skip(1).map(|next| next.at).chain([to]);
                let mut sum = Number::ZERO;
                for (level, end) in self.readings.iter().zip(ends) {
                    let held = end.min(to).saturating_sub(level.at.max(from)).max(0);
                    sum = sum.plus(level.number()?.times(Number::whole(held))?)?;
                }
                let length = u64::try_from(to.saturating_sub(from)).unwrap_or(0);
                if length == 0 {
                    return Ok(Number::ZERO);
                }
                sum.divided(length)
            }
        }
    }
}
