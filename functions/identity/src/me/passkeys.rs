//! One's own passkeys.

pub mod options;
pub mod register;
pub mod remove;
