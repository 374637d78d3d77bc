//! Tenant keys: unwrapped by KMS once, kept at most five minutes, one call for any number of readers.

use super::{
    Kms, KmsError, Purpose,
    formats::{Key256, TenantKey},
};
use crate::{
    ids::TenantId,
    meter::Meter,
    random,
    record::Record,
    store::{AtRestBytes, Database, Item, Key, Table, Write},
    time::Clock,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::OnceCell;

/// Most tenant keys that one process keeps.
const CAPACITY: usize = 256;
/// Hard expiry; the real one is 10 % around it, so that processes do not expire together.
const KEEP_MILLIS: u64 = 300_000;

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
}

impl Item for TenantKeyItem {
    const TABLE: Table = Table::Keys;
    const KIND: &'static str = "tenant-key";
    const PROCESSING: Option<crate::processing::Processing> = Some(crate::processing::Processing::new(
        "Encrypt; the keys are wrapped",
        crate::processing::Subjects::Both,
        crate::processing::Basis::LegalObligation,
        "Until destroyed",
        crate::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.purpose.name()
    }
}

/// A tenant key in memory, every version of it.
pub struct TenantKeys {
    current: u32,
    versions: BTreeMap<u32, TenantKey>,
}

impl TenantKeys {
    /// The version that new wraps use.
    ///
    /// # Errors
    /// When the item names a version that it does not hold.
    pub fn current(&self) -> Result<&TenantKey, KmsError> {
        self.version(self.current)
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

struct Slot {
    until: Duration,
    keys: Arc<OnceCell<Arc<TenantKeys>>>,
}

/// The process's cache of tenant keys.
pub struct Keyring {
    kms: Kms,
    database: Database,
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<(TenantId, Purpose), Slot>>,
}

impl Keyring {
    /// An empty cache.
    #[must_use]
    pub fn new(kms: Kms, database: Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            kms,
            database,
            clock,
            slots: Mutex::default(),
        }
    }

    /// The KMS client under it.
    #[must_use]
    pub fn kms(&self) -> &Kms {
        &self.kms
    }

    fn cell(&self, tenant: &TenantId, purpose: Purpose) -> Arc<OnceCell<Arc<TenantKeys>>> {
        let now = self.clock.monotonic();
        let mut slots = self
            .slots
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        slots.retain(|_, slot| slot.until > now);
        if slots.len() >= CAPACITY
            && let Some(oldest) = slots.iter().min_by_key(|(_, s)| s.until).map(|(k, _)| k.clone())
        {
            slots.remove(&oldest);
        }
        let slot = slots.entry((tenant.clone(), purpose)).or_insert_with(|| Slot {
            until: now + Duration::from_millis(KEEP_MILLIS * 9 / 10 + random::below(KEEP_MILLIS / 5)),
            keys: Arc::default(),
        });
        slot.keys.clone()
    }

    /// A tenant's key for one purpose. A failure is not kept, so the next call tries again.
    ///
    /// # Errors
    /// When the table or KMS does not answer, or the tenant has no such key.
    pub async fn tenant(
        &self,
        meter: &Meter,
        tenant: &TenantId,
        purpose: Purpose,
    ) -> Result<Arc<TenantKeys>, KmsError> {
        let cell = self.cell(tenant, purpose);
        cell.get_or_try_init(|| self.load(meter, tenant, purpose))
            .await
            .cloned()
    }

    async fn load(
        &self,
        meter: &Meter,
        tenant: &TenantId,
        purpose: Purpose,
    ) -> Result<Arc<TenantKeys>, KmsError> {
        let key = Key::of::<TenantKeyItem>(tenant, purpose.name());
        let found = self
            .database
            .get(meter, &key)
            .await
            .map_err(|e| KmsError(format!("tenant key: {e:?}")))?;
        let attributes =
            found.ok_or_else(|| KmsError(format!("the tenant has no {} key", purpose.name())))?;
        let item = crate::store::decode::<TenantKeyItem>(attributes).map_err(KmsError)?;
        let mut versions = BTreeMap::new();
        for (version, wrapped) in &item.versions {
            let version = version
                .parse()
                .map_err(|_| KmsError("tenant key: bad version".into()))?;
            let key = self
                .kms
                .unwrap_tenant_key(meter, tenant, purpose, version, &wrapped.0)
                .await?;
            versions.insert(version, TenantKey::new(version, key));
        }
        Ok(Arc::new(TenantKeys {
            current: item.current,
            versions,
        }))
    }

    /// New keys for a new tenant: the writes that store them, and the keys to use at once.
    ///
    /// # Errors
    /// When KMS refuses or does not answer.
    pub async fn found(
        &self,
        meter: &Meter,
        tenant: &TenantId,
    ) -> Result<(Vec<Write>, BTreeMap<Purpose, Arc<TenantKeys>>), KmsError> {
        let (mut writes, mut keys) = (Vec::new(), BTreeMap::new());
        for purpose in Purpose::ALL {
            let (key, wrapped): (Key256, Vec<u8>) =
                self.kms.new_tenant_key(meter, tenant, purpose, 1).await?;
            let item = TenantKeyItem {
                purpose,
                current: 1,
                versions: BTreeMap::from([("1".to_owned(), AtRestBytes(wrapped))]),
            };
            writes.push(Write::create(tenant, &item).map_err(|p| KmsError(format!("{p:?}")))?);
            let versions = BTreeMap::from([(1, TenantKey::new(1, key))]);
            keys.insert(purpose, Arc::new(TenantKeys { current: 1, versions }));
        }
        Ok((writes, keys))
    }
}
