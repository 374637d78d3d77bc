//! Vault: card numbers, sealed one by one, and nothing of them shown but brand, first six and last four.

pub mod brand;
pub mod cards;
pub mod contract;
pub mod expiry;
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
    function::<contract::Read>(),
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[item::<payment_methods::CardItem>()];

/// The service.
pub static SERVICE: Service = Service {
    name: "vault",
    about: "Tokenised cards: stored sealed, shown masked.",
    endpoints: ENDPOINTS,
    workers: &[],
    items: ITEMS,
};
