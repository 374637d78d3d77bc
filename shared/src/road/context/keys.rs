//! Keys, ciphers and blind indexes.

use super::Context;
use crate::{
    crypto::{SubjectCipher, SubjectKeyItem, TenantKeys, formats},
    declaration::uses::Uses,
    kernel::{problem::Problem, purpose::Purpose},
    store::{Item, Stored, Table, Write},
};
use std::sync::{Arc, atomic::Ordering};

impl Context {
    /// The tenant's key of one purpose.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn tenant_key(&self, purpose: Purpose) -> Result<Arc<TenantKeys>, Problem> {
        self.call.may(Uses::Key(purpose))?;
        let keys = self
            .app()
            .keyring
            .tenant(self.meter(), &self.tenant, purpose)
            .await;
        keys.map_err(|e| Problem::unavailable(e.0))
    }

    /// A new subject: its cipher, and the write that keeps its key.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn new_subject(
        &self,
        subject: &str,
        purpose: Purpose,
    ) -> Result<(SubjectCipher, Write), Problem> {
        let keys = self.tenant_key(purpose).await?;
        let (cipher, item) =
            SubjectCipher::create(self.app().kms.env(), &self.tenant, subject, purpose, &keys)?;
        let text = "There is a key under this subject, or there was one and it has been destroyed.";
        let taken = Problem::conflict("subject_key_taken", text);
        Ok((cipher, self.create(&item)?.otherwise(taken)))
    }

    /// The cipher of a subject whose key item has been read.
    ///
    /// # Errors
    /// 503 when KMS does not answer, 500 when the key does not unwrap.
    pub async fn subject(&self, item: &SubjectKeyItem) -> Result<SubjectCipher, Problem> {
        self.call.may(Uses::Key(item.purpose))?;
        let keyring = &self.app().keyring;
        let keys = keyring.for_subject(self.meter(), &self.tenant, item).await;
        let keys = keys.map_err(|e| Problem::unavailable(e.0))?;
        let cipher = SubjectCipher::open_item(self.app().kms.env(), &self.tenant, item, &keys)?;
        Ok(cipher.watched_by(&self.call.used_retired))
    }

    /// The cipher of a subject; none where there is no key of this purpose, or none any more. One read where the key has not been read
    /// in this call.
    ///
    /// # Errors
    /// As [`Self::subject`], and 503 when the store does not answer.
    pub async fn cipher_of(&self, subject: &str, purpose: Purpose) -> Result<Option<SubjectCipher>, Problem> {
        match self.find_sub::<SubjectKeyItem>(subject, purpose.name()).await? {
            Some(key) => self.subject(&key).await.map(Some),
            None => Ok(None),
        }
    }

    /// The cipher of a customer, for what is to be kept about them. Needs `Uses::Key(Purpose::Pii)`.
    ///
    /// # Errors
    /// 409 `customer_erased` when they have been erased; otherwise as [`Self::cipher_of`].
    pub async fn customer_cipher(&self, customer: &str) -> Result<SubjectCipher, Problem> {
        let erased = || Problem::conflict("customer_erased", "This customer has been erased.");
        self.cipher_of(customer, Purpose::Pii).await?.ok_or_else(erased)
    }

    /// Under whose key what the documents of a year froze is sealed.
    #[must_use]
    pub fn retention_subject(year: i16) -> String {
        format!("retention-{year}")
    }

    /// The cipher of what is issued in a year, and the write that keeps its key where this is the first of it; whoever loses that
    /// race reads the winner's. Needs `Uses::Key(Purpose::Pii)` and `Uses::Write(Table::Keys)`.
    ///
    /// # Errors
    /// 500 when the key has been destroyed; otherwise as [`Self::cipher_of`].
    pub async fn retention(&self, year: i16) -> Result<(SubjectCipher, Option<Write>), Problem> {
        let subject = Self::retention_subject(year);
        if let Some(cipher) = self.cipher_of(&subject, Purpose::Pii).await? {
            return Ok((cipher, None));
        }
        let keys = self.tenant_key(Purpose::Pii).await?;
        let made = SubjectCipher::create(self.app().kms.env(), &self.tenant, &subject, Purpose::Pii, &keys);
        let (cipher, item) = made?;
        Ok((cipher, Some(self.create(&item)?)))
    }

    /// The cipher of the tenant's own secrets. Needs `Uses::Key(Purpose::Secret)`.
    ///
    /// # Errors
    /// 500 when the tenant has no such key; otherwise as [`Self::cipher_of`].
    pub async fn own_secrets(&self) -> Result<SubjectCipher, Problem> {
        let found = self.cipher_of(self.tenant.as_str(), Purpose::Secret).await?;
        found.ok_or_else(|| Problem::internal("the tenant has no secret key"))
    }

    /// Wraps a version of this tenant's key by another KMS key: its own, or the platform's. The inner error is what KMS
    /// refuses either for.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn rewrap_tenant_key(
        &self,
        purpose: Purpose,
        version: u32,
        wrapped: &[u8],
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<Result<Vec<u8>, String>, Problem> {
        self.call.may(Uses::Rewrap)?;
        let which = (&self.tenant, purpose, version);
        let kms = &self.app().kms;
        let made = kms
            .rewrap_tenant_key(self.meter(), which, wrapped, from, to)
            .await;
        made.map_err(|e| Problem::unavailable(e.0))
    }

    /// Notes that something was opened under a key that is kept for opening only: the call's audit entry raises an
    /// alert.
    pub fn used_retired_key(&self) {
        self.call.used_retired.store(true, Ordering::Relaxed);
    }

    /// Reads an item together with the cipher of its own subject, in one call.
    ///
    /// # Errors
    /// 404, also when the subject's key has been destroyed; 503.
    pub async fn get_with_subject<T: Item>(
        &self,
        id: &str,
        purpose: Purpose,
    ) -> Result<(Stored<T>, SubjectCipher), Problem> {
        let (item_key, subject_key) = (self.key::<T>(id), SubjectKeyItem::key(&self.tenant, id, purpose));
        let mut batch = self.batch(&[item_key.clone(), subject_key.clone()]).await?;
        let item = batch.take::<T>(&item_key)?.ok_or_else(Problem::not_found)?;
        let key = batch
            .take::<SubjectKeyItem>(&subject_key)?
            .ok_or_else(Problem::not_found)?;
        Ok((item, self.subject(&key).await?))
    }

    /// A blind index over a normalised value.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn blind_index(&self, table: Table, field: &str, value: &str) -> Result<Vec<u8>, Problem> {
        let keys = self.tenant_key(Purpose::Index).await?;
        let key = keys.current().map_err(|e| Problem::unavailable(e.0))?;
        formats::blind_index(key, self.tenant.as_str(), table.name(), field, value.as_bytes())
            .map_err(|e| Problem::internal(e.to_string()))
    }
}
