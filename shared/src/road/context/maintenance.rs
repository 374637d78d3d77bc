//! What the maintenance worker may do beside what others may: read a tenant's items wherever they stand, and put back
//! what it has sealed anew.

use super::Context;
use crate::{
    crypto::SubjectKeyItem,
    declaration::uses::Uses,
    kernel::{problem::Problem, purpose::Purpose},
    road::call::Who,
    store::{Attrs, Item, Key, Segment, StoreError, Swept, TENANT_PREFIX, Table, decode, patched},
};

impl Context {
    fn maintains(&self) -> Result<(), Problem> {
        match self.call.who {
            Who::Worker(_) => Ok(()),
            Who::Function(_) => Err(Problem::internal("only workers do maintenance")),
        }
    }

    /// Reads a page of a segment of a table, strongly consistent: this tenant's items among the `limit` next ones.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn sweep(
        &self,
        table: Table,
        segment: Segment,
        start: Option<&(String, String)>,
        limit: i32,
    ) -> Result<Swept, Problem> {
        self.maintains()?;
        self.may(Uses::Scan(table))?;
        let database = &self.app().database;
        let read = database.sweep(self.meter(), table, self.tenant(), segment, start, limit);
        read.await.map_err(StoreError::problem)
    }

    /// Reads one item of this tenant as it is kept.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn as_kept(&self, key: &Key) -> Result<Option<Attrs>, Problem> {
        self.maintains()?;
        self.may(Uses::Read(key.table))?;
        self.within(&key.pk)?;
        let read = self.app().database.get(self.meter(), key).await;
        read.map_err(StoreError::problem)
    }

    /// Puts an item back, if it is still what was read: whether it was, and the units that it took. There is no audit
    /// entry for it; the work that it is part of has one.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn put_back(&self, table: Table, attributes: Attrs) -> Result<(bool, f64), Problem> {
        self.maintains()?;
        self.may(Uses::Write(table))?;
        if let Some(crate::store::Attribute::S(pk)) = attributes.get("pk") {
            self.within(pk)?;
        }
        let mut guard = self.call.guard(self.tenant()).await?;
        let database = &self.app().database;
        database
            .put_back(self.meter(), &mut guard, table, attributes)
            .await
            .map_err(StoreError::problem)
    }

    /// Puts another state of an item back in its place, leaving alone what differs in neither.
    ///
    /// # Errors
    /// As [`Self::put_back`]; 500 when it does not encode.
    pub async fn put_state<T: Item>(&self, raw: &Attrs, old: &T, new: &T) -> Result<(bool, f64), Problem> {
        let attributes = patched(raw, old, new).map_err(Problem::internal)?;
        self.put_back(T::TABLE, attributes).await
    }

    /// An item as kept, as a subject's key that has not been destroyed.
    ///
    /// # Errors
    /// 500 when it does not decode.
    pub fn live_key(&self, raw: &Attrs) -> Result<Option<SubjectKeyItem>, Problem> {
        let item = decode::<SubjectKeyItem>(raw.clone())
            .map_err(Problem::internal)?
            .item;
        Ok((!item.is_gone()).then_some(item))
    }

    /// A new version of the tenant's key for a purpose, wrapped, by the tenant's own KMS key where it has one; nobody has
    /// seen it in clear.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn new_tenant_key(
        &self,
        purpose: Purpose,
        version: u32,
        own: Option<&str>,
    ) -> Result<Vec<u8>, Problem> {
        self.maintains()?;
        self.may(Uses::NewKeys)?;
        let kms = &self.app().kms;
        let made = kms
            .new_tenant_key(self.meter(), self.tenant(), purpose, version, own)
            .await;
        made.map(|(_, wrapped)| wrapped)
            .map_err(|e| Problem::unavailable(e.0))
    }

    fn within(&self, pk: &str) -> Result<(), Problem> {
        if pk.starts_with(&format!("{TENANT_PREFIX}{}#", self.tenant())) {
            Ok(())
        } else {
            Err(Problem::internal("an item of another tenant"))
        }
    }
}
