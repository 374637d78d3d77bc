//! The caller.

pub mod password;
pub mod read;
pub mod totp;
