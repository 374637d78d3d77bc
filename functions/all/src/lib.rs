//! Every service, with what it answers and what works for it: one line each.

use shared::{
    endpoint::{Function, Service},
    worker::Worker,
};

/// Every service.
pub static SERVICES: &[&Service] = &[
    &identity::SERVICE,
    &tenancy::SERVICE,
    &billing::SERVICE,
    &ledger::SERVICE,
    &vault::SERVICE,
    &payments::SERVICE,
    &risk::SERVICE,
    &notifications::SERVICE,
    &audit::SERVICE,
    &keys::SERVICE,
    &privacy::SERVICE,
    &soap::SERVICE,
];

/// A function by its name.
#[must_use]
pub fn function(name: &str) -> Option<&'static Function> {
    SERVICES
        .iter()
        .flat_map(|s| s.endpoints)
        .find(|f| f.declaration.name == name)
}

/// A worker by its name.
#[must_use]
pub fn worker(name: &str) -> Option<&'static Worker> {
    SERVICES.iter().flat_map(|s| s.workers).find(|w| w.name == name)
}

#[cfg(test)]
mod texts;
