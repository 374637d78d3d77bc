//! `purge_entries`: removes what a purge names, part by part, each part and the progress in one transaction.
//!
//! A run that is killed goes on where its last transaction left it. Only entries that are sealed, and still are what was
//! sealed, are removed: what somebody has altered stays as evidence. None is removed before all of them are in the archive.

use super::{tenants, told};
use crate::{
    archive::ArchiveItem,
    log::{Log, every_entry, items::LeafItem},
    purges::{FloorItem, PurgeItem, PurgeState},
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    audit::{ChunkItem, EntryItem},
    crypto::Purpose,
    endpoint::Uses,
    merkle::leaf_hash,
    problem::Problem,
    road::Context,
    store::{Changes, Key, Stored, Table, Write},
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// Entries that are looked at for one transaction.
const PAGE: i32 = 80;
/// Most removals of one transaction.
const ACTIONS: usize = 90;
/// Most transactions of one tenant in one run.
const PARTS: usize = 500;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "purge_entries",
    service: "audit",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::EachRegion,
    summary: "Remove audit entries that a purge names",
    uses: &[
        Uses::Write(Table::Alerts),
        Uses::Read(Table::Audit),
        Uses::Write(Table::Audit),
        Uses::Purge(Table::Audit),
        Uses::Read(Table::Seals),
        Uses::Read(Table::Tenancy),
        Uses::Key(Purpose::Secret),
        Uses::Below(Table::Audit),
        Uses::List(Table::Audit, 1),
        Uses::List(Table::Audit, 2),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 300,
    run,
};

fn run(work: Arc<Work>, _: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let (mut removed, mut failed) = (0u64, 0usize);
        for tenant in tenants(&work).await? {
            match purge(&work.context(&tenant)).await {
                Ok(n) => removed = removed.saturating_add(n),
                Err(problem) => {
                    failed += 1;
                    tracing::warn!(
                        tenant = tenant.as_str(),
                        why = told(&problem),
                        "a purge goes on later"
                    );
                }
            }
        }
        if failed > 0 {
            return Err(format!("{failed} purges go on later"));
        }
        Ok(json!({"removed": removed}))
    })
}

/// Goes on with the tenant's purge in this region, if there is one. Gives how many entries it removed.
async fn purge(cx: &Context) -> Result<u64, Problem> {
    let region = Log::here(cx).region;
    let mut removed = 0u64;
    for _ in 0..PARTS {
        let Some(floor) = cx.find::<FloorItem>(&region).await? else {
            break;
        };
        let Some(running) = floor.running.clone() else {
            break;
        };
        let purge = cx.find::<PurgeItem>(running.as_str()).await?;
        let purge = purge.ok_or_else(|| Problem::internal("a purge that is at work is not there"))?;
        let archived = archived_entries(cx).await?;
        if archived < purge.size {
            tracing::info!(archived, size = purge.size, "a purge waits for the archive");
            break;
        }
        match part(cx, &floor, &purge).await {
            Ok(n) => removed = removed.saturating_add(n),
            // A lost race: another run is at work on the same.
            Err(None) => {}
            Err(Some(problem)) => return Err(problem),
        }
    }
    Ok(removed)
}

/// Entries of this region's log that are in the archive, from the first on.
async fn archived_entries(cx: &Context) -> Result<u64, Problem> {
    let known = cx.find::<ArchiveItem>(&Log::here(cx).id()).await?;
    Ok(known.map_or(0, |k| k.size))
}

/// One transaction: the next entries and the progress, or the end.
async fn part(
    cx: &Context,
    floor: &Stored<FloorItem>,
    purge: &Stored<PurgeItem>,
) -> Result<u64, Option<Problem>> {
    let between = (purge.upto.clone(), purge.below.clone());
    let entries = every_entry(cx, &between, PAGE).await.map_err(Some)?;
    let entries: Vec<Stored<EntryItem>> = entries.into_iter().filter(|e| e.id < purge.below).collect();
    let Some(last) = entries.last() else {
        return end(cx, floor, purge).await.map(|()| 0);
    };
    let mut upto = above(&last.id);
    let keys: Vec<Key> = entries.iter().map(|e| cx.key::<LeafItem>(&e.id)).collect();
    let mut leaves = cx.batch(&keys).await.map_err(Some)?;
    let (mut writes, mut removed, mut kept) = (Vec::new(), 0u64, 0u64);
    for (entry, key) in entries.iter().zip(&keys) {
        let leaf = leaves.take::<LeafItem>(key).map_err(Some)?;
        let whole =
            |l: Stored<LeafItem>| l.index < purge.size && l.leaf.0 == leaf_hash(entry.body.as_bytes());
        if !leaf.is_some_and(whole) {
            tracing::warn!(
                entry = entry.id,
                "an old entry was not sealed in time or is not what was sealed: kept"
            );
            kept = kept.saturating_add(1);
            continue;
        }
        let own = removals(cx, entry).await.map_err(Some)?;
        if writes.len() + own.len() > ACTIONS && !writes.is_empty() {
            upto = entry.id.clone();
            break;
        }
        writes.extend(own);
        removed = removed.saturating_add(1);
    }
    let next = PurgeItem {
        upto,
        removed: purge.removed.saturating_add(removed),
        kept: purge.kept.saturating_add(kept),
        ..purge.item.clone()
    };
    writes.push(cx.replace(purge, &next).map_err(Some)?);
    cx.apply(Changes {
        writes,
        ..Changes::new()
    })
    .await?;
    Ok(removed)
}

/// What removes an entry and its chunks.
async fn removals(cx: &Context, entry: &Stored<EntryItem>) -> Result<Vec<Write>, Problem> {
    let mut writes = vec![cx.delete(entry)];
    // The entry says when its details stand in chunks; a few bytes of it that only look so cost one read.
    if entry.body.contains("\"chunks\":") {
        let between = ("chunk#".to_owned(), "chunk#~".to_owned());
        let chunks = cx.below::<ChunkItem>(&entry.id, between, false, 100).await?;
        writes.extend(chunks.iter().map(|chunk| cx.delete(chunk)));
    }
    Ok(writes)
}

/// The purge is done: its last audit entry says what it removed.
async fn end(
    cx: &Context,
    floor: &Stored<FloorItem>,
    purge: &Stored<PurgeItem>,
) -> Result<(), Option<Problem>> {
    let done = PurgeItem {
        state: PurgeState::Done,
        done_at: Some(cx.now()),
        ..purge.item.clone()
    };
    let free = FloorItem {
        running: None,
        ..floor.item.clone()
    };
    let changes = Changes::new()
        .write(cx.replace(purge, &done).map_err(Some)?)
        .write(cx.replace(floor, &free).map_err(Some)?)
        .object(purge.id.as_str(), Some(&purge.item), Some(&done));
    cx.commit(changes).await
}

/// Sorts above an id and below every later one.
fn above(id: &str) -> String {
    format!("{id}!")
}
