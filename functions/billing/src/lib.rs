//! Billing: customers, and what they are billed for.

pub mod contract;
pub mod customers;

use shared::{Function, Service, function};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<customers::create::Create>(),
    function::<customers::list::List>(),
    function::<customers::search::Search>(),
    function::<customers::read::Read>(),
    function::<contract::Read>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "billing",
    about: "Customers, and what they are billed for.",
    endpoints: ENDPOINTS,
    workers: &[],
};
