//! XML 1.0 with namespaces, strict and bounded: a reader into a small tree, and a writer.
//!
//! quick-xml finds where tokens end. Everything else is done here: it lets two roots, missing ends, undeclared prefixes and unknown
//! entities pass. What the reader takes is well-formed and namespace-well-formed, and other parsers read the same from it; what of
//! XML it does not take are document types, processing instructions, entities but the five, encodings but UTF-8, and whatever is
//! beyond [`Limits`]. So there is nothing to expand, to fetch, or to read in two ways.

mod names;
mod read;
mod refusal;
pub mod soap;
mod tag;
mod tree;
mod write;

pub use names::{is_char, is_name};
pub use read::{Limits, read};
pub use refusal::Refusal;
pub use tag::Tag;
pub use tree::{Attribute, Element, Name, Node};
pub use write::{Unwritable, Writer};
