//! Crypto-erasure, as the road does it: every version of a subject's key is destroyed, and a tombstone refuses a new one.

use super::Context;
use crate::{
    crypto::{DestroyedKey, Erasure, SubjectKeyItem},
    kernel::{problem::Problem, purpose::Purpose, time::Timestamp},
    store::{Key, Stored},
};
use std::collections::BTreeMap;

impl Context {
    /// Erases a subject's keys of these purposes: every version, leaving a tombstone each, also where there is no
    /// key, so that none is made later. Erasing again changes nothing. One read for all of them.
    ///
    /// The function must declare `Uses::Write(Table::Keys)`; it needs no key of any purpose.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn erase(&self, subject: &str, purposes: &[Purpose]) -> Result<Erasure, Problem> {
        let (mut writes, mut destroyed) = (Vec::new(), Vec::new());
        for (purpose, found) in self.key_items(subject, purposes).await? {
            let tombstone = SubjectKeyItem {
                subject: subject.to_owned(),
                purpose,
                current: found.as_ref().map_or(0, |f| f.current),
                versions: BTreeMap::new(),
                destroyed_at: Some(self.now()),
                rotation: None,
                retired: 0,
            };
            let (write, versions, at) = match &found {
                None => (self.create(&tombstone)?, Vec::new(), self.now()),
                Some(old) => match old.destroyed_at {
                    Some(at) => (self.check(old), Vec::new(), at),
                    None => (self.replace(old, &tombstone)?, numbers(old), self.now()),
                },
            };
            writes.push(write);
            destroyed.push(DestroyedKey {
                purpose,
                versions,
                at,
            });
        }
        Ok(Erasure { writes, destroyed })
    }

    /// When a subject's keys of these purposes were destroyed; `None` for one that is there or never was. This is
    /// what verifies an erasure, in whichever region it is asked.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn erased(
        &self,
        subject: &str,
        purposes: &[Purpose],
    ) -> Result<Vec<(Purpose, Option<Timestamp>)>, Problem> {
        let items = self.key_items(subject, purposes).await?;
        Ok(items
            .into_iter()
            .map(|(purpose, found)| {
                // A tombstone that holds a version is none.
                let at = found
                    .filter(|f| f.versions.is_empty())
                    .and_then(|f| f.destroyed_at);
                (purpose, at)
            })
            .collect())
    }

    async fn key_items(
        &self,
        subject: &str,
        purposes: &[Purpose],
    ) -> Result<Vec<(Purpose, Option<Stored<SubjectKeyItem>>)>, Problem> {
        let key = |purpose: &Purpose| SubjectKeyItem::key(self.tenant(), subject, *purpose);
        let keys: Vec<Key> = purposes.iter().map(key).collect();
        let mut batch = self.batch(&keys).await?;
        purposes
            .iter()
            .map(|purpose| Ok((*purpose, batch.take_even_gone::<SubjectKeyItem>(&key(purpose))?)))
            .collect()
    }
}

fn numbers(item: &SubjectKeyItem) -> Vec<u32> {
    let mut versions: Vec<u32> = item.versions.keys().filter_map(|v| v.parse().ok()).collect();
    versions.sort_unstable();
    versions
}
