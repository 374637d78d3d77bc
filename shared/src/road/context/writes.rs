//! What is to be changed, and what a worker changes by itself.

use super::Context;
use crate::{
    declaration::uses::Uses,
    kernel::problem::Problem,
    road::{call::Who, commit::Verdict},
    store::{Changes, Item, Key, StoreError, Stored, Update, Write, decode, encode},
};

impl Context {
    /// Reserves something with one conditional update before costly work, such as a sign-in attempt. Like a commit it is made at
    /// home only; no gate stands before a single update, so that a process which is frozen right before it sends may count an
    /// attempt late.
    /// `Err(item)` gives the item as it is when the condition fails.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn reserve<T: Item>(
        &self,
        id: &str,
        sort: &str,
        update: &Update,
    ) -> Result<Result<Stored<T>, Option<Stored<T>>>, Problem> {
        self.call.may(Uses::Write(T::TABLE))?;
        let mut guard = self.call.guard(&self.tenant).await?;
        let key = Key::sub::<T>(&self.tenant, id, sort);
        let database = &self.app().database;
        match database.update(self.meter(), &mut guard, &key, update).await {
            Ok(attributes) => decode::<T>(attributes).map(Ok).map_err(Problem::internal),
            Err(StoreError::Condition(None)) => Ok(Err(None)),
            Err(StoreError::Condition(Some(attributes))) => decode::<T>(attributes)
                .map(|s| Err(Some(s)))
                .map_err(Problem::internal),
            Err(StoreError::Unavailable(why)) => Err(Problem::unavailable(why)),
        }
    }

    /// A write that makes a new item in this tenant.
    ///
    /// # Errors
    /// 500 when it does not encode.
    pub fn create<T: Item>(&self, item: &T) -> Result<Write, Problem> {
        Write::create(&self.tenant, item)
    }

    /// A write that replaces what was read.
    ///
    /// # Errors
    /// 500 when it does not encode.
    pub fn replace<T: Item>(&self, old: &Stored<T>, new: &T) -> Result<Write, Problem> {
        Write::replace(&self.tenant, old, new)
    }

    /// A write that removes what was read.
    #[must_use]
    pub fn delete<T: Item>(&self, old: &Stored<T>) -> Write {
        Write::delete(&self.tenant, old)
    }

    /// A write that demands that what was read is still so.
    #[must_use]
    pub fn check<T: Item>(&self, seen: &Stored<T>) -> Write {
        Write::check(&self.tenant, seen)
    }

    /// A write that changes single attributes.
    #[must_use]
    pub fn update<T: Item>(&self, id: &str, sort: &str, update: Update) -> Write {
        Write::update::<T>(&self.tenant, id, sort, update)
    }

    /// A write that demands that there is no such item, or that its `until` (unix seconds) has come.
    #[must_use]
    pub fn absent_or_over<T: Item>(&self, id: &str) -> Write {
        Write::absent_or_over::<T>(&self.tenant, id, self.now().as_second())
    }

    /// Keeps an item of somebody who is not the platform, outside every commit; `false` when there is one
    /// under its key. For the sandbox payment provider only: a real provider keeps its side itself.
    ///
    /// # Errors
    /// 503 when the store does not answer; the item may have been kept all the same.
    pub async fn outside_put<T: Item>(&self, item: &T) -> Result<bool, Problem> {
        self.call.may(Uses::Write(T::TABLE))?;
        let attributes = encode(&self.tenant, item, 1).map_err(Problem::internal)?;
        let provider = &self.app().provider;
        let put = provider
            .put_new(&self.meter().outside(), T::TABLE, attributes)
            .await;
        match put {
            Ok(()) => Ok(true),
            Err(StoreError::Condition(_)) => Ok(false),
            Err(StoreError::Unavailable(why)) => Err(Problem::unavailable(why)),
        }
    }

    /// Reads what [`Self::outside_put`] has kept.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn outside_get<T: Item>(&self, id: &str) -> Result<Option<T>, Problem> {
        self.call.may(Uses::Read(T::TABLE))?;
        let (provider, key) = (&self.app().provider, self.key::<T>(id));
        let found = provider.get(&self.meter().outside(), &key).await;
        found
            .map_err(StoreError::problem)?
            .map(|a| {
                decode::<T>(a)
                    .map(|stored| stored.item)
                    .map_err(Problem::internal)
            })
            .transpose()
    }
}

impl Context {
    /// Commits a worker's changes with their events and an audit entry. `Err(None)` is a lost race.
    ///
    /// # Errors
    /// The `otherwise` of a failed write, `None` for a lost race, or 503.
    pub async fn commit(&self, changes: Changes) -> Result<(), Option<Problem>> {
        if !matches!(self.call.who, Who::Worker(_)) {
            return Err(Some(Problem::internal("only workers commit by themselves")));
        }
        let verdict = Verdict {
            outcome: "succeeded",
            status: 200,
            code: None,
            answer: None,
        };
        match self.call.commit(changes, Vec::new(), &verdict).await {
            Ok(()) => Ok(()),
            Err(problem) if problem.raced => Err(None),
            Err(problem) => Err(Some(problem)),
        }
    }

    /// Applies a worker's changes without an audit entry of their own: state that only counts or moves what
    /// an audited call has started. `Err(None)` is a lost race.
    ///
    /// # Errors
    /// The `otherwise` of a failed write, `None` for a lost race, or 503.
    pub async fn apply(&self, changes: Changes) -> Result<(), Option<Problem>> {
        if !matches!(self.call.who, Who::Worker(_)) {
            return Err(Some(Problem::internal("only workers write outside a commit")));
        }
        self.call.within_walls(self.tenant(), &changes).map_err(Some)?;
        if let Some(founded) = &changes.founds {
            self.call.found(founded).await.map_err(Some)?;
        }
        let name = self.principal().id();
        match self.call.transact(Write::whole(changes.writes), &name).await {
            Ok(()) => Ok(()),
            Err(problem) if problem.raced => Err(None),
            Err(problem) => Err(Some(problem)),
        }
    }
}
