//! What every function shares: declarations, the road, store, authentication, RBAC, field encryption, audit.

// The derive of `Record` names this crate by its outside name.
extern crate self as shared;

pub mod app;
pub mod archive;
pub mod audit;
pub mod auth;
pub mod backoff;
pub mod crypto;
pub mod customer;
pub mod data_role;
pub mod egress;
pub mod endpoint;
pub mod home;
pub mod ids;
pub mod limits;
pub mod logging;
pub mod mail;
pub mod merkle;
pub mod meter;
pub mod metrics;
pub mod money;
pub mod networks;
pub mod openapi;
pub mod page;
pub mod paging;
pub mod problem;
pub mod processing;
pub mod random;
pub mod rbac;
pub mod record;
pub mod road;
pub mod shape;
pub mod store;
pub mod text;
pub mod time;
pub mod trace;
pub mod triggers;
mod trust;
pub mod worker;

pub use endpoint::{Function, Service, effect, function};
pub use lambda_http::Error as LambdaError;
pub use road::{serve, serve_worker};
