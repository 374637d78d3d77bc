//! What a verification found: findings by kind and place, and how they read.

use merkle::Hash;
use serde::{Serialize, Serializer};
use std::fmt;

/// What is wrong. The names are those of the bundle format's table of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A line that is not of the format.
    Malformed,
    /// A field that the format does not have.
    UnknownField,
    /// A header or checkpoint of another format.
    UnknownFormat,
    /// A body that does not have the leaf hash it stands with.
    Altered,
    /// Entries that are not there.
    Missing,
    /// An entry too much: on a taken index, or beyond the size.
    Added,
    /// An entry or a checkpoint that already stood before.
    Duplicate,
    /// Entries that stand after later ones.
    Reordered,
    /// An entry whose body has another id.
    IdMismatch,
    /// An entry or a checkpoint of another tenant.
    ForeignTenant,
    /// A checkpoint of another region or shard.
    ForeignLog,
    /// A checkpoint whose root is not that of the entries.
    WrongRoot,
    /// Two signed checkpoints of one size with different roots.
    Forked,
    /// A checkpoint that none of the keys signed.
    WronglySigned,
    /// A checkpoint that does not stand after its last entry.
    MisplacedCheckpoint,
    /// An entry after the checkpoint that ends the bundle.
    AfterLastCheckpoint,
    /// A file that ends before its last checkpoint.
    Truncated,
    /// An entry that is told to be purged, which no purge in the log covers.
    UnexplainedPurge,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed",
            Self::UnknownField => "unknown field",
            Self::UnknownFormat => "unknown format",
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Added => "added",
            Self::Duplicate => "duplicate",
            Self::Reordered => "reordered",
            Self::IdMismatch => "id differs",
            Self::ForeignTenant => "foreign tenant",
            Self::ForeignLog => "foreign log",
            Self::WrongRoot => "wrong root",
            Self::Forked => "forked",
            Self::WronglySigned => "wrongly signed",
            Self::MisplacedCheckpoint => "misplaced checkpoint",
            Self::AfterLastCheckpoint => "after the last checkpoint",
            Self::Truncated => "truncated",
            Self::UnexplainedPurge => "unexplained purge",
        })
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub kind: Kind,
    /// The line it was noticed on, from 1.
    pub line: u64,
    /// The entry's index, or the first index of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The last index, where several entries are concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// The entry's id; at most 128 characters of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rest, as a sentence without its end.
    pub detail: String,
}

impl Finding {
    /// A finding without an entry.
    pub(super) fn new(kind: Kind, line: u64, detail: impl Into<String>) -> Self {
        Self {
            kind,
            line,
            index: None,
            to: None,
            id: None,
            detail: detail.into(),
        }
    }

    /// The same about entry `index`, called `id`.
    pub(super) fn entry(mut self, index: Option<u64>, id: &str) -> Self {
        self.index = index;
        self.id = Some(id.chars().take(128).collect());
        self
    }

    /// The same about the entries `first..=last`; nothing is added when there are none.
    pub(super) fn range(mut self, first: u64, end: u64) -> Self {
        if first < end {
            self.index = Some(first);
            self.to = Some(end - 1).filter(|last| *last > first);
        }
        self
    }
}

impl fmt::Display for Finding {
    /// One line; control characters of the file are shown escaped, so that a bundle cannot write to the terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match (self.index, self.to) {
            (Some(first), Some(last)) => write!(f, ", entries {first} to {last}")?,
            (Some(index), None) => write!(f, ", entry {index}")?,
            _ => {}
        }
        if let Some(id) = &self.id {
            write!(f, " ({})", id.escape_debug())?;
        }
        write!(f, ": {}: {}", self.kind, self.detail.escape_debug())
    }
}

/// The result of a verification. A bundle is clean when there are no findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tenant that the header names.
    pub tenant: Option<String>,
    /// The region that the header names.
    pub region: Option<String>,
    /// The shard that the header names.
    pub shard: Option<u64>,
    /// Entry lines that could be read.
    pub entries: u64,
    /// Lines of purged entries that could be read; they are among the entries.
    pub purged: u64,
    /// Checkpoint lines that could be read.
    pub checkpoints: u64,
    /// Entries that a signed checkpoint with the right root covers.
    pub confirmed: u64,
    /// That checkpoint's time, RFC 3339.
    pub time: Option<String>,
    /// That checkpoint's root.
    #[serde(serialize_with = "hex_root")]
    pub root: Option<Hash>,
    /// What is wrong, by line; at most 1,000 of each kind.
    pub findings: Vec<Finding>,
    /// Findings beyond these.
    pub omitted: u64,
}

fn hex_root<S: Serializer>(root: &Option<Hash>, serializer: S) -> Result<S::Ok, S::Error> {
    root.map(hex::encode).serialize(serializer)
}

impl Report {
    /// Whether nothing is wrong.
    pub fn clean(&self) -> bool {
        self.findings.is_empty() && self.omitted == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(tenant), Some(region), Some(shard)) = (&self.tenant, &self.region, self.shard) {
            writeln!(
                f,
                "{}, {}, shard {shard}",
                tenant.escape_debug(),
                region.escape_debug()
            )?;
        }
        let purged = match self.purged {
            0 => String::new(),
            n => format!(" ({n} purged)"),
        };
        writeln!(
            f,
            "{} entries{purged}, {} checkpoints",
            self.entries, self.checkpoints
        )?;
        if let (Some(root), Some(time)) = (self.root, &self.time) {
            let (root, time) = (hex::encode(root), time.escape_debug());
            writeln!(
                f,
                "{} entries confirmed by the checkpoint of {time}, root {root}",
                self.confirmed
            )?;
        } else {
            writeln!(f, "no entry is confirmed by a checkpoint")?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if self.omitted > 0 {
            writeln!(f, "and {} findings of the same kinds", self.omitted)?;
        }
        write!(f, "{}", if self.clean() { "CLEAN" } else { "NOT CLEAN" })
    }
}
