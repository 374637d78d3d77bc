//! Health of the region.

pub mod read;
