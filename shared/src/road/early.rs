//! Lists that are read before it is known whether the caller may call, so that one read brings both the caller and the keys of those
//! who are on the list. Nothing is decided by them: what is not allowed is refused as ever and has cost a read, and what is allowed
//! finds the list that it asks for read.

use super::call::{Call, Context, locked};
use crate::{
    auth::Principal,
    endpoint::Endpoint,
    problem::Problem,
    record,
    store::{Attribute, Cursor, Item, Key, Query, StoreError},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

type Attrs = HashMap<String, Attribute>;
/// The items of a page, and the key after which there are more.
type Listed = (Vec<Attrs>, Option<Attrs>);

/// Most keys that are read with the caller: what DynamoDB hands out at once is 100 items, and the rest is for the caller.
const MOST: usize = 75;

/// As many, as pages count them: a list whose rows have keys of their own keeps its pages to what is read with the caller.
pub const SEEN: i32 = 75;

/// Lists that were read early, by [`name`].
pub(crate) type Lists = HashMap<String, Listed>;

/// What `E` begins with, if it says so and the input is one.
pub(crate) async fn early<E: Endpoint>(cx: &Context, input: Value) -> Vec<Key> {
    let (Some(early), Ok(input)) = (E::EARLY, record::parse::<E::Input>(input)) else {
        return Vec::new();
    };
    let mut keys = early(cx, input).await.unwrap_or_default();
    keys.truncate(MOST);
    keys
}

/// A page by all that makes it what it is.
fn name(query: &Query<'_>, equal: &[(&'static str, String)]) -> String {
    let start: Option<BTreeMap<_, _>> = query.start.as_ref().map(|start| start.iter().collect());
    let rest = Query {
        start: None,
        ..query.clone()
    };
    format!("{rest:?}|{start:?}|{equal:?}")
}

impl Call {
    /// As somebody of whom no more is known than the tenant that a genuine token names.
    pub(crate) fn early(mut self, principal: Principal) -> Arc<Self> {
        self.scope = principal.tenant.clone().into();
        self.principal = principal;
        self.early = true;
        Arc::new(self)
    }

    /// Takes over what was read early.
    pub(crate) fn continues(&self, early: &Self) {
        *locked(&self.lists) = std::mem::take(&mut *locked(&early.lists));
    }
}

impl Context {
    /// A page as it was read early, or reads it.
    pub(super) async fn listed(
        &self,
        query: Query<'_>,
        equal: &[(&'static str, String)],
    ) -> Result<Listed, Problem> {
        let early = self.call.early.then(|| name(&query, equal));
        let known = {
            let mut lists = locked(&self.call.lists);
            // Most calls have read nothing early, and need no name to look for.
            (!lists.is_empty())
                .then(|| lists.remove(&name(&query, equal)))
                .flatten()
        };
        if let Some(read) = known {
            return Ok(read);
        }
        let read = self.app().database.query_where(self.meter(), query, equal).await;
        let read = read.map_err(StoreError::problem)?;
        if let Some(name) = early {
            locked(&self.call.lists).insert(name, read.clone());
        }
        Ok(read)
    }

    /// Where a cursor points. An early one is not verified: who reads the page then gives it to verify.
    pub(super) async fn start<T: Item>(&self, list: &str, cursor: &str) -> Result<Option<Attrs>, Problem> {
        if self.call.early {
            return Ok(Cursor::says(cursor));
        }
        Ok(self.cursor::<T>(list).await?.read(cursor))
    }
}
