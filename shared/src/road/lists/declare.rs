//! What a list declares.

use super::{
    rows::Rows,
    values::{Given, Moment},
};
use crate::{
    declaration::{
        paging::{CursorText, Limit, page},
        uses::Uses,
    },
    kernel::{
        ids,
        problem::Problem,
        record::{self, Input, Record},
        time::{Timestamp, rfc3339},
    },
    road::{context::Context, metadata::Kept, words::Words},
    store::{Item, Page, Table},
};
use futures::future::BoxFuture;
use serde::Serialize;
use std::borrow::Cow;

/// A list of one of the two indexes of a table, or a partition of the table itself.
#[derive(Clone, Copy)]
pub struct Way {
    /// 1 or 2; none for a partition.
    pub index: Option<u8>,
    /// Its name, for the value that is asked for or the path's `{id}`.
    pub name: fn(&Context, &str) -> String,
}

impl Way {
    /// A list of an index.
    #[must_use]
    pub const fn index(index: u8, name: fn(&Context, &str) -> String) -> Self {
        Self {
            index: Some(index),
            name,
        }
    }
    /// What stands below a partition, named by kind and id.
    #[must_use]
    pub const fn below(name: fn(&Context, &str) -> String) -> Self {
        Self { index: None, name }
    }
    /// What going through it needs.
    #[must_use]
    pub const fn uses(&self, table: Table) -> Uses {
        match self.index {
            Some(index) => Uses::List(table, index),
            None => Uses::Below(table),
        }
    }
}

/// A text of an item that a filter looks at.
pub type Text<T> = for<'i> fn(&'i T) -> Option<Cow<'i, str>>;

/// How the items that a filter wants are found. An attribute that DynamoDB picks by has the filter's name.
pub enum By<T> {
    /// A list of its own.
    List(Way, Text<T>),
    /// Index items of its own.
    Entry(Text<T>),
    /// Index items for values that few items have for long; the others are picked by their attribute, and a page of them fills soon.
    Rare(Text<T>, fn(&str) -> bool),
    /// Picked by its attribute.
    Attribute(Text<T>),
    /// Index items of its own, under keyed hashes of the texts.
    Words(fn(&T) -> Option<&Words>),
    /// Index items for each key of the metadata that the tenant has declared, under keyed hashes of the values.
    Metadata(fn(&T) -> Option<&Kept>),
    /// Made at this time or later.
    From,
    /// Made at this time or earlier.
    To,
}

impl<T> By<T> {
    /// What it needs of the table.
    #[must_use]
    pub const fn uses(&self, table: Table) -> Uses {
        match self {
            Self::List(way, _) => way.uses(table),
            Self::Entry(_) | Self::Rare(..) | Self::Words(_) | Self::Metadata(_) => Uses::Below(table),
            Self::Attribute(_) | Self::From | Self::To => Uses::Read(table),
        }
    }
    const fn is_entry(&self) -> bool {
        matches!(
            self,
            Self::Entry(_) | Self::Rare(..) | Self::Words(_) | Self::Metadata(_)
        )
    }
}

/// A query parameter beside `limit` and `cursor`.
pub struct Filter<T> {
    /// Its name.
    pub name: &'static str,
    /// How its items are found.
    pub by: By<T>,
}

/// By what a list is sorted: the time, and something that tells items of the same time apart.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// By ids with this prefix, which begin with the time.
    Ids(&'static str),
    /// By time and id: `2026-11-28T10:00:00.000Z#pay_…`.
    Times,
    /// By something else: there is no asking for a time.
    Other,
}

impl Order {
    /// The first and the last sort key of a millisecond.
    fn at(self, t: Timestamp) -> (String, String) {
        match self {
            Self::Ids(prefix) => ids::bounds(prefix, t.as_millisecond()),
            Self::Times | Self::Other => {
                let text = rfc3339(t);
                (text.clone(), format!("{text}#~"))
            }
        }
    }

    /// The sort keys between two times, inclusive.
    ///
    /// # Errors
    /// 422 when the end is before the beginning.
    pub(super) fn between(
        self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Option<(String, String)>, Problem> {
        if from.is_none() && to.is_none() {
            return Ok(None);
        }
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            return Err(Problem::invalid("/created_to", "is before `created_from`"));
        }
        let first = from.map_or_else(|| "!".to_owned(), |t| self.at(t).0);
        let last = to.map_or_else(|| "~".to_owned(), |t| self.at(t).1);
        Ok(Some((first, last)))
    }

    /// The time that a sort key says, RFC 3339 UTC.
    pub(super) fn time(self, sort: &str) -> Option<String> {
        match self {
            Self::Ids(_) => ids::time_of(sort).map(rfc3339),
            Self::Times => sort.split_once('#').map(|(time, _)| time.to_owned()),
            Self::Other => None,
        }
    }
}

