//! `sweep_altered`: finds what a lost stream record would have told: sealed entries that are gone or are not what was
//! sealed, and business items whose last entry is gone.
//!
//! It goes through the leaves of the log and through the lists of business items, remembers how far it got, and begins
//! anew at the end.

use super::{tenants, told};
use crate::{
    alert_rules::shipped::ALTERED,
    alerting::{evaluate::time_of, items::ComparedItem, raise},
    log::{Log, items::HeadItem},
    purges::FloorItem,
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    audit::EntryItem,
    endpoint::Uses,
    ids::TenantId,
    merkle::{TILE_WIDTH, TileId, leaf_hash},
    problem::Problem,
    road::Context,
    store::{Changes, Key, Stored, Table},
    time::Timestamp,
    worker::{Place, Trigger, Work, Worker},
};
use std::{collections::BTreeSet, sync::Arc};

/// Lists that together hold the business items that people and systems change.
const LISTS: &[(Table, &str)] = &[
    (Table::Identity, "users"),
    (Table::Identity, "roles"),
    (Table::Tenancy, "api-clients"),
    (Table::Billing, "customers"),
    (Table::Vault, "payment-methods"),
    (Table::Payments, "payments"),
];
/// Most tiles of one log, and most pages of one list, in one run.
const PORTION: usize = 40;
/// Items of a page, and keys of a read.
const PAGE: usize = 100;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "sweep_altered",
    service: "audit",
    trigger: Trigger::Schedule("rate(1 hour)"),
    place: Place::EachRegion,
    summary: "Find audit entries that are gone or altered",
    uses: &[
        Uses::Home,
        Uses::Write(Table::Alerts),
        Uses::Read(Table::Audit),
        Uses::Write(Table::Audit),
        Uses::Read(Table::Seals),
        Uses::Read(Table::Identity),
        Uses::Read(Table::Tenancy),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Read(Table::Payments),
        Uses::Key(shared::crypto::Purpose::Secret),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Identity, 1),
        Uses::List(Table::Payments, 1),
        Uses::List(Table::Tenancy, 1),
        Uses::List(Table::Vault, 1),
    ],
    batch: 1,
    timeout: 600,
    run,
};

fn run(work: Arc<Work>, _: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let (mut found, mut failed) = (0usize, 0usize);
        let platform = work.context(&TenantId::platform());
        for tenant in tenants(&work).await? {
            match sweep(&work.context(&tenant), &platform).await {
                Ok(n) => found += n,
                Err(problem) => {
                    failed += 1;
                    tracing::warn!(tenant = tenant.as_str(), why = told(&problem), "not compared");
                }
            }
        }
        if failed > 0 {
            return Err(format!("{failed} tenants were not compared"));
        }
        Ok(json!({"found": found}))
    })
}

/// Compares a portion of one tenant's entries. Gives how many are not as they were.
async fn sweep(cx: &Context, platform: &Context) -> Result<usize, Problem> {
    let log = Log::here(cx);
    let below = floor(cx, &log).await?;
    let mut found = leaves(cx, &log, &below).await?;
    // Elsewhere an item may have come before its entry.
    if !cx.at_home().await? {
        return Ok(found);
    }
    for (table, list) in LISTS {
        found += items(cx, platform, *table, list, &below).await?;
    }
    Ok(found)
}

/// The first id that no purge explains.
async fn floor(cx: &Context, log: &Log) -> Result<String, Problem> {
    let floor = cx.find::<FloorItem>(&log.region).await?;
    Ok(floor.map(|f| f.item.below).unwrap_or_default())
}

