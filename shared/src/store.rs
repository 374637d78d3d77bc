//! Typed access to DynamoDB: tenant-prefixed keys, no scan, and writes only inside a commit.

mod client;
mod cursor;
pub mod data_role;
mod entry;
mod index;
mod item;
mod maintenance;
pub mod meter;
mod page;
mod posting;
pub mod processing;
pub mod scope;
mod table;
mod write;

pub use client::{Database, Pages, Permit, Query, SENDING, StoreError, TransactError, Unguarded};
pub(crate) use client::{partition_of, reason, units};
pub use cursor::Cursor;
pub use entry::Entry;
pub use index::IndexItem;
#[cfg(test)]
pub(crate) use item::weight;
pub use item::{
    AtRestBytes, Attribute, Attributes, BlindIndex, Digest, Item, Key, Listing, Sealed, Stored,
    TENANT_PREFIX, Value, attribute, decode, encode, partition,
};
pub(crate) use item::{Attrs, HEAVIEST};
pub(crate) use maintenance::patched;
pub use maintenance::{Segment, Swept};
pub use page::Page;
pub use posting::{ENTRY_KIND, GATE_KIND, POSTED};
pub use table::Table;
pub use write::{Changes, Event, Update, Write};
