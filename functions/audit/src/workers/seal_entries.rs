//! `seal_entries`: seals what the stream of the audit table brings.

use super::told;
use crate::{
    log::Log,
    sealing::{
        intake::{self, Brought},
        seal,
    },
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    crypto::KeyUse,
    endpoint::Uses,
    store::Table,
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "seal_entries",
    service: "audit",
    trigger: Trigger::Stream(&[Table::Audit]),
    place: Place::EachRegion,
    summary: "Seal audit entries into the Merkle tree of their tenant",
    uses: &[Uses::Write(Table::Seals), Uses::Sign(KeyUse::Checkpoint)],
    batch: 200,
    timeout: 60,
    run,
};

fn run(work: Arc<Work>, event: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let intake = intake::read(&event, &work.app.config.region)?;
        for item in &intake.tampered {
            tracing::error!(
                event = item.event,
                key = item.key,
                "an audit entry was changed or removed"
            );
        }
        for (key, why) in &intake.malformed {
            tracing::error!(key, why, "what stands in the audit table is not an entry");
        }
        let mut failed = Vec::new();
        for (tenant, Brought { entries, records }) in intake.tenants {
            let cx = work.context(&tenant);
            if let Err(problem) = seal::seal(&cx, &Log::here(&cx), entries).await {
                tracing::warn!(
                    tenant = tenant.as_str(),
                    why = told(&problem),
                    "entries come again"
                );
                failed.extend(records);
            }
        }
        let failures: Vec<Value> = failed.iter().map(|n| json!({"itemIdentifier": n})).collect();
        Ok(json!({"batchItemFailures": failures}))
    })
}
