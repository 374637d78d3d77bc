//! Single items, and several at once.

use super::Context;
use crate::{
    access::rbac::{Decision, Policy, Right, Role, not_covered},
    declaration::{endpoint::Access, uses::Uses},
    kernel::problem::Problem,
    road::call::locked,
    store::{Attributes, Attrs, Item, Key, StoreError, Stored, TENANT_PREFIX, Table, decode},
};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

impl Context {
    pub(super) fn visible<T: Item>(&self, item: &T) -> bool {
        match self.call.declaration().map(|d| d.access) {
            // Before the caller is known nothing is handed out, so nothing is hidden.
            _ if self.call.early => true,
            Some(Access::Right(right)) if right.kind == T::KIND => self.covers(right, &item.filterable()),
            _ => true,
        }
    }

    /// Whether the call's right covers an object, as far as can be said before it is known what is done with it. Notes where
    /// it does not, and the caller may read the object.
    fn covers(&self, right: &Right, object: &Attributes) -> bool {
        let (decision, caller) = (&self.call.decision, self.principal().attributes());
        let covers = if right.looks_at_operations() {
            let mut object = object.clone();
            object.extend(locked(&self.call.operation).clone());
            decision.could_permit(&object, &caller)
        } else {
            decision.permits(object, &caller)
        };
        if !covers && self.may_read(right, object) == Some(true) {
            self.call.uncovered.store(true, Ordering::Relaxed);
        }
        covers
    }

    /// Whether the caller may read an object that a right governs; none where there is no right to read it.
    fn may_read(&self, right: &Right, object: &Attributes) -> Option<bool> {
        let read = Decision::of(right.to_read()?, &self.principal().roles);
        Some(read.permits(object, &self.principal().attributes()))
    }

    /// Notes what the call is about to do with an object of its right's kind.
    pub fn operates(&self, operation: Attributes) {
        *locked(&self.call.operation) = operation;
    }

    /// Notes what the call is about to do with an object, and refuses what its right does not cover.
    ///
    /// # Errors
    /// 403, naming the attributes that the right's filters look at; 404 where the caller may not even read the object.
    pub fn may_operate<T: Item>(&self, item: &T, operation: Attributes) -> Result<(), Problem> {
        let seen = item.filterable();
        let mut object = seen.clone();
        object.extend(operation.clone());
        self.operates(operation);
        match self.call.declaration().map(|d| d.access) {
            Some(Access::Right(right))
                if right.kind == T::KIND
                    && !self
                        .call
                        .decision
                        .permits(&object, &self.principal().attributes()) =>
            {
                Err(match self.may_read(right, &seen) {
                    Some(false) => Problem::not_found(),
                    _ => not_covered(right, &self.call.decision),
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether the caller's filters show an object of this kind that has these attributes: for what stands beside such an object and
    /// is seen with it.
    #[must_use]
    pub fn shows(&self, kind: &str, attributes: &Attributes) -> bool {
        match self.call.declaration().map(|d| d.access) {
            _ if self.call.early => true,
            Some(Access::Right(right)) if right.kind == kind => {
                let principal = self.principal().attributes();
                self.call.decision.permits(attributes, &principal)
            }
            _ => true,
        }
    }

    pub(super) fn decoded<T: Item>(&self, attributes: Attrs) -> Result<Option<Stored<T>>, Problem> {
        let stored = decode::<T>(attributes).map_err(Problem::internal)?;
        Ok((!stored.item.is_gone() && self.visible(&stored.item)).then_some(stored))
    }

    /// As [`Self::decoded`], of one item among others: what cannot be read is left out and told, and takes none of them with it.
    pub(super) fn readable<T: Item>(&self, attributes: Attrs) -> Option<Stored<T>> {
        let text = |name: &str| attributes.get(name).and_then(|v| v.as_s().ok()).cloned();
        let id = text("pk").and_then(|pk| pk.rsplit('#').next().map(str::to_owned));
        match self.decoded::<T>(attributes) {
            Ok(item) => item,
            Err(why) => {
                self.call.left_out(T::KIND, &id.unwrap_or_default(), &why);
                None
            }
        }
    }

    /// Leaves out what failed on our side, of several things that are read alike, and tells; passes on what may pass.
    ///
    /// # Errors
    /// Whatever is not 500.
    pub(crate) fn left_out<T: Item, R>(
        &self,
        id: &str,
        read: Result<R, Problem>,
    ) -> Result<Option<R>, Problem> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(why) if why.status == 500 => {
                self.call.left_out(T::KIND, id, &why);
                Ok(None)
            }
            Err(why) => Err(why),
        }
    }

    /// Reads an item; `None` also when the caller's filters hide it.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn find<T: Item>(&self, id: &str) -> Result<Option<Stored<T>>, Problem> {
        self.find_sub(id, "-").await
    }

    /// Reads an item with a sort key of its own.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn find_sub<T: Item>(&self, id: &str, sort: &str) -> Result<Option<Stored<T>>, Problem> {
        self.call.may(Uses::Read(T::TABLE))?;
        let key = Key::sub::<T>(&self.tenant, id, sort);
        let ahead = locked(&self.call.prefetched).get(&key).cloned();
        let found = match ahead {
            Some(attributes) => Some(attributes),
            None => {
                let read = self.app().database.get(self.meter(), &key).await;
                let read = read.map_err(StoreError::problem)?;
                // As with those of a batch.
                if let (Table::Keys, Some(item)) = (key.table, &read) {
                    locked(&self.call.prefetched).insert(key, item.clone());
                }
                read
            }
        };
        found.map_or(Ok(None), |attributes| self.decoded(attributes))
    }

    /// Reads an item or answers 404.
    ///
    /// # Errors
    /// 404 or 503.
    pub async fn get<T: Item>(&self, id: &str) -> Result<Stored<T>, Problem> {
        self.find(id).await?.ok_or_else(Problem::not_found)
    }

    /// Reads several items of any kind in one call.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn batch(&self, keys: &[Key]) -> Result<Batch<'_>, Problem> {
        let prefix = format!("{}{}#", TENANT_PREFIX, self.tenant);
        for key in keys {
            self.call.may(Uses::Read(key.table))?;
            if !key.pk.starts_with(&prefix) {
                return Err(Problem::internal("a key of another tenant"));
            }
        }
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        {
            let ahead = locked(&self.call.prefetched);
            for key in keys {
                match ahead.get(key) {
                    Some(attributes) => drop(found.insert(key.clone(), attributes.clone())),
                    None => missing.push(key.clone()),
                }
            }
        }
        if !missing.is_empty() {
            let read = self.app().database.batch_get(self.meter(), &missing).await;
            let read = read.map_err(StoreError::problem)?;
            // Keys are needed again where what they seal is answered, and stay as they are for the length of a call.
            let keys = read.iter().filter(|(key, _)| key.table == Table::Keys);
            locked(&self.call.prefetched).extend(keys.map(|(key, item)| (key.clone(), item.clone())));
            found.extend(read);
        }
        Ok(Batch { cx: self, found })
    }

