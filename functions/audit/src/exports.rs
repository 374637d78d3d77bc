//! Exports: all of a log up to the request for the export, as a bundle for the offline verifier.

pub mod bundle;
pub mod create;
pub mod read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Listing, Table},
    time::{Timestamp, rfc3339},
};

shared::id_type!(
    /// An export of an audit log.
    ExportId, "exp"
);

/// An export as kept. What it covers is decided where its own audit entry is sealed.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ExportItem {
    /// Its id.
    #[public]
    pub id: ExportId,
    /// Region of the log: the one that took the request.
    #[public]
    pub region: String,
    /// Shard of the log.
    #[public]
    pub shard: u32,
    /// Who asked for it.
    #[public]
    pub created_by: String,
    /// When.
    #[public]
    pub created_at: Timestamp,
}

impl Item for ExportItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "audit-export";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: "audit-exports".into(),
            sort: self.id.to_string(),
        })
    }
}

/// Whether an export can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ExportStatus {
    /// Its request has not been sealed and signed yet.
    Pending,
    /// It can.
    Ready,
}

/// An export as answered.
#[derive(Record, Serialize, JsonSchema)]
pub struct Export {
    /// Its id.
    #[public]
    pub id: ExportId,
    /// Whether it can be read.
    #[public]
    pub status: ExportStatus,
    /// When it was asked for (RFC 3339 UTC).
    #[public]
    pub created_at: String,
    /// Entries in the bundle; absent while it is pending.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// Parts that the bundle is read in; absent while it is pending.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<u64>,
    /// The part that was asked for, from 0.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u64>,
    /// Its lines. Those of all parts, in order and each ended by a line feed, are the bundle.
    #[personal]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<String>>,
}

impl Export {
    /// One that cannot be read yet.
    #[must_use]
    pub fn pending(item: &ExportItem) -> Self {
        Self {
            id: item.id.clone(),
            status: ExportStatus::Pending,
            created_at: rfc3339(item.created_at),
            entries: None,
            parts: None,
            part: None,
            lines: None,
        }
    }
}
