//! One's own second factor.

pub mod confirm;
pub mod enrol;
pub mod remove;
