//! Lists, a page at a time.

use super::Context;
use crate::{
    kernel::{ids::EntryId, problem::Problem, purpose::Purpose},
    store::{Attrs, Cursor, Item, Page, Query, Stored, Table},
};

/// Most items that are asked for at once where all are read: DynamoDB hands out a megabyte.
const AT_ONCE: i32 = 10_000;

/// What a cursor of a page must not be carried across, beside who asks and for what.
pub(super) fn bound_to(list: &str, page: &Page, equal: &[(&'static str, String)]) -> String {
    format!("{list}|{:?}|{}|{equal:?}", page.between, page.descending)
}

/// An item, as the sweep of audit entries sees it.
#[derive(Clone, Debug)]
pub struct Audited {
    /// Its partition key.
    pub pk: String,
    /// Its place in the list.
    pub sort: String,
    /// Its last audit entry, unless only the platform's own bookkeeping has written it.
    pub entry: Option<String>,
}

/// The key of an item, and its key in an index: where a list goes on after it.
fn keys_of(item: &Attrs, index: Option<u8>) -> Attrs {
    let mut names = vec!["pk".to_owned(), "sk".to_owned()];
    names.extend(
        index
            .iter()
            .flat_map(|n| [format!("gsi{n}pk"), format!("gsi{n}sk")]),
    );
    let value = |name: String| item.get(&name).cloned().map(|value| (name, value));
    names.into_iter().filter_map(value).collect()
}

impl Context {
    pub(super) async fn cursor<T: Item>(&self, list: &str) -> Result<Cursor, Problem> {
        let keys = self.tenant_key(Purpose::Secret).await?;
        let key = keys
            .current()
            .map_err(|e| Problem::unavailable(e.0))?
            .derive("cursor/v1");
        let key = key.map_err(|e| Problem::internal(e.to_string()))?;
        let roles = self.principal().policy();
        let bound = format!(
            "{}|{}|{}|{}|{list}",
            self.tenant,
            self.principal().id(),
            roles.join(","),
            T::KIND
        );
        Ok(Cursor::new(key.as_bytes(), bound))
    }

    /// Reads a page of a list (`index` 1 or 2). What the caller's filters hide is left out, and the page
    /// may then be short.
    ///
    /// # Errors
    /// 400 for a cursor that is not one of ours for this list, 503 when the store does not answer.
    pub async fn list<T: Item>(
        &self,
        index: u8,
        list: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.page_of(T::TABLE, Some(index), list, page).await
    }

    /// As [`Self::list`], of items that stand in their service's table, wherever that is: intents.
    pub(crate) async fn list_in<T: Item>(
        &self,
        table: Table,
        index: u8,
        list: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.page_of(table, Some(index), list, page).await
    }

    /// Reads a page of the items below one partition, by sort key, strongly consistent.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn list_below<T: Item>(
        &self,
        id: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.page_of(T::TABLE, None, &format!("{}#{id}", T::KIND), page)
            .await
    }

    /// Searches a list (`index` 1 or 2) for items whose attributes have these texts. DynamoDB looks at up to `depth`
    /// items of the list, and hands out what matches; a page may be short or empty and yet have a cursor.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn search<T: Item>(
        &self,
        index: u8,
        list: &str,
        page: &Page,
        equal: &[(&'static str, String)],
        depth: i32,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.found((T::TABLE, Some(index)), list, page, equal, depth)
            .await
    }

    async fn page_of<T: Item>(
        &self,
        table: Table,
        index: Option<u8>,
        list: &str,
        page: &Page,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        self.found((table, index), list, page, &[], 0).await
    }

    async fn found<T: Item>(
        &self,
        place: (Table, Option<u8>),
        list: &str,
        page: &Page,
        equal: &[(&'static str, String)],
        depth: i32,
    ) -> Result<(Vec<Stored<T>>, Option<String>), Problem> {
        let (items, last) = self.raw::<T>(place, list, page, equal, depth).await?;
        let visible: Vec<_> = items.into_iter().filter_map(|a| self.readable::<T>(a)).collect();
        let next = match last {
            Some(key) if !self.call.early => {
                Some(self.cursor::<T>(&bound_to(list, page, equal)).await?.make(&key))
            }
            _ => None,
        };
        Ok((visible, next))
    }

    /// A page as it is stored, and the key after which there are more.
    pub(super) async fn raw<T: Item>(
        &self,
        (table, index): (Table, Option<u8>),
        list: &str,
        page: &Page,
        equal: &[(&'static str, String)],
        depth: i32,
    ) -> Result<(Vec<Attrs>, Option<Attrs>), Problem> {
        self.call.may_list(table, index)?;
        let start = match &page.cursor {
            None => None,
            Some(text) => {
                let start = self.start::<T>(&bound_to(list, page, equal), text).await?;
                Some(start.ok_or_else(|| {
                    Problem::bad_request("bad_cursor", "This cursor does not belong to this list.")
                })?)
            }
        };
        let limit = page.limit.clamp(1, 100);
        let query = Query {
            table,
            tenant: &self.tenant,
            index,
            partition: list.to_owned(),
            between: page.between.clone(),
            descending: page.descending,
            limit: limit.max(depth),
            start,
        };
        let (mut items, mut last) = self.listed(query, equal).await?;
        let most = usize::try_from(limit).unwrap_or(1);
        if items.len() > most {
            items.truncate(most);
            last = items.last().map(|item| keys_of(item, index));
        }
        Ok((items, last))
    }

    /// Reads part of a list without a cursor: how a worker goes through a list, by sort key.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn within_list<T: Item>(
        &self,
        index: u8,
        list: &str,
        between: (String, String),
        limit: i32,
    ) -> Result<Vec<Stored<T>>, Problem> {
        self.call.may_list(T::TABLE, Some(index))?;
        let query = Query {
            table: T::TABLE,
            tenant: &self.tenant,
            index: Some(index),
            partition: list.to_owned(),
            between: Some(between),
            descending: false,
            limit,
            start: None,
        };
        let items = self.page(query).await?;
        Ok(items.into_iter().filter_map(|a| self.readable::<T>(a)).collect())
    }

    /// Reads which audit entry was the last about each item of part of a list, whatever the items are: how a
    /// sweep finds entries that are gone. Items that no audited call has written are left out.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn audited(
        &self,
        table: Table,
        list: &str,
        between: (String, String),
        limit: i32,
    ) -> Result<Vec<Audited>, Problem> {
        self.call.may_list(table, Some(1))?;
        let query = Query {
            table,
            tenant: &self.tenant,
            index: Some(1),
            partition: list.to_owned(),
            between: Some(between),
            descending: false,
            limit,
            start: None,
        };
        let items = self.page(query).await?;
        let text = |item: &Attrs, name: &str| item.get(name).and_then(|v| v.as_s().ok()).cloned();
        let audited = |item: &Attrs| {
            let (pk, sort) = (text(item, "pk")?, text(item, "gsi1sk")?);
            let entry = text(item, "audit").filter(|a| EntryId::parse(a).is_ok());
            Some(Audited { pk, sort, entry })
        };
        Ok(items.iter().filter_map(audited).collect())
    }

    /// Reads all of a part of an index (1 or 2) or, without one, of the items below a partition, by sort key; the latter strongly
    /// consistent. Only for what is bounded by what is asked for.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn whole<T: Item>(
        &self,
        index: Option<u8>,
        list: &str,
        between: (String, String),
    ) -> Result<Vec<Stored<T>>, Problem> {
        self.call.may_list(T::TABLE, index)?;
        let partition = match index {
            Some(_) => list.to_owned(),
            None => format!("{}#{list}", T::KIND),
        };
        let mut query = Query {
            table: T::TABLE,
            tenant: &self.tenant,
            index,
            partition,
            between: Some(between),
            descending: false,
            limit: AT_ONCE,
            start: None,
        };
        let mut all = Vec::new();
        loop {
            let (items, next) = self.listed(query.clone(), &[]).await?;
            all.extend(items.into_iter().filter_map(|a| self.readable::<T>(a)));
            if next.is_none() {
                return Ok(all);
            }
            query.start = next;
        }
    }

    async fn page(&self, query: Query<'_>) -> Result<Vec<Attrs>, Problem> {
        Ok(self.listed(query, &[]).await?.0)
    }

    /// Reads the items below one partition, by sort key, strongly consistent.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn below<T: Item>(
        &self,
        id: &str,
        between: (String, String),
        descending: bool,
        limit: i32,
    ) -> Result<Vec<Stored<T>>, Problem> {
        self.call.may_list(T::TABLE, None)?;
        let query = Query {
            table: T::TABLE,
            tenant: &self.tenant,
            index: None,
            partition: format!("{}#{id}", T::KIND),
            between: Some(between),
            descending,
            limit,
            start: None,
        };
        let items = self.page(query).await?;
        Ok(items.into_iter().filter_map(|a| self.readable::<T>(a)).collect())
    }
}
