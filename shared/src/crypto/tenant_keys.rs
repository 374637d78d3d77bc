//! Tenant keys, as they are kept and as they are used.

use super::{KmsError, Purpose, formats::TenantKey};
use crate::{
    kernel::record::Record,
    store::{
        AtRestBytes, Item, Table,
        processing::{Basis, Processing, Reach, Subjects},
    },
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

/// Most subjects' keys that one wraps while it is kept; then it is unwrapped anew.
pub(super) const MOST_WRAPS: u32 = 1 << 20;

/// A tenant key as kept: every version wrapped by KMS.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct TenantKeyItem {
    /// What it is for.
    #[public]
    pub purpose: Purpose,
    /// The version that new wraps use.
    #[public]
    pub current: u32,
    /// Wrapped keys by version.
    #[secret]
    pub versions: BTreeMap<String, AtRestBytes>,
    /// The tenant's own KMS key, by the version that it wraps; the platform's where there is none.
    #[public]
    #[serde(default)]
    pub kms: BTreeMap<String, String>,
    /// Unix seconds at which each version was made.
    #[public]
    #[serde(default)]
    pub made: BTreeMap<String, i64>,
    /// Versions below this one are kept for opening only, until they are destroyed.
    #[public]
    #[serde(default)]
    pub retired: u32,
    /// Unix seconds at which the keys of subjects under it were last all replaced.
    #[public]
    #[serde(default)]
    pub subjects_rotated: i64,
}

impl Item for TenantKeyItem {
    const TABLE: Table = Table::Keys;
    const KIND: &'static str = "tenant-key";
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Encrypt; the keys are wrapped",
        Subjects::Both,
        Basis::LegalObligation,
        "Until destroyed",
        Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.purpose.name()
    }
}

/// A tenant key in memory, every version of it.
pub struct TenantKeys {
    /// Wraps that were made while it was kept.
    pub(super) wraps: AtomicU32,
    pub(super) current: u32,
    pub(super) retired: u32,
    pub(super) versions: BTreeMap<u32, TenantKey>,
}

impl TenantKeys {
    /// The version that new wraps use.
    ///
    /// # Errors
    /// When the item names a version that it does not hold.
    pub fn current(&self) -> Result<&TenantKey, KmsError> {
        self.version(self.current)
    }
    /// The version that wraps a subject's key now; counted, as a kept key wraps a bounded number only.
    ///
    /// # Errors
    /// As [`Self::current`].
    pub fn wrapping(&self) -> Result<&TenantKey, KmsError> {
        self.wraps.fetch_add(1, Ordering::Relaxed);
        self.current()
    }
    pub(super) fn is_worn(&self) -> bool {
        self.wraps.load(Ordering::Relaxed) >= MOST_WRAPS
    }
    /// Whether a version is kept for opening only.
    #[must_use]
    pub fn is_retired(&self, version: u32) -> bool {
        version < self.retired
    }
    /// Every version, newest first.
    pub fn all(&self) -> impl Iterator<Item = &TenantKey> {
        self.versions.values().rev()
    }
    /// One version.
    ///
    /// # Errors
    /// When it has been destroyed.
    pub fn version(&self, version: u32) -> Result<&TenantKey, KmsError> {
        self.versions
            .get(&version)
            .ok_or_else(|| KmsError(format!("tenant key version {version} is gone")))
    }
}
