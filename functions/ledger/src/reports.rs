//! Reports: what accounts of a kind moved in a month.

pub mod read;
