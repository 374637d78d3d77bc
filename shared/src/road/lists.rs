//! Lists, each declared once: which item, by what it can be asked for, in which order. From the declaration come the query parameters
//! of the contract, the index items that the item writes, the permissions of the function's role, and the read that answers it.
//!
//! An item stands in the two indexes of its table and, where these do not serve, below index items ([`crate::store::IndexItem`]). The
//! first filter that leads to a list of its own is read there, and the others pick from it. A page that picks is full, or says
//! how far it has looked.

mod answer;
mod declare;
mod macros;
mod rows;
mod values;

pub use answer::{answer, begins, early, entries};
pub use declare::{Asked, By, Checked, Filter, Lists, Order, Plan, Way};
pub use rows::{Beside, Rows};
pub use values::{Given, MetadataFilter, Moment};
