//! What an operator does, here and in an account: take-overs and moves of tenants, rotation of peppers and keys.

pub mod failover;
pub mod pepper;
pub mod rotate;
