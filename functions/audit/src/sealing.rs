//! Sealing: from entries to leaves, tiles, a new head, and signed checkpoints.

pub mod intake;
pub mod seal;
pub mod sign;
#[cfg(test)]
mod tests;

pub use crate::log::plan;
