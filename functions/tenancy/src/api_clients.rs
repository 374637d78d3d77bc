//! API clients: the systems of a tenant.

pub mod create;
