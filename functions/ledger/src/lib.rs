//! The ledger: every movement of money or claim as a journal entry of double entry, and what comes of them.

pub mod accounts;
pub mod books;
pub mod chart;
pub mod contract;
pub mod entries;
pub mod journal;
pub mod months;
pub mod periods;
pub mod posting;
pub mod reports;
pub mod trial_balance;
pub mod workers;

pub use chart::Account;
pub use entries::SourceKind;
pub use posting::{Draft, post};

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<accounts::list::List>(),
    function::<accounts::statement::Statement>(),
    function::<journal::list::List>(),
    function::<journal::post::Post>(),
    function::<journal::read::Read>(),
    function::<trial_balance::read::Read>(),
    function::<periods::close::Close>(),
    function::<reports::read::Read>(),
    function::<contract::Read>(),
];

/// What runs unasked.
pub static WORKERS: &[Worker] = &[workers::book::WORKER, workers::sweep::WORKER];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<entries::EntryItem>(),
    item::<months::GateItem>(),
    item::<periods::PeriodItem>(),
    item::<books::items::HeadItem>(),
    item::<books::items::NumberItem>(),
    item::<books::items::BalanceItem>(),
    item::<books::items::RowItem>(),
    item::<books::items::MonthItem>(),
    item::<books::items::MonthTotalItem>(),
    item::<books::items::PointItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "ledger",
    version: "1.2.0",
    about: "The books: accounts, journal, statements, trial balance, closed months and reports.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