/// Compares sealed entries with their leaves.
async fn leaves(cx: &Context, log: &Log, below: &str) -> Result<usize, Problem> {
    let Some(head) = cx.find::<HeadItem>(&log.id()).await? else {
        return Ok(0);
    };
    let name = format!("leaves#{}", log.id());
    let mark = cx.find::<ComparedItem>(&name).await?;
    let width = TILE_WIDTH as u64;
    let tiles = head.size.div_ceil(width);
    let begin = mark
        .as_ref()
        .and_then(|m| m.upto.parse::<u64>().ok())
        .filter(|n| *n < tiles)
        .unwrap_or(0);
    let end = tiles.min(begin.saturating_add(PORTION as u64));
    let mut found = 0;
    for index in begin..end {
        let tile = TileId { level: 0, index };
        let tiles = log.tiles(cx, &[tile]).await?;
        let contents = tiles.get(&tile).map(|t| t.contents()).unwrap_or_default();
        let (mut gone, mut altered) = (Vec::new(), Vec::new());
        let leaves: Vec<_> = contents.entries.iter().zip(&contents.hashes).collect();
        for some in leaves.chunks(PAGE) {
            let keys: Vec<Key> = some.iter().map(|(id, _)| cx.key::<EntryItem>(id)).collect();
            let mut batch = cx.batch(&keys).await?;
            for ((id, hash), key) in some.iter().zip(&keys) {
                match batch.take::<EntryItem>(key) {
                    Ok(Some(entry)) if leaf_hash(entry.body.as_bytes()) == **hash => {}
                    Ok(None) if id.as_str() < below => {}
                    Ok(None) => gone.push((*id).clone()),
                    // One that no longer decodes is no longer what it was.
                    Ok(Some(_)) | Err(_) => altered.push((*id).clone()),
                }
            }
        }
        found += tell(cx, gone, "is gone from the audit table").await?;
        found += tell(cx, altered, "is not what was sealed").await?;
    }
    remember(
        cx,
        mark,
        name,
        if end >= tiles { "0".into() } else { end.to_string() },
    )
    .await?;
    Ok(found)
}

/// Looks for the last entries of the items of a list.
async fn items(
    cx: &Context,
    platform: &Context,
    table: Table,
    list: &str,
    below: &str,
) -> Result<usize, Problem> {
    let name = format!("{}#{}#{list}", Log::here(cx).region, table.name());
    let mark = cx.find::<ComparedItem>(&name).await?;
    let mut from = mark
        .as_ref()
        .map(|m| m.upto.clone())
        .unwrap_or_else(|| " ".into());
    let mut found = 0;
    for _ in 0..PORTION {
        let page = cx
            .audited(table, list, (from.clone(), "~".into()), PAGE as i32)
            .await?;
        from = match page.last() {
            Some(last) if page.len() == PAGE => format!("{}!", last.sort),
            _ => " ".into(),
        };
        let entries: BTreeSet<String> = page.into_iter().filter_map(|i| i.entry).collect();
        let gone = absent(
            cx,
            entries.into_iter().filter(|id| id.as_str() >= below).collect(),
        )
        .await?;
        // What a tenant was founded with stands in the log of the platform, which founded it.
        let mut gone = absent(platform, gone).await?;
        if !gone.is_empty() {
            let below = floor(platform, &Log::here(platform)).await?;
            gone.retain(|id| *id >= below);
        }
        found += tell(cx, gone, "is gone from the audit table").await?;
        if from == " " {
            break;
        }
    }
    remember(cx, mark, name, from).await?;
    Ok(found)
}

/// Which of some entries are not in a tenant's log.
async fn absent(cx: &Context, entries: Vec<String>) -> Result<Vec<String>, Problem> {
    if entries.is_empty() {
        return Ok(entries);
    }
    let keys: Vec<Key> = entries.iter().map(|id| cx.key::<EntryItem>(id)).collect();
    let mut batch = cx.batch(&keys).await?;
    let mut absent = Vec::new();
    for (id, key) in entries.into_iter().zip(&keys) {
        if matches!(batch.take::<EntryItem>(key), Ok(None)) {
            absent.push(id);
        }
    }
    Ok(absent)
}

/// One alert for each entry; found again, it is the same alert.
async fn tell(cx: &Context, entries: Vec<String>, what: &str) -> Result<usize, Problem> {
    let mut told = 0;
    for entry in entries {
        let at = time_of(&entry).and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let detail = format!("The audit entry {entry} {what}.");
        tracing::error!(entry, what, "an audit entry is not as it was");
        let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
        let alert = raise::critical(cx, ALTERED, detail, vec![entry.clone()], at, &[&entry, what]);
        told += usize::from(raise::once(cx, alert).await?);
    }
    Ok(told)
}

async fn remember(
    cx: &Context,
    mark: Option<Stored<ComparedItem>>,
    id: String,
    upto: String,
) -> Result<(), Problem> {
    let item = ComparedItem { id, upto };
    let write = match &mark {
        Some(old) if old.upto == item.upto => return Ok(()),
        Some(old) => cx.replace(old, &item)?,
        None => cx.create(&item)?,
    };
    match cx.apply(Changes::new().write(write)).await {
        // A lost race: another run compares the same.
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}
