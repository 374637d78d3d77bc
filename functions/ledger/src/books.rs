//! What is made of the journal: numbers, balances, statements, and points at which all of it was so.

pub mod fold;
pub mod items;
pub mod plan;
pub mod point;
pub mod totals;
