//! Conditions that people write: typed, bounded and without effects. A condition is a [tree](Expr), which has a text form:
//!
//! ```text
//! amount > 50000 and card.brand in ["visa", "amex"] and not missing(metadata.shop)
//! ```
//!
//! Rules of the language:
//! - Types are text, number (whole), decimal, boolean, instant, and lists of texts or of numbers. Whole numbers go where decimals do.
//! - What may be **missing** (an attribute that not every event has, a text read as a decimal, a quotient whose divisor is no constant)
//!   is compared and computed with only behind `coalesce(x, otherwise)` or where `missing(x)` has been ruled out: `missing(x) or x > 3`.
//!   All else is refused when it is compiled, so that no condition misses silently.
//! - Sums, differences and products beyond ±7.9 × 10²⁸ stay there; decimals have 28 digits, the last one rounded.
//! - `and`, `or` and `coalesce` stop at the first operand that decides.
//!
//! Nothing here reads a clock, a file or a network. [`compile`] refuses more than [`NODES`] nodes and more than [`DEPTH`] levels; a
//! [`Program`] takes at most a step for a node, forwards only, and does not panic.

mod catalogue;
mod check;
mod fault;
mod kind;
mod lex;
mod number;
mod parse;
mod print;
mod program;
mod run;
mod tree;
mod zone;

pub use catalogue::{Attribute, Catalogue, Slots};
pub use check::compile;
pub use fault::{Fault, Place};
pub use kind::{Kind, Value};
pub use parse::{Source, read};
pub use print::print;
pub use program::Program;
pub use tree::{Expr, Op};

/// Most nodes of a condition: literals, members of lists, attributes and operations.
pub const NODES: usize = 2_000;
/// Most levels of operations and lists within one another.
pub const DEPTH: usize = 32;
/// Most bytes of a text form, and of a tree as JSON.
pub const BYTES: usize = 65_536;
