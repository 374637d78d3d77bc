//! What an operator does, here and in an account: take-overs and moves of tenants, rotation of peppers and keys, whether the portal
//! is as it was built, and what is taken away: bundles of the log, copies of persons' data.

pub mod check_portal;
pub mod export;
pub mod failover;
pub mod open_archive;
pub mod pepper;
pub mod rotate;
