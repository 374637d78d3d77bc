//! Tenant keys: unwrapped by KMS once, kept at most five minutes, one call for any number of readers.

use super::{
    Kms, KmsError, Purpose, SubjectKeyItem,
    formats::{Key256, TenantKey},
    tenant_keys::{TenantKeyItem, TenantKeys},
};
use crate::{
    kernel::{ids::TenantId, random, time::Clock},
    store::{AtRestBytes, Database, Key, Write, meter::Meter},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, atomic::AtomicU32},
    time::Duration,
};
use tokio::sync::OnceCell;

/// Most tenant keys that one process keeps.
const CAPACITY: usize = 256;
/// Hard expiry; the real one is 10 % around it, so that processes do not expire together.
const KEEP_MILLIS: u64 = 300_000;

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
        let worn = |slot: &Slot| slot.keys.get().is_some_and(|keys| keys.is_worn());
        slots.retain(|_, slot| slot.until > now && !worn(slot));
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

    /// A tenant's key for a purpose, with every version that a subject's key is wrapped under. What is kept may be
    /// older than a rotation; then it is read anew, by one of however many callers find that out.
    ///
    /// # Errors
    /// As [`Self::tenant`].
    pub async fn for_subject(
        &self,
        meter: &Meter,
        tenant: &TenantId,
        item: &SubjectKeyItem,
    ) -> Result<Arc<TenantKeys>, KmsError> {
        let purpose = item.purpose;
        let cell = self.cell(tenant, purpose);
        let keys = cell.get_or_try_init(|| self.load(meter, tenant, purpose)).await?;
        let mut wraps = item.versions.values().map(|w| TenantKey::wrap_version(&w.0));
        if wraps.all(|v| v.is_ok_and(|v| keys.versions.contains_key(&v))) {
            return Ok(keys.clone());
        }
        self.forget(tenant, purpose, &cell);
        self.tenant(meter, tenant, purpose).await
    }

    /// Reads a tenant's key anew at its next use: it has just been changed.
    pub fn refresh(&self, tenant: &TenantId, purpose: Purpose) {
        let cell = self.cell(tenant, purpose);
        self.forget(tenant, purpose, &cell);
    }

    fn forget(&self, tenant: &TenantId, purpose: Purpose, stale: &Arc<OnceCell<Arc<TenantKeys>>>) {
        let mut slots = self
            .slots
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let at = (tenant.clone(), purpose);
        if slots.get(&at).is_some_and(|slot| Arc::ptr_eq(&slot.keys, stale)) {
            slots.remove(&at);
        }
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
        for (name, wrapped) in &item.versions {
            let own = item.kms.get(name).map(String::as_str);
            let version = name
                .parse()
                .map_err(|_| KmsError("tenant key: bad version".into()))?;
            let key = self
                .kms
                .unwrap_tenant_key(meter, tenant, purpose, version, &wrapped.0, own)
                .await?;
            versions.insert(version, TenantKey::new(version, key));
        }
        Ok(Arc::new(TenantKeys {
            wraps: AtomicU32::new(0),
            current: item.current,
            retired: item.retired,
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
                self.kms.new_tenant_key(meter, tenant, purpose, 1, None).await?;
            let item = TenantKeyItem {
                purpose,
                current: 1,
                versions: BTreeMap::from([("1".to_owned(), AtRestBytes(wrapped))]),
                kms: BTreeMap::new(),
                made: BTreeMap::from([("1".to_owned(), self.clock.now().as_second())]),
                retired: 0,
                subjects_rotated: self.clock.now().as_second(),
            };
            writes.push(Write::create(tenant, &item).map_err(|p| KmsError(format!("{p:?}")))?);
            let versions = BTreeMap::from([(1, TenantKey::new(1, key))]);
            keys.insert(
                purpose,
                Arc::new(TenantKeys {
                    wraps: AtomicU32::new(0),
                    current: 1,
                    retired: 0,
                    versions,
                }),
            );
        }
        Ok((writes, keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::tenant_keys::MOST_WRAPS;

    #[test]
    fn a_kept_key_wraps_a_bounded_number() {
        let key = Key256::random().unwrap();
        let keys = TenantKeys {
            wraps: AtomicU32::new(MOST_WRAPS - 1),
            current: 1,
            retired: 0,
            versions: BTreeMap::from([(1, TenantKey::new(1, key))]),
        };
        assert!(keys.current().is_ok() && !keys.is_worn(), "opening is no wrap");
        assert!(keys.wrapping().is_ok() && keys.is_worn());
    }
}
