//! Pages of lists: the one that a client asks for, or all of them, one after the other.

use super::{Context, lists::bound_to};
use crate::{
    kernel::problem::Problem,
    store::{Item, Page, Stored, Table},
};
use std::marker::PhantomData;

/// A list from its oldest item on, a page at a time.
pub struct Pages<'c, T> {
    cx: &'c Context,
    table: Table,
    index: u8,
    list: &'c str,
    next: Option<Page>,
    items: PhantomData<T>,
}

impl<T: Item> Pages<'_, T> {
    /// The next page; none after the last.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Stored<T>>>, Problem> {
        let Some(page) = self.next.take() else {
            return Ok(None);
        };
        let (items, cursor) = self
            .cx
            .list_in::<T>(self.table, self.index, self.list, &page)
            .await?;
        self.next = cursor.map(|cursor| Page {
            cursor: Some(cursor),
            ..page
        });
        Ok(Some(items))
    }
}

/// A page, the cursor after it, and the sort key that it was looked through to.
pub(crate) type Seen<T> = (Vec<Stored<T>>, Option<String>, Option<String>);

impl Context {
    /// A page of an index or, without one, of a partition named by kind and id, for lists that pick from what they read: DynamoDB
    /// looks at up to `depth` items and hands out those with these texts.
    pub(crate) async fn seen<T: Item>(
        &self,
        place: (Table, Option<u8>),
        list: &str,
        page: &Page,
        equal: &[(&'static str, String)],
        depth: i32,
    ) -> Result<Seen<T>, Problem> {
        let (items, last) = self.raw::<T>(place, list, page, equal, depth).await?;
        let visible: Vec<_> = items.into_iter().filter_map(|a| self.readable::<T>(a)).collect();
        let Some(key) = last else {
            return Ok((visible, None, None));
        };
        let sort = match place.1 {
            Some(index) => key.get(&format!("gsi{index}sk")),
            None => key.get("sk"),
        };
        let sort = sort.and_then(|sort| sort.as_s().ok()).cloned();
        // Nobody goes on from a page that is read before its caller is known.
        let next = match self.call.early {
            true => None,
            false => Some(self.cursor::<T>(&bound_to(list, page, equal)).await?.make(&key)),
        };
        Ok((visible, next, sort))
    }

    /// All of a list (`index` 1 or 2), oldest first.
    #[must_use]
    pub fn oldest_first<'c, T: Item>(&'c self, index: u8, list: &'c str) -> Pages<'c, T> {
        self.oldest_first_in(T::TABLE, index, list)
    }

    /// As [`Self::oldest_first`], of items that stand in their service's table, wherever that is: intents.
    pub(crate) fn oldest_first_in<'c, T: Item>(
        &'c self,
        table: Table,
        index: u8,
        list: &'c str,
    ) -> Pages<'c, T> {
        Pages {
            cx: self,
            table,
            index,
            list,
            next: Some(Page::oldest()),
            items: PhantomData,
        }
    }
}
