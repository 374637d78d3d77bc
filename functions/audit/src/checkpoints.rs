//! Checkpoints: signed sizes and roots of a log.

pub mod consistency;
pub mod list;

use crate::log::{Log, padded};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use shared::{
    ids::TenantId,
    problem::Problem,
    record::Record,
    store::{Item, Key, Listing, Stored, Table},
    time::{Instant, Timestamp},
};

/// The format of checkpoint bodies.
const FORMAT: &str = "ledgerkeep-checkpoint/1";

/// A checkpoint as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct CheckpointItem {
    /// `<region>#<shard>`.
    #[public]
    pub id: String,
    /// Entries covered, from the first on.
    #[public]
    pub size: u64,
    /// Root over them, hexadecimal.
    #[public]
    pub root: String,
    /// When it was signed (RFC 3339 UTC).
    #[public]
    #[record(shape = shared::time::Instant)]
    pub time: String,
    /// The name of the key.
    #[public]
    pub key_id: String,
    /// The exact text that was signed.
    #[public]
    pub body: String,
    /// ECDSA on P-256 with SHA-256 over the body: DER, in base64.
    #[public]
    pub signature: String,
    /// Its region: what the archive looks for it by.
    #[public]
    #[serde(default)]
    pub region: String,
    /// When it got into the archive.
    #[public]
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
}

impl CheckpointItem {
    /// The list of those of a region that are not in the archive yet.
    #[must_use]
    pub fn unarchived(region: &str) -> String {
        format!("checkpoints-to-archive#{region}")
    }
}

impl Item for CheckpointItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "checkpoint";
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        padded(self.size)
    }
    fn second_listing(&self) -> Option<Listing> {
        self.archived_at.is_none().then(|| Listing {
            list: Self::unarchived(&self.region),
            sort: format!("{}#{}", self.id, padded(self.size)),
        })
    }
}

/// The checkpoint of a log that covers most, found without asking which there are.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct LatestItem {
    /// `<region>#<shard>`.
    #[public]
    pub id: String,
    /// Entries covered, from the first on.
    #[public]
    pub size: u64,
    /// Root over them, hexadecimal.
    #[public]
    pub root: String,
    /// The exact text that was signed.
    #[public]
    pub body: String,
    /// Its signature.
    #[public]
    pub signature: String,
}

impl Item for LatestItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "latest-checkpoint";
    fn id(&self) -> &str {
        &self.id
    }
}

impl Log {
    /// Where its checkpoint that covers most stands.
    #[must_use]
    pub fn latest(&self, tenant: &TenantId) -> Key {
        Key::of::<LatestItem>(tenant, &self.id())
    }
}

impl From<&CheckpointItem> for LatestItem {
    fn from(checkpoint: &CheckpointItem) -> Self {
        let CheckpointItem {
            id,
            size,
            root,
            body,
            signature,
            ..
        } = checkpoint.clone();
        Self {
            id,
            size,
            root,
            body,
            signature,
        }
    }
}

/// A checkpoint as answered.
#[derive(Record, Serialize)]
pub struct Checkpoint {
    /// Entries covered, from the first on.
    #[public]
    pub size: u64,
    /// Root over them (RFC 6962, section 2.1), hexadecimal.
    #[public]
    pub root: String,
    /// When it was signed (RFC 3339 UTC).
    #[public]
    #[record(shape = shared::time::Instant)]
    pub time: String,
    /// The exact text that was signed.
    #[public]
    pub body: String,
    /// ECDSA on P-256 with SHA-256 over the body: DER, in base64.
    #[public]
    pub signature: String,
    /// The name of the key.
    #[public]
    pub key_id: String,
    /// When it got into the archive, where nobody can change it (RFC 3339 UTC); absent until it has.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Instant>,
}

impl From<Stored<CheckpointItem>> for Checkpoint {
    fn from(stored: Stored<CheckpointItem>) -> Self {
        let CheckpointItem {
            size,
            root,
            time,
            body,
            signature,
            key_id,
            archived_at,
            ..
        } = stored.item;
        Self {
            size,
            root,
            time,
            body,
            signature,
            key_id,
            archived_at: archived_at.map(Instant::from),
        }
    }
}

/// What is signed, in the order of the format.
#[derive(Serialize)]
struct Body<'a> {
    format: &'a str,
    tenant: &'a TenantId,
    region: &'a str,
    shard: u32,
    size: u64,
    root: &'a str,
    time: &'a str,
    key_id: &'a str,
}

/// The exact text that is signed.
///
/// # Errors
/// 500 when it does not serialise.
pub fn body(
    tenant: &TenantId,
    log: &Log,
    size: u64,
    root: &str,
    time: &str,
    key_id: &str,
) -> Result<String, Problem> {
    let (format, region, shard) = (FORMAT, log.region.as_str(), log.shard);
    let body = Body {
        format,
        tenant,
        region,
        shard,
        size,
        root,
        time,
        key_id,
    };
    serde_json::to_string(&body).map_err(|_| Problem::internal("a checkpoint does not serialise"))
}

/// The sort keys of checkpoints of these sizes, inclusive.
#[must_use]
pub fn sizes(from: u64, to: u64) -> (String, String) {
    (padded(from), padded(to))
}

/// A DER public key as PEM (RFC 7468, section 13).
#[must_use]
pub fn pem(der: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (i, c) in STANDARD.encode(der).chars().enumerate() {
        if i > 0 && i % 64 == 0 {
            pem.push('\n');
        }
        pem.push(c);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_exactly_this() {
        let log = Log {
            region: "eu-central-1".into(),
            shard: 0,
        };
        let root = "00".repeat(32);
        let text = body(
            &TenantId::platform(),
            &log,
            3,
            &root,
            "2026-11-21T10:00:00.000Z",
            "alias/c",
        )
        .unwrap();
        assert_eq!(
            text,
            format!(
                concat!(
                    r#"{{"format":"ledgerkeep-checkpoint/1","tenant":"ten_00000000000000000000000000","#,
                    r#""region":"eu-central-1","shard":0,"size":3,"root":"{}","#,
                    r#""time":"2026-11-21T10:00:00.000Z","key_id":"alias/c"}}"#
                ),
                root
            )
        );
    }

    #[test]
    fn pem_has_lines_of_64() {
        let pem = pem(&[7; 91]);
        let lines: Vec<&str> = pem.lines().collect();
        assert_eq!(
            (lines[0], lines[lines.len() - 1]),
            ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")
        );
        assert_eq!(lines[1].len(), 64);
        assert!(
            lines[1..lines.len() - 1]
                .iter()
                .all(|l| (1..=64).contains(&l.len()))
        );
        assert_eq!(
            STANDARD.decode(lines[1..lines.len() - 1].concat()).unwrap(),
            [7; 91]
        );
    }
}
