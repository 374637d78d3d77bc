//! Sessions of users: signed in with a password, read on every call, signed out.

pub mod challenge;
pub mod create;
pub mod delete;
pub mod delete_all;
pub mod list;
pub mod lock;
pub mod mfa;
pub mod open;
pub mod refresh;
