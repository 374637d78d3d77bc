//! What may know what: files and folders inside a crate, and crates among each other.
//!
//! A crate is read as text, without its macros expanded. From file to file an *import* is a `use`, or a path in code, that begins
//! with `crate`, `self`, `super` or the name of a module below; it is followed through re-exports to the file that defines what it
//! names. Code below `#[cfg(test)]` does not count: a test may use whatever helps it.
//!
//! Of a crate's imports this is demanded:
//!
//! - **Files**: no circle. A parent `noun.rs` that declares `mod verb;` may hold the types of its noun, and `noun/verb.rs` may take them
//!   by `super::`. The parent may list its children, which is `mod verb;` or `pub use verb::Thing;`; but where its own code uses
//!   something of a child, then no child that is so used may use the parent. A re-export that its own file names in code is a use.
//! - **Rooms**: a folder `noun/` and its `noun.rs` are one room. Between the rooms that stand side by side there is no circle either,
//!   so that each noun can be read after those that it is made of. A file without a folder is no room.
//! - **Layers**, where a crate has an order of its top rooms: no import from a lower room into a higher one, and no room outside of the
//!   order.
//!
//! `lib.rs` lists what is public and may use everything, so what it takes is in no circle. What is defined in it stands above every
//! layer.
//!
//! Of crates: each has a floor, a dependency goes to a lower one or stays on the floor, and some crates are kept free of others
//! altogether.

mod crates;
mod graph;
mod reader;
mod rules;

pub use crates::{Floor, Free, Package, judge, lock, packages};
pub use graph::circles;
pub use reader::{Import, Reading, read, read_texts};
pub use rules::{check, upward};
