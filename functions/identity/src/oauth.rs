//! OAuth 2: tokens of API clients and of users (RFC 6749, RFC 7009), and what tells clients about it (RFC 8414).

mod answer;
pub mod client;
pub mod metadata;
pub(crate) mod refresh;
pub mod revoke;
pub mod token;