/// A noun's list.
pub struct Plan<T: 'static> {
    /// All of it.
    pub all: Way,
    /// Its order, in every list and index.
    pub order: Order,
    /// What can be asked for. Of those that are given, the first that leads to a list of its own is read there.
    pub filters: &'static [Filter<T>],
    /// Most items of a page, whatever the caller asks for: where each has keys of its own to be read beside it.
    pub most: i32,
}

impl<T: 'static> Plan<T> {
    pub(super) const fn has_entries(&self) -> bool {
        let mut rest = self.filters;
        while let [first, more @ ..] = rest {
            if first.by.is_entry() {
                return true;
            }
            rest = more;
        }
        false
    }
}

/// Whether there is a list for this caller at all.
pub type Checked<'c> = BoxFuture<'c, Result<(), Problem>>;

/// A list endpoint, as [`crate::list`] declares it.
pub trait Lists: Send + Sync + 'static {
    /// What it lists.
    type Item: Item;
    /// One row of its answer.
    type Row: Rows<Self::Item> + Record + Serialize + Send + 'static;
    /// What comes in.
    type Input: Input + Record + Into<Asked> + Send + Sync + 'static;
    /// The declaration.
    const PLAN: Plan<Self::Item>;
    /// What the list belongs to, by the path's `{id}`: refused where the caller may not see it.
    fn within<'c>(_cx: &'c Context, _asked: &'c Asked) -> Checked<'c> {
        Box::pin(async { Ok(()) })
    }
}

/// What a caller asks a list for.
pub struct Asked {
    /// The path's `{id}`.
    pub of: Option<String>,
    /// Which page, newest first.
    pub page: Page,
    /// Filters by name, with what was given.
    pub values: Vec<(&'static str, Option<String>)>,
}

impl Asked {
    /// Without filters so far.
    #[must_use]
    pub fn new(limit: Option<Limit>, cursor: Option<CursorText>) -> Self {
        Self {
            of: None,
            page: page(limit, cursor),
            values: Vec::new(),
        }
    }
    /// Below the path's `{id}`.
    #[must_use]
    pub fn within<V: Serialize>(mut self, id: &V) -> Self {
        self.of = text(id);
        self
    }
    /// What was given for a filter.
    #[must_use]
    pub fn value<V: Serialize>(mut self, name: &'static str, value: Option<&Given<V>>) -> Self {
        self.values.push((name, value.and_then(|v| text(&v.0))));
        self
    }
    /// The path's `{id}`, as a name in lists.
    pub(super) fn id(&self) -> &str {
        self.of.as_deref().unwrap_or_default()
    }
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(n, _)| *n == name);
        found.and_then(|(_, value)| value.as_deref())
    }
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.given(name)
            .and_then(|t| Moment::parse(t).ok().map(Moment::timestamp))
    }
}

fn text<V: Serialize>(value: &V) -> Option<String> {
    match record::clear(value) {
        serde_json::Value::String(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::CustomerId;

    #[test]
    fn a_range_holds_what_was_made_in_it_and_a_key_says_when() {
        let at = |t: &str| t.parse::<Timestamp>().unwrap();
        let (before, now, after) = (
            at("2026-11-28T09:59:59.999Z"),
            at("2026-11-28T10:00:00.5Z"),
            at("2026-11-28T10:00:00.501Z"),
        );
        for order in [Order::Ids("cus"), Order::Times] {
            let key = |t| match order {
                Order::Ids(_) => CustomerId::new(t).to_string(),
                _ => format!("{}#{}", rfc3339(t), CustomerId::new(t)),
            };
            let (first, last) = order.between(Some(now), Some(now)).unwrap().unwrap();
            let within = |t| (first.as_str()..=last.as_str()).contains(&key(t).as_str());
            assert_eq!(
                [before, now, after].map(within),
                [false, true, false],
                "{order:?}"
            );
            let (first, last) = order.between(None, Some(now)).unwrap().unwrap();
            assert!(
                first < key(before) && key(now) <= last && last < key(after),
                "{order:?}"
            );
            let (first, last) = order.between(Some(now), None).unwrap().unwrap();
            assert!(
                key(before) < first && first <= key(now) && key(after) < last,
                "{order:?}"
            );
            assert_eq!(order.time(&key(now)).as_deref(), Some("2026-11-28T10:00:00.500Z"));
            assert!(order.between(None, None).unwrap().is_none());
            assert_eq!(order.between(Some(after), Some(now)).unwrap_err().status, 422);
        }
    }
}
