//! Verification keys of access tokens.

pub mod read;
