//! The catalogue of rights.

pub mod list;
