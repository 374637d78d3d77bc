//! Pages of lists: the one that a client asks for, or all of them, one after the other.

use super::Context;
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

impl Context {
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
