//! Purges: entries past retention are removed; their leaf hashes stay, so every remaining proof stays valid.
//!
//! ```text
//! running --nothing is left below the bound--> done
//! ```

pub mod create;
pub mod read;

use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Listing, Table},
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// A purge of an audit log.
    PurgeId, "prg"
);

/// Whether a purge is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum PurgeState {
    /// It is.
    Running,
    /// Everything below its bound is gone.
    Done,
}

/// A purge as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PurgeItem {
    /// Its id.
    #[public]
    pub id: PurgeId,
    /// The region whose log it is.
    #[public]
    pub region: String,
    /// Whether it is at work.
    #[public]
    pub state: PurgeState,
    /// Entries made before this are removed.
    #[public]
    pub before: Timestamp,
    /// The first id that is kept. The offline verifier explains removed entries by it and by `size`.
    #[public]
    pub below: String,
    /// Size of the log up to which it removes entries: one that is sealed later is kept, however old it says it is.
    #[public]
    pub size: u64,
    /// Everything below this id has been looked at.
    #[public]
    pub upto: String,
    /// Entries removed so far.
    #[public]
    pub removed: u64,
    /// Entries kept although they are old: not sealed in time, or not what was sealed.
    #[public]
    pub kept: u64,
    /// Who asked for it.
    #[public]
    pub created_by: String,
    /// When.
    #[public]
    pub created_at: Timestamp,
    /// When it was done.
    #[public]
    pub done_at: Option<Timestamp>,
}

impl Item for PurgeItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "audit-purge";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: "audit-purges".into(),
            sort: self.id.to_string(),
        })
    }
}

/// Up to where the entries of a region may be gone, and the purge that is at work. Replaced on its revision only: that
/// lets one purge begin at a time.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct FloorItem {
    /// The region.
    #[public]
    pub id: String,
    /// Entries below this id have been purged, or are being purged.
    #[public]
    pub below: String,
    /// See [`PurgeItem::size`]. Neither this nor the id ever goes back.
    #[public]
    pub size: u64,
    /// The purge at work.
    #[public]
    pub running: Option<PurgeId>,
}

impl Item for FloorItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "audit-floor";
    fn id(&self) -> &str {
        &self.id
    }
}

/// A purge as answered.
#[derive(Record, Serialize)]
pub struct Purge {
    /// Its id.
    #[public]
    pub id: PurgeId,
    /// Whether it is at work.
    #[public]
    pub state: PurgeState,
    /// Entries made before this are removed (RFC 3339 UTC).
    #[public]
    pub before: Instant,
    /// Entries removed so far.
    #[public]
    pub removed: u64,
    /// Entries kept although they are old: not sealed, or not what was sealed.
    #[public]
    pub kept: u64,
    /// Who asked for it.
    #[public]
    pub created_by: String,
    /// When (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// When it was done (RFC 3339 UTC).
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Instant>,
}

impl From<&PurgeItem> for Purge {
    fn from(item: &PurgeItem) -> Self {
        Self {
            id: item.id.clone(),
            state: item.state,
            before: Instant::from(item.before),
            removed: item.removed,
            kept: item.kept,
            created_by: item.created_by.clone(),
            created_at: Instant::from(item.created_at),
            done_at: item.done_at.map(Instant::from),
        }
    }
}
