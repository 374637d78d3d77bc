//! SOAP: operations of other services for clients that speak no REST. Rights, limits, idempotency, audit and answers are those of the
//! function that an envelope is for; here is only how it is written, and how its sender says who they are.

pub mod codec;
pub mod contract;
mod envelope;
mod fault;
mod names;
mod operations;
mod sample;
mod security;
pub mod serve;
pub mod wsdl;

pub use operations::{Operation, all as operations};
pub use sample::sample;

use shared::{Function, Service, front, function};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[front::<serve::Serve>(serve::FRONT), function::<contract::Read>()];

/// The service.
pub static SERVICE: Service = Service {
    name: "soap",
    version: "1.2.0",
    about: "Operations of other services over SOAP 1.1 and 1.2, with WS-Security.",
    endpoints: ENDPOINTS,
    workers: &[],
    items: &[],
};
