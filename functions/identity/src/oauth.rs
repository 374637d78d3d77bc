//! OAuth 2 for API clients (RFC 6749).

pub mod token;
