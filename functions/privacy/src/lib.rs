//! Privacy: requests of data subjects, the register of processing, and breaches with their clock (GDPR).

pub mod breaches;
pub mod contract;
pub mod map;
pub mod register;
pub mod requests;
pub mod workers;

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<requests::create::Create>(),
    function::<requests::list::List>(),
    function::<requests::read::Read>(),
    function::<requests::decide::Decide>(),
    function::<register::Read>(),
    function::<breaches::create::Create>(),
    function::<breaches::list::List>(),
    function::<breaches::notify::Notify>(),
    function::<contract::Read>(),
];

/// What runs on a schedule.
pub static WORKERS: &[Worker] = &[workers::fulfil::WORKER, workers::watch::WORKER];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<requests::RequestItem>(),
    item::<requests::archive::PartItem>(),
    item::<breaches::BreachItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "privacy",
    version: "1.2.0",
    about: "Requests of data subjects, the register of processing, and breaches.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
