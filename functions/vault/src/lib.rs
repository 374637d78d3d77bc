//! Vault: card numbers and IBANs, sealed one by one, and nothing of them shown but brand or country, first six and last four.

pub mod account;
pub mod brand;
pub mod cards;
pub mod contract;
pub mod expiry;
pub mod iban;
pub mod number;
pub mod payment_methods;

pub use cards::Card;
pub use number::CardNumber;

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<payment_methods::create::Create>(),
    function::<payment_methods::list::List>(),
    function::<payment_methods::read::Read>(),
    function::<payment_methods::reveal::Reveal>(),
    function::<payment_methods::delete::Delete>(),
    function::<contract::Read>(),
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<payment_methods::MethodItem>(),
    item::<payment_methods::guesses::GuessesItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "vault",
    version: "1.2.0",
    about: "Tokenised cards and IBANs: stored sealed, shown masked.",
    endpoints: ENDPOINTS,
    workers: &[],
    items: ITEMS,
};
