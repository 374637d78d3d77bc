//! The archive: what stands in the bucket with Object Lock, under which names, and how far a log has got there.
//!
//! ```text
//! <tenant>/<region>/<shard>/checkpoints/<size>.json    one line of a bundle
//! <tenant>/<region>/<shard>/entries/<index>.jsonl      lines of a bundle: the entries of one tile, from this index on
//! <tenant>/<region>/<shard>/details/<entry>.json       the details of a large entry, which names their hash
//! ```
//!
//! The objects of `entries`, in the order of their names and behind a header, are a bundle.

use crate::log::{Log, padded};
use serde::{Deserialize, Serialize};
use shared::{
    auth::Tenant,
    ids::TenantId,
    record::Record,
    store::{Item, Table},
    time::{Timestamp, after},
};

/// Seconds of a month, as retention counts: the longest there is, so that nothing goes early.
const MONTH: i64 = 31 * 24 * 3600;

/// How far the entries of a log are in the archive. Replaced on its revision only.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ArchiveItem {
    /// `<region>#<shard>`.
    #[public]
    pub id: String,
    /// Entries that are there, from the first on. None of the others is ever removed from the table.
    #[public]
    pub size: u64,
    /// Unix seconds at which all that was due was there.
    #[public]
    pub at: i64,
}

impl Item for ArchiveItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "audit-archive";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The time before which entries have been made that are older than some months.
#[must_use]
pub fn months_ago(now: Timestamp, months: u32) -> Timestamp {
    after(now, -MONTH.saturating_mul(i64::from(months)))
}

/// Until when what gets into the archive now is locked: the retention of its tenant. The shipped one needs no word: whatever the
/// bucket gets it locks for as long.
#[must_use]
pub fn locked_until(now: Timestamp, tenant: Option<&Tenant>) -> Option<Timestamp> {
    let months = tenant.map(|t| t.retention_months);
    let longer = months.filter(|months| *months > Tenant::retention())?;
    Some(after(now, MONTH.saturating_mul(i64::from(longer))))
}

/// The name of a checkpoint's object.
#[must_use]
pub fn checkpoint(tenant: &TenantId, log: &Log, size: u64) -> String {
    format!("{}/checkpoints/{}.json", folder(tenant, log), padded(size))
}

/// The name of the object of the entries from an index on.
#[must_use]
pub fn entries(tenant: &TenantId, log: &Log, first: u64) -> String {
    format!("{}/entries/{}.jsonl", folder(tenant, log), padded(first))
}

/// The name of the object of an entry's details.
#[must_use]
pub fn details(tenant: &TenantId, log: &Log, entry: &str) -> String {
    format!("{}/details/{entry}.json", folder(tenant, log))
}

fn folder(tenant: &TenantId, log: &Log) -> String {
    format!("{tenant}/{}/{}", log.region, log.shard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_months_are_never_less_than_a_year() {
        for now in [
            "2026-11-21T10:00:00Z",
            "2025-02-28T23:59:59Z",
            "2024-02-29T12:00:00Z",
        ] {
            let now: Timestamp = now.parse().unwrap();
            let days = now.duration_since(months_ago(now, 12)).as_hours() / 24;
            assert!((366..=372).contains(&days), "{days}");
        }
    }

    #[test]
    fn names_sort_as_the_log_does() {
        let log = Log::of_region("eu-west-1");
        assert_eq!(locked_until(Timestamp::UNIX_EPOCH, None), None);
        let name = |first| entries(&TenantId::platform(), &log, first);
        assert!(name(256) < name(512) && name(9 * 256) < name(10 * 256));
        assert!(name(0).starts_with(&format!("{}/eu-west-1/0/entries/", TenantId::platform())));
    }
}
