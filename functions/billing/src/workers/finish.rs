//! `finish_invoice_payments`: payments of invoices that ended between intent and outcome are finished by asking
//! the provider.

use shared::{
    crypto::Purpose,
    endpoint::Uses,
    store::Table,
    worker::{Place, Trigger, Worker, finish_intents},
};

/// The worker. It holds what the function needs whose calls it finishes, but no card key: a number is never sent
/// a second time.
pub const WORKER: Worker = Worker {
    name: "finish_invoice_payments",
    service: "billing",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Finish payments of invoices whose outcome was not committed",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Post,
        Uses::Write(Table::Billing),
        Uses::Write(Table::Payments),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| Box::pin(finish_intents(work, crate::ENDPOINTS)),
};
