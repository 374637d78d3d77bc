//! Subject keys: one per data subject and purpose, wrapped by the tenant key, used for one call.

use super::{
    Purpose, TenantKeys,
    formats::{FieldAddress, FieldKey, Key256, SubjectKey, TenantKey, WrapAddress, field_key_version},
};
use crate::{
    kernel::{ids::TenantId, problem::Problem, record::Record, time::Timestamp},
    store::{AtRestBytes, Item, Key, Sealed, Table},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use zeroize::Zeroizing;

/// A subject key as kept: every version wrapped by the tenant key.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SubjectKeyItem {
    /// Whose data it protects.
    #[public]
    pub subject: String,
    /// What it is for.
    #[public]
    pub purpose: Purpose,
    /// The version that new fields are sealed under.
    #[public]
    pub current: u32,
    /// Wrapped keys by version.
    #[secret]
    pub versions: BTreeMap<String, AtRestBytes>,
    /// When every version was destroyed. Such an item is a tombstone: nobody finds it, and it keeps its place.
    #[public]
    #[serde(default)]
    pub destroyed_at: Option<Timestamp>,
    /// The rotation that made the current version.
    #[public]
    #[serde(default)]
    pub rotation: Option<String>,
    /// Versions below this one are kept for opening only, until they are destroyed.
    #[public]
    #[serde(default)]
    pub retired: u32,
}

impl Item for SubjectKeyItem {
    const TABLE: Table = Table::Keys;
    const KIND: &'static str = "subject-key";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Encrypt data of one person; destroying it erases them",
            crate::store::processing::Subjects::Both,
            crate::store::processing::Basis::LegalObligation,
            "Until the person is erased; backups 35 days longer",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        &self.subject
    }
    fn sort(&self) -> String {
        self.purpose.name().to_owned()
    }
    fn is_gone(&self) -> bool {
        self.destroyed_at.is_some()
    }
}

impl SubjectKeyItem {
    fn address<'a>(&'a self, tenant: &'a TenantId, version: u32) -> WrapAddress<'a> {
        WrapAddress {
            tenant: tenant.as_str(),
            subject: &self.subject,
            purpose: self.purpose.name(),
            subject_key_version: version,
        }
    }

    /// The oldest version of the tenant key that any of its versions is wrapped under.
    ///
    /// # Errors
    /// 500 when a wrap is none.
    pub fn oldest_wrap(&self) -> Result<Option<u32>, Problem> {
        let wraps = self.versions.values().map(|w| TenantKey::wrap_version(&w.0));
        Ok(wraps
            .collect::<Result<Vec<_>, _>>()
            .map_err(refused)?
            .into_iter()
            .min())
    }

    /// The same keys, wrapped by the current version of the tenant key.
    ///
    /// # Errors
    /// 500 when a wrap does not open.
    pub fn rewrapped(&self, tenant: &TenantId, keys: &TenantKeys) -> Result<Self, Problem> {
        let current = keys.current().map_err(|e| refused(e.0))?;
        let mut next = self.clone();
        for (name, wrapped) in &mut next.versions {
            let at = self.address(tenant, name.parse().map_err(refused)?);
            let under = TenantKey::wrap_version(&wrapped.0).map_err(refused)?;
            if under == current.version() {
                continue;
            }
            let old = keys.version(under).map_err(|e| refused(e.0))?;
            let key = old.unwrap(&at, &wrapped.0).map_err(refused)?;
            let wrapping = keys.wrapping().map_err(|e| refused(e.0))?;
            *wrapped = AtRestBytes(wrapping.wrap(&at, &key).map_err(refused)?);
        }
        Ok(next)
    }

