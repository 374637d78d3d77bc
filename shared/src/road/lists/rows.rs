//! The rows of a list, and what is read beside them.

use crate::{
    crypto::{SubjectCipher, SubjectKeyItem},
    kernel::{ids::TenantId, problem::Problem, purpose::Purpose, time::Timestamp},
    road::context::{Batch, Context},
    store::{Item, Key, Stored},
};
use std::{collections::HashMap, future::Future, sync::Arc};

/// An item as a list shows it.
pub trait Rows<T: Item>: Sized {
    /// Whether something is read beside each item.
    const EARLY: bool = false;
    /// Where what is read beside an item stands.
    #[must_use]
    fn beside(_tenant: &TenantId, _item: &T) -> Vec<Key> {
        Vec::new()
    }
    /// Where what is read beside most items stands, whichever they are: an index names one subject of an item and no more.
    #[must_use]
    fn likely(_tenant: &TenantId, _now: Timestamp) -> Vec<Key> {
        Vec::new()
    }
    /// Whose key opens it; none where nothing of it is sealed.
    #[must_use]
    fn subject(_item: &T) -> Option<&str> {
        None
    }
    /// The row; none where the item is not to be shown.
    fn of(
        cx: &Context,
        item: &T,
        beside: &mut Beside<'_>,
    ) -> impl Future<Output = Result<Option<Self>, Problem>> + Send;
}

/// What was read beside the items of a page.
pub struct Beside<'c> {
    cx: &'c Context,
    found: Option<Batch<'c>>,
    ciphers: HashMap<Key, Option<Arc<SubjectCipher>>>,
}

impl<'c> Beside<'c> {
    pub(super) async fn read(cx: &'c Context, mut keys: Vec<Key>) -> Result<Self, Problem> {
        keys.sort();
        keys.dedup();
        let mut found: Option<Batch<'c>> = None;
        for some in keys.chunks(100) {
            let batch = cx.batch(some).await?;
            match &mut found {
                Some(found) => found.join(batch),
                None => found = Some(batch),
            }
        }
        Ok(Self {
            cx,
            found,
            ciphers: HashMap::new(),
        })
    }

    /// An item beside it.
    ///
    /// # Errors
    /// 500 when it does not decode.
    pub fn item<T: Item>(&self, key: &Key) -> Result<Option<Stored<T>>, Problem> {
        self.found.as_ref().map_or(Ok(None), |found| found.look(key))
    }

    /// The cipher of a subject; none once its key has been destroyed.
    ///
    /// # Errors
    /// 503 when KMS does not answer, 500 when the key does not unwrap.
    pub async fn cipher(
        &mut self,
        subject: &str,
        purpose: Purpose,
    ) -> Result<Option<Arc<SubjectCipher>>, Problem> {
        let key = SubjectKeyItem::key(self.cx.tenant(), subject, purpose);
        if let Some(known) = self.ciphers.get(&key) {
            return Ok(known.clone());
        }
        let cipher = match self.item::<SubjectKeyItem>(&key)? {
            Some(item) => Some(Arc::new(self.cx.subject(&item).await?)),
            None => None,
        };
        self.ciphers.insert(key, cipher.clone());
        Ok(cipher)
    }
}
