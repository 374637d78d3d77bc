//! Billing: customers, the catalogue of what they are billed for, subscriptions and invoices.

pub mod amounts;
pub mod archive;
pub mod compute;
pub mod contract;
pub mod country;
pub mod credit_notes;
pub mod customers;
pub mod invoices;
pub mod legal;
pub mod meters;
pub mod parties;
pub mod prices;
pub mod products;
pub mod rated;
pub mod retained;
pub mod subscriptions;
pub mod tax;
pub mod tax_ids;
pub mod usage;
pub mod wallets;
pub mod workers;

use shared::{
    Function, Service, effect, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<customers::create::Create>(),
    function::<customers::list::List>(),
    function::<customers::search::Search>(),
    function::<customers::read::Read>(),
    function::<customers::update::Update>(),
    function::<products::create::Create>(),
    function::<products::list::List>(),
    function::<products::read::Read>(),
    function::<products::update::Update>(),
    function::<prices::create::Create>(),
    function::<prices::list::List>(),
    function::<prices::read::Read>(),
    function::<prices::update::Update>(),
    function::<tax::put::Put>(),
    function::<tax::read::Read>(),
    function::<invoices::create::Create>(),
    function::<invoices::list::List>(),
    function::<invoices::read::Read>(),
    function::<invoices::update::Update>(),
    function::<invoices::delete::Delete>(),
    function::<invoices::read_document::Read>(),
    function::<invoices::preview::Preview>(),
    function::<invoices::finalize::Finalize>(),
    effect::<invoices::pay::Pay>(),
    function::<invoices::resolve::Settle>(),
    function::<credit_notes::void::Void>(),
    function::<credit_notes::create::Create>(),
    function::<credit_notes::list::List>(),
    function::<credit_notes::read::Read>(),
    function::<credit_notes::read_document::Read>(),
    function::<wallets::grant::Create>(),
    function::<wallets::read::Read>(),
    function::<meters::create::Create>(),
    function::<meters::list::List>(),
    function::<meters::read::Read>(),
    function::<meters::update::Update>(),
    function::<usage::record::Record>(),
    function::<usage::read::Read>(),
    function::<subscriptions::create::Create>(),
    function::<subscriptions::list::List>(),
    function::<subscriptions::read::Read>(),
    function::<subscriptions::update::Update>(),
    function::<subscriptions::cancel::Cancel>(),
    function::<subscriptions::preview::Preview>(),
    function::<subscriptions::bill_now::BillNow>(),
    function::<contract::Read>(),
];

/// What runs on a schedule.
pub static WORKERS: &[Worker] = &[
    workers::settle::WORKER,
    workers::finish::WORKER,
    workers::expire::WORKER,
    workers::retention::WORKER,
    workers::bill::WORKER,
    workers::render::WORKER,
    workers::unrendered::WORKER,
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<customers::CustomerItem>(),
    item::<customers::EmailLookup>(),
    item::<products::ProductItem>(),
    item::<prices::PriceItem>(),
    item::<tax::TaxSettingsItem>(),
    item::<invoices::InvoiceItem>(),
    item::<invoices::InvoiceCounter>(),
    item::<invoices::settle::AwaitedPayment>(),
    item::<legal::IssuedDocument>(),
    item::<legal::RenderedForm>(),
    item::<credit_notes::CreditNoteItem>(),
    item::<credit_notes::CreditNoteCounter>(),
    item::<wallets::WalletItem>(),
    item::<wallets::MovementItem>(),
    item::<meters::MeterItem>(),
    item::<usage::UsageEventItem>(),
    item::<usage::UsageBucket>(),
    item::<subscriptions::SubscriptionItem>(),
    item::<subscriptions::due::DueItem>(),
    item::<subscriptions::due::BilledItem>(),
    item::<subscriptions::used::UsedPeriod>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "billing",
    version: "1.2.0",
    about: "Customers, products, prices, usage, subscriptions and invoices.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
