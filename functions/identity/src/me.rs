//! The caller.

pub mod read;
