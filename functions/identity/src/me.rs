//! The caller.

pub mod passkeys;
pub mod password;
pub mod read;
pub mod totp;
