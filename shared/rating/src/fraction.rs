//! A part of a whole, as two integers.

use crate::Wrong;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest whole: the seconds of more than 300 years.
const LONGEST: u64 = 10_000_000_000;

/// So much of a whole. It is never divided: amounts are multiplied first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u64, u64)", into = "(u64, u64)")]
pub struct Fraction {
    part: u64,
    whole: u64,
}

impl Fraction {
    /// All of it.
    pub const ALL: Self = Self { part: 1, whole: 1 };

    /// A part of a whole.
    ///
    /// # Errors
    /// [`Wrong::Fraction`] when the whole is nothing or longer than 300 years, or the part more than the whole.
    pub const fn new(part: u64, whole: u64) -> Result<Self, Wrong> {
        if whole == 0 || whole > LONGEST || part > whole {
            return Err(Wrong::Fraction);
        }
        Ok(Self { part, whole })
    }

    /// How much.
    #[must_use]
    pub const fn part(self) -> u64 {
        self.part
    }

    /// Of how much.
    #[must_use]
    pub const fn whole(self) -> u64 {
        self.whole
    }

    /// Whether it is all.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.part == self.whole
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.whole)
    }
}

impl TryFrom<(u64, u64)> for Fraction {
    type Error = Wrong;
    fn try_from((part, whole): (u64, u64)) -> Result<Self, Wrong> {
        Self::new(part, whole)
    }
}

impl From<Fraction> for (u64, u64) {
    fn from(fraction: Fraction) -> Self {
        (fraction.part, fraction.whole)
    }
}
