//! Crypto-erasure: every version of a subject's key is destroyed, and a tombstone refuses a new one.

use super::{Purpose, SubjectKeyItem};
use crate::{
    problem::Problem,
    road::Context,
    store::{Key, Stored, Write},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// A key that is destroyed, for certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestroyedKey {
    /// What it was for.
    pub purpose: Purpose,
    /// Its versions, oldest first; none where the subject never had a key for this purpose, or where it had been
    /// destroyed before.
    pub versions: Vec<u32>,
    /// When it was destroyed: now, or earlier by another erasure.
    pub at: Timestamp,
}

/// What erasing a subject takes. Once the writes are committed, nothing that was sealed under the keys opens any
/// more, in this table's items or in any copy of them (GDPR art. 17). Backups of the keys table hold the wrapped
/// keys for at most 35 days longer.
pub struct Erasure {
    /// One write for each purpose: a tombstone in the place of the key. They go into the caller's changes; a lost
    /// race, such as with a rotation, makes the road run the caller again.
    pub writes: Vec<Write>,
    /// What they destroy.
    pub destroyed: Vec<DestroyedKey>,
}

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
