//! Journal entries as they are answered.

pub mod list;
pub mod post;
pub mod read;

use crate::entries::{EntryItem, EntryLine, JournalEntryId, SourceKind};
use serde::Serialize;
use shared::{record::Record, text::Line, time::Instant};

/// A journal entry.
#[derive(Record, Serialize)]
pub struct JournalEntry {
    /// Its id: its time, and a digest of what it says.
    #[public]
    pub id: JournalEntryId,
    /// When it was posted (RFC 3339 UTC).
    #[public]
    pub at: Instant,
    /// What it comes from.
    #[public]
    pub source_type: SourceKind,
    /// The id of that.
    #[public]
    pub source: String,
    /// What became of that.
    #[public]
    pub effect: String,
    /// Its lines. They sum to zero in each currency.
    #[nested]
    pub lines: Vec<EntryLine>,
    /// Why somebody wrote it.
    #[internal]
    pub reason: Option<Line>,
}

impl From<&EntryItem> for JournalEntry {
    fn from(item: &EntryItem) -> Self {
        Self {
            id: item.entry().clone(),
            at: Instant::from(item.at()),
            source_type: item.source_kind(),
            source: item.source().to_owned(),
            effect: item.effect().to_owned(),
            lines: item.lines().to_vec(),
            reason: item.reason().cloned(),
        }
    }
}
