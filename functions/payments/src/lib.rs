//! Payments: authorise, capture, cancel, refund; and the workers that find out what a provider never told.

pub mod books;
pub mod charge;
pub mod contract;
pub mod cvv;
mod names;
pub mod payments;
pub mod provider;
pub mod questions;
pub mod refunds;
pub mod settle;
pub mod workers;

use shared::{
    Function, Service, effect, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    effect::<payments::create::Create>(),
    function::<payments::list::List>(),
    function::<payments::read::Read>(),
    effect::<payments::capture::Capture>(),
    effect::<payments::cancel::Cancel>(),
    effect::<refunds::create::Create>(),
    function::<refunds::list::List>(),
    function::<refunds::list_all::List>(),
    function::<refunds::read::Read>(),
    function::<contract::Read>(),
];

/// What runs on a schedule.
pub static WORKERS: &[Worker] = &[
    workers::sync::WORKER,
    workers::finish::WORKER,
    workers::review::WORKER,
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<payments::PaymentItem>(),
    item::<refunds::RefundItem>(),
    item::<questions::OpenQuestion>(),
    item::<provider::SandboxItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "payments",
    version: "1.2.0",
    about: "Payments and refunds: authorise, capture, cancel, refund.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
