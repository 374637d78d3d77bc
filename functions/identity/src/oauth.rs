//! OAuth 2: tokens of API clients and of users (RFC 6749, RFC 7009).

mod refresh;
pub mod revoke;
pub mod token;
