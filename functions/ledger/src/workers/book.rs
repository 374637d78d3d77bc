//! `book_entries`: books what the stream of the journal brings.

use crate::{books::fold::fold, entries::EntryItem};
use futures::future::BoxFuture;
use serde_json::Value;
use shared::{
    endpoint::Uses,
    ids::TenantId,
    store::{Key, Table},
    triggers::{failures, inserts},
    worker::{Place, Trigger, Work, Worker},
};
use std::{collections::BTreeMap, sync::Arc};

/// The worker.
pub const WORKER: Worker = Worker {
    name: "book_entries",
    service: "ledger",
    trigger: Trigger::Stream(&[Table::Journal]),
    place: Place::Home,
    summary: "Number journal entries, and keep balances and statements",
    uses: &[Uses::Read(Table::Journal), Uses::Write(Table::Ledger)],
    batch: 100,
    timeout: 60,
    run,
};

fn run(work: Arc<Work>, event: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let mut tenants: BTreeMap<TenantId, (Vec<Key>, Vec<String>)> = BTreeMap::new();
        for record in inserts(event)? {
            let Some((tenant, id)) = record.is_a::<EntryItem>() else {
                continue;
            };
            let Some(serde_dynamo::AttributeValue::S(effect)) = record.image.get("sk") else {
                continue;
            };
            let key = Key::sub::<EntryItem>(&tenant, &id, effect);
            let (keys, sequences) = tenants.entry(tenant).or_default();
            keys.push(key);
            sequences.push(record.sequence);
        }
        let mut failed = Vec::new();
        for (tenant, (keys, sequences)) in tenants {
            let cx = work.context(&tenant);
            let booked = async {
                // Each region's stream repeats what is written at home.
                if !cx.at_home().await? {
                    return Ok(0);
                }
                let mut entries = Vec::new();
                let mut found = cx.batch(&keys).await?;
                for key in &keys {
                    entries.extend(found.take::<EntryItem>(key)?.map(|entry| entry.item));
                }
                fold(&cx, entries).await
            };
            if let Err(problem) = booked.await {
                tracing::warn!(
                    tenant = tenant.as_str(),
                    code = problem.code,
                    internal = problem.internal,
                    "entries come again"
                );
                failed.extend(sequences);
            }
        }
        Ok(failures(failed))
    })
}
