//! What was billed of a period, stretch by stretch.

use crate::rated::Exact;
use rating::Wrong;
use serde::{Deserialize, Serialize};
use shared::{problem::Problem, record::Record};

/// Something that was accepted cannot be computed.
pub(super) fn wrong(why: Wrong) -> Problem {
    Problem::internal(why.reason())
}

/// What was billed of a stretch of the current period, as kept. Positions are local days or seconds since 1970.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct KeptSegment {
    /// Where it begins.
    #[internal]
    pub from: i64,
    /// Where it ends.
    #[internal]
    pub to: i64,
    /// Price and quantity, as one word.
    #[internal]
    pub name: String,
    /// What a full period costs at them.
    #[internal]
    pub amount: Exact,
    /// What was billed and not taken back, in minor units.
    #[internal]
    pub net: i64,
    /// What was taken back of it where the next one begins.
    #[internal]
    pub taken: i64,
}
