//! Index items: further keys under which an item is found, where the two indexes of its table do not serve. They stand in the table
//! itself, below a partition for each value, so that one costs a write of its own and none in an index.

use super::{
    entry::Entry,
    item::Item,
    processing::{Basis, Processing, Reach, Subjects},
    table::Table,
};
use crate::kernel::record::Record;
use serde::{Deserialize, Serialize};

/// An index item. It is written and removed with the item that it leads to, whose own condition decides about both.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct IndexItem {
    /// Kind, filter and value; a value that is personal is a keyed hash.
    #[internal]
    pub list: String,
    /// The sort key.
    #[public]
    pub sort: String,
    /// The id of the item.
    #[public]
    pub of: String,
    /// Whose key opens it.
    #[public]
    pub subject: Option<String>,
}

impl IndexItem {
    /// The list of a kind of item under a filter's value.
    #[must_use]
    pub fn list_of<T: Item>(list: &str) -> String {
        format!("{}#{list}", T::KIND)
    }

    pub(super) fn leading<T: Item>(id: &str, entry: &Entry) -> Self {
        Self {
            list: Self::list_of::<T>(&entry.list),
            sort: entry.sort.clone(),
            of: id.to_owned(),
            subject: entry.subject.clone(),
        }
    }
}

// The table is that of the item it leads to.
impl Item for IndexItem {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "index";
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Find items by reference, state and metadata; what is personal is a keyed hash",
        Subjects::Customers,
        Basis::Contract,
        "As long as the item that it leads to",
        Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.list
    }
    fn sort(&self) -> String {
        self.sort.clone()
    }
}
