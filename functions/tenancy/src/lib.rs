//! Tenancy: tenants with their keys, roles and administrators, API clients, health.

pub mod all;
pub mod api_clients;
pub mod bootstrap;
pub mod contract;
pub mod health;
pub mod tenants;

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<tenants::create::Create>(),
    function::<tenants::read::Read>(),
    function::<tenants::update::Update>(),
    function::<api_clients::create::Create>(),
    function::<api_clients::list::List>(),
    function::<api_clients::rotate::Rotate>(),
    function::<api_clients::revoke::Revoke>(),
    function::<health::read::Read>(),
    function::<contract::Read>(),
    function::<all::Read>(),
];

/// Functions with a trigger.
pub static WORKERS: &[Worker] = &[bootstrap::BOOTSTRAP];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<shared::auth::Tenant>(),
    item::<shared::auth::TenantDirectory>(),
    item::<shared::auth::ApiClient>(),
    item::<shared::home::HomeItem>(),
    item::<shared::home::GateItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "tenancy",
    version: "1.2.0",
    about: "Tenants with their keys, roles and administrators; API clients; health.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
