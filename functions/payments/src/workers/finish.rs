//! `finish_intents`: calls that ended between intent and outcome are finished by asking the provider.

use super::{PATIENCE, for_tenants};
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    road::resume_intents,
    store::Table,
    worker::{Trigger, Worker},
};

/// The worker. It holds what the functions need whose calls it finishes, but no card key: a number is never
/// sent a second time.
pub const WORKER: Worker = Worker {
    name: "finish_intents",
    service: "payments",
    trigger: Trigger::Schedule("rate(1 minute)"),
    summary: "Finish calls whose outcome was not committed",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Payments),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Secret),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let finished = for_tenants(&work, |work, tenant| async move {
                resume_intents(work, crate::ENDPOINTS, &tenant, PATIENCE).await
            });
            Ok(json!({"finished": finished.await?}))
        })
    },
};
