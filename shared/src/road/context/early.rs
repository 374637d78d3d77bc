//! Lists that are read before it is known whether the caller may call: kept with the call, and found by whoever asks for the same page.

use super::Context;
use crate::{
    access::auth::Principal,
    kernel::problem::Problem,
    road::call::{Call, Listed, locked},
    store::{Attrs, Cursor, Item, Query, StoreError},
};
use std::{collections::BTreeMap, sync::Arc};

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
        locked(&self.unreadable).append(&mut locked(&early.unreadable));
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