    /// The same subject with a further, fresh version, which is the current one from now on.
    ///
    /// # Errors
    /// 500 when no key can be made.
    pub fn renewed(&self, tenant: &TenantId, keys: &TenantKeys, rotation: &str) -> Result<Self, Problem> {
        let version = self
            .current
            .checked_add(1)
            .ok_or_else(|| refused("no more versions"))?;
        let key = Key256::random().map_err(refused)?;
        let current = keys.wrapping().map_err(|e| refused(e.0))?;
        let wrapped = current
            .wrap(&self.address(tenant, version), &key)
            .map_err(refused)?;
        let mut next = self.clone();
        next.current = version;
        next.rotation = Some(rotation.to_owned());
        next.versions.insert(version.to_string(), AtRestBytes(wrapped));
        Ok(next)
    }

    /// The key of a subject's key item.
    #[must_use]
    pub fn key(tenant: &TenantId, subject: &str, purpose: Purpose) -> Key {
        Key::sub::<Self>(tenant, subject, purpose.name())
    }
}

/// Seals and opens the fields of one subject.
pub struct SubjectCipher {
    env: String,
    tenant: TenantId,
    subject: String,
    current: u32,
    versions: BTreeMap<u32, SubjectKey>,
    retired: u32,
    fields: Mutex<HashMap<(u32, Table, String), Arc<FieldKey>>>,
    /// Set when a retired key opens something.
    used_retired: Arc<AtomicBool>,
}

fn refused(e: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("field encryption: {e}"))
}

impl SubjectCipher {
    /// A new subject: its cipher and the item that keeps its key.
    ///
    /// # Errors
    /// 500 when no key can be made.
    pub fn create(
        env: &str,
        tenant: &TenantId,
        subject: &str,
        purpose: Purpose,
        keys: &TenantKeys,
    ) -> Result<(Self, SubjectKeyItem), Problem> {
        let key = Key256::random().map_err(refused)?;
        let at = WrapAddress {
            tenant: tenant.as_str(),
            subject,
            purpose: purpose.name(),
            subject_key_version: 1,
        };
        let wrapped = keys
            .wrapping()
            .map_err(|e| refused(e.0))?
            .wrap(&at, &key)
            .map_err(refused)?;
        let item = SubjectKeyItem {
            subject: subject.to_owned(),
            purpose,
            current: 1,
            versions: BTreeMap::from([("1".to_owned(), AtRestBytes(wrapped))]),
            destroyed_at: None,
            rotation: None,
            retired: 0,
        };
        let versions = BTreeMap::from([(1, SubjectKey::new(1, &key).map_err(refused)?)]);
        Ok((Self::new(env, tenant, subject, 1, versions), item))
    }

    /// An existing subject, from its key item.
    ///
    /// # Errors
    /// 500 when the key does not unwrap.
    pub fn open_item(
        env: &str,
        tenant: &TenantId,
        item: &SubjectKeyItem,
        keys: &TenantKeys,
    ) -> Result<Self, Problem> {
        let mut versions = BTreeMap::new();
        let mut wrapped_by_retired = false;
        for (version, wrapped) in &item.versions {
            let version: u32 = version.parse().map_err(refused)?;
            let at = WrapAddress {
                tenant: tenant.as_str(),
                subject: &item.subject,
                purpose: item.purpose.name(),
                subject_key_version: version,
            };
            let wrap_version = TenantKey::wrap_version(&wrapped.0).map_err(refused)?;
            wrapped_by_retired |= keys.is_retired(wrap_version);
            let tenant_key = keys.version(wrap_version).map_err(|e| refused(e.0))?;
            let key = tenant_key.unwrap(&at, &wrapped.0).map_err(refused)?;
            versions.insert(version, SubjectKey::new(version, &key).map_err(refused)?);
        }
        let mut cipher = Self::new(env, tenant, &item.subject, item.current, versions);
        cipher.retired = item.retired;
        cipher.used_retired = Arc::new(AtomicBool::new(wrapped_by_retired));
        Ok(cipher)
    }

    /// Tells `flag` whenever a retired key is used, and what has been told before.
    pub(crate) fn watched_by(mut self, flag: &Arc<AtomicBool>) -> Self {
        flag.fetch_or(self.used_retired.load(Ordering::Relaxed), Ordering::Relaxed);
        self.used_retired = flag.clone();
        self
    }

