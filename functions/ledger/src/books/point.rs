//! Points as they are answered, and what has been posted since.

use super::{
    items::{HeadItem, PointItem},
    totals::{Total, add},
};
use crate::entries::{ALL, EntryItem};
use serde::Serialize;
use shared::{problem::Problem, record::Record, road::Context, time::Instant};

/// Most entries that are added to the books as they are read.
const TAIL: i32 = 300;

/// How many entries the books held.
#[derive(Record, Serialize)]
#[record(name = "LedgerPoint")]
pub struct Point {
    /// Entries in the books, each of which has a number up to this one.
    #[public]
    pub number: u64,
    /// A digest of their ids in their order; each id commits to its entry. Absent where there is none.
    #[public]
    pub chain: Option<String>,
    /// Since when the books stood so, where they are those of a moment (RFC 3339 UTC).
    #[public]
    pub at: Option<Instant>,
    /// Whether everything that had been posted is in them. After a take-over they are made anew, and are not complete until that is done.
    #[public]
    pub complete: bool,
}

impl Point {
    /// Where the books are now.
    #[must_use]
    pub fn of(head: &HeadItem) -> Self {
        Self {
            number: head.number,
            chain: Some(head.chain.clone()).filter(|chain| !chain.is_empty()),
            at: None,
            complete: head.generation == 0 || head.whole,
        }
    }

    /// Where they were.
    #[must_use]
    pub fn at(point: &PointItem, head: &HeadItem) -> Self {
        Self {
            number: point.number,
            chain: Some(point.chain.clone()),
            at: Some(Instant::from(point.at)),
            complete: head.generation == 0 || head.whole,
        }
    }
}

/// Adds what has been posted since the books were made to their sums. Gives how many entries, and whether those are all.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn tail(cx: &Context, head: &HeadItem, totals: &mut Vec<Total>) -> Result<(u64, bool), Problem> {
    let after = match head.last.as_str() {
        "" => "jre_".to_owned(),
        last => format!("{last}!"),
    };
    let entries = cx
        .within_list::<EntryItem>(1, ALL, (after, "jre_~".to_owned()), TAIL)
        .await?;
    let mut added = 0;
    for entry in &entries {
        // What is in the books in part counts as a whole.
        add(totals, entry.lines())?;
        added += 1;
    }
    Ok((added, entries.len() < usize::try_from(TAIL).unwrap_or_default()))
}
