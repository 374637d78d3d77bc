//! Who may: people, clients, tokens, roles, networks and limits.

pub mod auth;
pub mod customer;
pub mod limits;
pub mod networks;
mod password_policy;
pub mod rbac;
