//! Exports: a log up to the request for the export, as a bundle for the offline verifier, or as rows for people and other systems.

pub mod bundle;
pub mod create;
pub mod csv;
pub mod ocsf;
pub mod read;
pub mod rows;

use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Listing, Table},
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// An export of an audit log.
    ExportId, "exp"
);

/// What an export is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "ExportFormat")]
pub enum Format {
    /// Entries and signed checkpoints, for the offline verifier.
    #[default]
    Bundle,
    /// Entries as they were hashed, a JSON object a line.
    Jsonl,
    /// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
    Csv,
    /// Events of the class API Activity (6003) of the Open Cybersecurity Schema Framework, a JSON object a line.
    Ocsf,
}

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
    /// What it is made of.
    #[public]
    #[serde(default)]
    pub format: Format,
    /// Entries of this id and later ones; none means from the first on. Never set for a bundle.
    #[public]
    #[serde(default)]
    pub first: Option<String>,
    /// Entries of this id and earlier ones.
    #[public]
    #[serde(default)]
    pub last: Option<String>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum ExportStatus {
    /// Its request has not been sealed and signed yet.
    Pending,
    /// It can.
    Ready,
}

/// An export as answered.
#[derive(Record, Serialize)]
pub struct Export {
    /// Its id.
    #[public]
    pub id: ExportId,
    /// Whether it can be read.
    #[public]
    pub status: ExportStatus,
    /// What it is made of.
    #[public]
    pub format: Format,
    /// When it was asked for (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// Entries that it looks at: in a bundle all, else those of the time that was asked for are among them. Absent while it is pending.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// Parts that it is read in; absent while it is pending.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<u64>,
    /// The part that was asked for, from 0.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u64>,
    /// Its lines. Those of all parts, in order and each ended by a line feed, are the export.
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
            format: item.format,
            created_at: Instant::from(item.created_at),
            entries: None,
            parts: None,
            part: None,
            lines: None,
        }
    }
}
