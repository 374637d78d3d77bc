//! Notifications: webhooks, and the delivery of events to them (Standard Webhooks, or SOAP).

pub mod callback;
pub mod contract;
pub mod deliveries;
pub mod event_types;
mod fixed_width;
pub mod webhooks;

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<webhooks::create::Create>(),
    function::<webhooks::list::List>(),
    function::<webhooks::update::Change>(),
    function::<webhooks::delete::Delete>(),
    function::<webhooks::rotate::Rotate>(),
    function::<event_types::list::List>(),
    function::<deliveries::list::List>(),
    function::<deliveries::retry::Retry>(),
    function::<callback::read::Read>(),
    function::<contract::Read>(),
];

/// What runs on a trigger: from an event to its deliveries, from a delivery to its attempts, and the clock.
pub static WORKERS: &[Worker] = &[
    deliveries::dispatch::WORKER,
    deliveries::deliver::WORKER,
    deliveries::sweep::WORKER,
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<webhooks::WebhookItem>(),
    item::<webhooks::WebhookCount>(),
    item::<deliveries::DeliveryItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "notifications",
    version: "1.2.0",
    about: "Webhooks, and the delivery of events to them, signed after Standard Webhooks or sent as SOAP envelopes.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
