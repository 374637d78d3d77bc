//! Sessions of users: signed in with a password, read on every call, signed out.

pub mod create;
pub mod delete;
pub mod lock;
pub mod open;
pub mod refresh;
