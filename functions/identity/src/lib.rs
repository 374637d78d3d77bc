//! Identity: sign-in, sessions, OAuth tokens and verification keys.

pub mod contract;
pub mod jwks;
pub mod me;
pub mod oauth;
pub mod sessions;

use shared::{Function, Service, function};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<sessions::create::Create>(),
    function::<sessions::delete::Delete>(),
    function::<oauth::token::Token>(),
    function::<jwks::read::Read>(),
    function::<me::read::Read>(),
    function::<contract::Read>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "identity",
    about: "Sign-in, sessions, OAuth tokens and verification keys.",
    endpoints: ENDPOINTS,
    workers: &[],
};
