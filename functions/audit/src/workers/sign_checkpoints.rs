//! `sign_checkpoints`: once an hour a checkpoint for every log that has grown.

use super::{tenants, told};
use crate::{
    bounds::ids_at,
    checkpoints::{CheckpointItem, sizes},
    log::{
        Log,
        items::{ExportSealItem, HeadItem},
        padded,
    },
    sealing::sign::sign,
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    crypto::{KeyUse, Purpose},
    endpoint::Uses,
    problem::Problem,
    road::Context,
    store::{Key, Table},
    time::after,
    worker::{Place, Trigger, Work, Worker},
};
use std::{collections::BTreeSet, sync::Arc};

/// Seconds for which exports are looked after.
const EXPORTS: i64 = 24 * 3600;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "sign_checkpoints",
    service: "audit",
    trigger: Trigger::Schedule("rate(1 hour)"),
    place: Place::EachRegion,
    summary: "Sign a checkpoint for every log that has grown",
    uses: &[
        Uses::Write(Table::Seals),
        Uses::Read(Table::Tenancy),
        Uses::Key(Purpose::Secret),
        Uses::Sign(KeyUse::Checkpoint),
        Uses::Below(Table::Seals),
        Uses::List(Table::Seals, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 600,
    run,
};

fn run(work: Arc<Work>, _: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let (mut signed, mut failed) = (0usize, 0usize);
        for tenant in tenants(&work).await? {
            match grown(&work.context(&tenant)).await {
                Ok(n) => signed += n,
                Err(problem) => {
                    failed += 1;
                    tracing::warn!(tenant = tenant.as_str(), why = told(&problem), "no checkpoint");
                }
            }
        }
        if failed > 0 {
            return Err(format!("{failed} tenants have no checkpoint"));
        }
        Ok(json!({"signed": signed}))
    })
}

/// Signs what is due in this region's log: its head, and exports whose sealer was killed before it signed.
async fn grown(cx: &Context) -> Result<usize, Problem> {
    let log = Log::here(cx);
    let Some(head) = cx.find::<HeadItem>(&log.id()).await? else {
        return Ok(0);
    };
    let last = cx
        .below::<CheckpointItem>(&log.id(), sizes(0, u64::MAX), true, 1)
        .await?;
    let last = last.first().map_or(0, |c| c.size);
    let mut due = unsigned_exports(cx, &log).await?;
    if head.size > last {
        due.insert(head.size);
    }
    for size in &due {
        sign(cx, &log, *size).await?;
    }
    Ok(due.len())
}

async fn unsigned_exports(cx: &Context, log: &Log) -> Result<BTreeSet<u64>, Problem> {
    let now = cx.now();
    let (first, _) = ids_at("exp", after(now, -EXPORTS).as_millisecond());
    let (_, last) = ids_at("exp", now.as_millisecond());
    let list = ExportSealItem::list(&log.region);
    let recent = cx
        .within_list::<ExportSealItem>(1, &list, (first, last), 100)
        .await?;
    let sizes: BTreeSet<u64> = recent.iter().map(|e| e.size).collect();
    let mut unsigned = BTreeSet::new();
    if sizes.is_empty() {
        return Ok(unsigned);
    }
    let key = |size: u64| Key::sub::<CheckpointItem>(cx.tenant(), &log.id(), &padded(size));
    let keys: Vec<Key> = sizes.iter().map(|s| key(*s)).collect();
    let mut batch = cx.batch(&keys).await?;
    for (size, key) in sizes.into_iter().zip(&keys) {
        if batch.take::<CheckpointItem>(key)?.is_none() {
            unsigned.insert(size);
        }
    }
    Ok(unsigned)
}
