//! Roles of a tenant.

pub mod list;
