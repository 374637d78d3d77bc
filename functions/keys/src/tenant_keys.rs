//! The keys of a tenant as they are shown: versions, ages and states, never the keys.

pub mod list;

use serde::Serialize;
use shared::{
    crypto::{Purpose, TenantKeyItem},
    record::Record,
    time::{Instant, Timestamp, after},
};

/// Days after which a tenant key is replaced.
pub const TENANT_DAYS: i64 = 90;
/// Days after which the keys of subjects are replaced.
pub const SUBJECT_DAYS: i64 = 365;
/// Seconds of a day.
pub const DAY: i64 = 24 * 3600;

/// What a version is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "KeyVersionState")]
pub enum VersionState {
    /// New data is sealed under it.
    Current,
    /// It opens what has not been sealed anew yet.
    Replaced,
    /// Nothing is sealed under it any more. Its use raises an alert, and it is destroyed after seven days.
    Retired,
}

/// One version.
#[derive(Record, Serialize)]
#[record(name = "KeyVersion")]
pub struct Version {
    /// Its number.
    #[public]
    pub version: u32,
    /// What it is kept for.
    #[public]
    pub state: VersionState,
    /// When it was made (RFC 3339 UTC); absent for one from before that was noted.
    #[public]
    pub created_at: Option<Instant>,
    /// Its age in days.
    #[public]
    pub age_days: Option<i64>,
    /// The tenant's own KMS key that wraps it; absent where the platform's does.
    #[public]
    pub kms_key: Option<String>,
}

/// The key of a tenant for one purpose.
#[derive(Record, Serialize)]
pub struct TenantKey {
    /// What it is for.
    #[public]
    pub purpose: Purpose,
    /// The version that new data is sealed under.
    #[public]
    pub current: u32,
    /// Every version that there is, newest first.
    #[nested]
    pub versions: Vec<Version>,
    /// When a rotation of it begins by itself (RFC 3339 UTC); absent for the key of blind indexes.
    #[public]
    pub rotation_due_at: Option<Instant>,
    /// When a rotation of its subjects' keys begins by itself (RFC 3339 UTC); absent likewise.
    #[public]
    pub subjects_due_at: Option<Instant>,
}

impl TenantKey {
    /// A key as shown at `now`.
    #[must_use]
    pub fn at(item: &TenantKeyItem, now: Timestamp) -> Self {
        let seconds = |at: i64| Instant::from(after(Timestamp::UNIX_EPOCH, at));
        let mut numbers: Vec<u32> = item.versions.keys().filter_map(|v| v.parse().ok()).collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let version = |version: u32| {
            let made = item.made.get(&version.to_string()).copied();
            Version {
                version,
                state: match version {
                    v if v == item.current => VersionState::Current,
                    v if v < item.retired => VersionState::Retired,
                    _ => VersionState::Replaced,
                },
                created_at: made.map(seconds),
                age_days: made.map(|at| (now.as_second() - at).max(0) / DAY),
                kms_key: item.kms.get(&version.to_string()).cloned(),
            }
        };
        let rotates = item.purpose != Purpose::Index;
        Self {
            purpose: item.purpose,
            current: item.current,
            versions: numbers.into_iter().map(version).collect(),
            rotation_due_at: rotates.then(|| seconds(tenant_due(item))),
            subjects_due_at: rotates.then(|| seconds(subjects_due(item))),
        }
    }
}

/// Unix seconds at which the current version is old enough to be replaced.
#[must_use]
pub fn tenant_due(item: &TenantKeyItem) -> i64 {
    let made = item.made.get(&item.current.to_string()).copied().unwrap_or(0);
    made.saturating_add(TENANT_DAYS * DAY)
}

/// Unix seconds at which the keys of subjects are old enough to be replaced.
#[must_use]
pub fn subjects_due(item: &TenantKeyItem) -> i64 {
    item.subjects_rotated.saturating_add(SUBJECT_DAYS * DAY)
}
