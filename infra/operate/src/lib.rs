//! What an operator does, here and in an account: take-overs and moves of tenants, rotation of peppers and keys, and what is taken
//! away: bundles of the log, copies of persons' data.

pub mod export;
pub mod failover;
pub mod open_archive;
pub mod pepper;
pub mod rotate;
