//! The caller.

pub mod approvals;
pub mod passkeys;
pub mod password;
pub mod read;
pub mod totp;