    /// Whose.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The version that new fields are sealed under.
    #[must_use]
    pub fn current(&self) -> u32 {
        self.current
    }

    /// Seals a field anew under the current version, whichever it was sealed under; `at` is the item's key with the
    /// table that its type names.
    ///
    /// # Errors
    /// 500 when the bytes are not what was sealed at this very place.
    pub(crate) fn reseal(
        &self,
        at: &Key,
        kind: &str,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Sealed, Problem> {
        let address = FieldAddress {
            env: &self.env,
            tenant: self.tenant.as_str(),
            table: at.table.name(),
            pk: &at.pk,
            sk: &at.sk,
            attribute: field,
            kind,
            subject: &self.subject,
        };
        let version = field_key_version(&sealed.0).map_err(refused)?;
        let old = self.field_key(version, at.table, field)?;
        let plain = old.open(&address, &sealed.0).map_err(refused)?;
        let new = self.field_key(self.current, at.table, field)?;
        new.seal(&address, &plain).map(Sealed).map_err(refused)
    }

    fn new(
        env: &str,
        tenant: &TenantId,
        subject: &str,
        current: u32,
        versions: BTreeMap<u32, SubjectKey>,
    ) -> Self {
        Self {
            env: env.to_owned(),
            tenant: tenant.clone(),
            subject: subject.to_owned(),
            current,
            versions,
            retired: 0,
            fields: Mutex::default(),
            used_retired: Arc::default(),
        }
    }

    fn field_key(&self, version: u32, table: Table, field: &str) -> Result<Arc<FieldKey>, Problem> {
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (version, table, field.to_owned());
        if let Some(key) = fields.get(&at) {
            return Ok(key.clone());
        }
        let subject_key = self
            .versions
            .get(&version)
            .ok_or_else(|| refused("the key version is gone"))?;
        let key = Arc::new(subject_key.field_key(table.name(), field).map_err(refused)?);
        fields.insert(at, key.clone());
        Ok(key)
    }

    /// Seals one field of an item of type `T`.
    ///
    /// # Errors
    /// 500 when the value cannot be sealed.
    pub fn seal<T: Item>(&self, id: &str, sort: &str, field: &str, plain: &[u8]) -> Result<Sealed, Problem> {
        let key = Key::sub::<T>(&self.tenant, id, sort);
        let field_key = self.field_key(self.current, T::TABLE, field)?;
        field_key
            .seal(&self.address::<T>(&key, field), plain)
            .map(Sealed)
            .map_err(refused)
    }

    /// Opens one field of an item of type `T`.
    ///
    /// # Errors
    /// 500 when the bytes are not what was sealed at this very place.
    pub fn open<T: Item>(
        &self,
        id: &str,
        sort: &str,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let key = Key::sub::<T>(&self.tenant, id, sort);
        let version = field_key_version(&sealed.0).map_err(refused)?;
        if version < self.retired {
            self.used_retired.store(true, Ordering::Relaxed);
        }
        let field_key = self.field_key(version, T::TABLE, field)?;
        field_key
            .open(&self.address::<T>(&key, field), &sealed.0)
            .map_err(refused)
    }

    /// Opens a text field.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_text<T: Item>(
        &self,
        id: &str,
        sort: &str,
        field: &str,
        sealed: &Sealed,
    ) -> Result<String, Problem> {
        let bytes = self.open::<T>(id, sort, field, sealed)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| refused("not a text"))
    }

    fn address<'a, T: Item>(&'a self, key: &'a Key, field: &'a str) -> FieldAddress<'a> {
        FieldAddress {
            env: &self.env,
            tenant: self.tenant.as_str(),
            table: T::TABLE.name(),
            pk: &key.pk,
            sk: &key.sk,
            attribute: field,
            kind: T::KIND,
            subject: &self.subject,
        }
    }
}
