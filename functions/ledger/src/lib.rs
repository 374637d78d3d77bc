//! The ledger: every movement of money or claim as a journal entry of double entry, and what comes of them.

pub mod accounts;
pub mod contract;
pub mod journal;
pub mod months;
pub mod posting;

pub use accounts::Account;
pub use journal::SourceKind;
pub use posting::{Draft, post};

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[function::<contract::Read>()];

/// What runs on a schedule.
pub static WORKERS: &[Worker] = &[];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[item::<journal::EntryItem>(), item::<months::GateItem>()];

/// The service.
pub static SERVICE: Service = Service {
    name: "ledger",
    version: "1.2.0",
    about: "The books: accounts, journal, statements, trial balance and reports.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