    /// The key of an item of this tenant.
    #[must_use]
    pub fn key<T: Item>(&self, id: &str) -> Key {
        Key::of::<T>(&self.tenant, id)
    }
}

/// Several items, read in one call.
pub struct Batch<'a> {
    cx: &'a Context,
    found: HashMap<Key, Attrs>,
}

impl Batch<'_> {
    /// Takes one of them.
    ///
    /// # Errors
    /// 500 when it does not decode.
    pub fn take<T: Item>(&mut self, key: &Key) -> Result<Option<Stored<T>>, Problem> {
        self.found
            .remove(key)
            .map_or(Ok(None), |attributes| self.cx.decoded(attributes))
    }

    /// Takes one of several that are read alike: what cannot be read is left out and told.
    pub(crate) fn take_readable<T: Item>(&mut self, key: &Key) -> Option<Stored<T>> {
        let found = self.found.remove(key);
        found.and_then(|attributes| self.cx.readable(attributes))
    }

    /// Takes in what another read brought.
    pub(crate) fn join(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// One of them, which stays for others to look at.
    ///
    /// # Errors
    /// 500 when it does not decode.
    pub fn look<T: Item>(&self, key: &Key) -> Result<Option<Stored<T>>, Problem> {
        let found = self.found.get(key).cloned();
        found.map_or(Ok(None), |attributes| self.cx.decoded(attributes))
    }

    /// Takes the roles among them, compiled. Those that are missing grant nothing.
    ///
    /// # Errors
    /// 500 when one does not decode.
    pub fn policy(&mut self, roles: &[Key]) -> Result<Arc<Policy>, Problem> {
        let cx = self.cx;
        cx.app().policies.policy(&mut self.found, roles, |found| {
            let items = roles.iter().filter_map(|key| found.remove(key));
            let roles = items.filter_map(|item| cx.decoded::<Role>(item).transpose());
            roles.map(|role| Ok(role?.item)).collect()
        })
    }

    /// Takes one of them also where it only keeps its place.
    pub(crate) fn take_even_gone<T: Item>(&mut self, key: &Key) -> Result<Option<Stored<T>>, Problem> {
        let found = self.found.remove(key);
        found
            .map(|attributes| decode::<T>(attributes).map_err(Problem::internal))
            .transpose()
    }
}
