//! `archive_log`: writes signed checkpoints, and entries that are older than the online time, to the bucket with Object Lock.
//!
//! What it has written it notes; killed in between it writes the same again, which becomes a further version of the object. The
//! bucket being down holds up nothing but itself, and purges, which only remove what is archived.

use super::{tenants, told};
use crate::{
    archive::{self, ArchiveItem},
    bounds::entries_at,
    checkpoints::CheckpointItem,
    entries::Chunked,
    exports::bundle,
    log::Log,
    purges::FloorItem,
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    auth::Tenant,
    crypto::Purpose,
    endpoint::Uses,
    merkle::TILE_WIDTH,
    problem::Problem,
    road::Context,
    store::{Changes, Stored, Table, Write},
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// Most checkpoints of one tenant in one run.
const CHECKPOINTS: i32 = 100;
/// Most objects of entries of one tenant in one run.
const TILES: usize = 40;
/// Seconds after which it is looked again for entries that are due.
const PATIENCE: i64 = 3600;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "archive_log",
    service: "audit",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::EachRegion,
    summary: "Archive checkpoints, and entries past their online time, where nobody can change them",
    uses: &[
        Uses::Archive,
        Uses::Write(Table::Seals),
        Uses::Read(Table::Audit),
        Uses::Read(Table::Alerts),
        Uses::Read(Table::Tenancy),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Audit, 1),
        Uses::List(Table::Audit, 2),
        Uses::List(Table::Seals, 2),
        Uses::Below(Table::Seals),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 600,
    run,
};

fn run(work: Arc<Work>, _: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let (mut archived, mut failed) = (0usize, 0usize);
        for tenant in tenants(&work).await? {
            match archive(&work.context(&tenant)).await {
                Ok(n) => archived += n,
                Err(problem) => {
                    failed += 1;
                    tracing::warn!(
                        tenant = tenant.as_str(),
                        why = told(&problem),
                        "an archive goes on later"
                    );
                }
            }
        }
        if failed > 0 {
            return Err(format!("{failed} archives go on later"));
        }
        Ok(json!({"archived": archived}))
    })
}

/// Archives what is due of this region's log of one tenant. Gives how many objects that made.
async fn archive(cx: &Context) -> Result<usize, Problem> {
    cx.may(Uses::Archive)?;
    let log = Log::here(cx);
    let keys = [
        cx.key::<Tenant>(cx.tenant().as_str()),
        cx.key::<ArchiveItem>(&log.id()),
        cx.key::<FloorItem>(&log.region),
    ];
    let mut batch = cx.batch(&keys).await?;
    let [tenant, known, floor] = &keys;
    let tenant = batch.take::<Tenant>(tenant)?.map(|t| t.item);
    let known = batch.take::<ArchiveItem>(known)?;
    let floor = batch.take::<FloorItem>(floor)?;
    let awaited = floor.is_some_and(|f| f.running.is_some());
    let made = checkpoints(cx, &log, tenant.as_ref()).await?;
    Ok(made + entries(cx, &log, tenant.as_ref(), known, awaited).await?)
}

/// Archives checkpoints that are not there yet.
async fn checkpoints(cx: &Context, log: &Log, tenant: Option<&Tenant>) -> Result<usize, Problem> {
    let list = CheckpointItem::unarchived(&log.region);
    let due = cx
        .within_list::<CheckpointItem>(2, &list, (" ".into(), "~".into()), CHECKPOINTS)
        .await?;
    for checkpoint in &due {
        let name = archive::checkpoint(cx.tenant(), log, checkpoint.size);
        let line = bundle::checkpoint_line(&checkpoint.body, &checkpoint.signature)?;
        put(cx, &name, "application/json", line.into_bytes(), tenant).await?;
        let noted = CheckpointItem {
            archived_at: Some(cx.app().clock.now()),
            ..checkpoint.item.clone()
        };
        note(cx, cx.replace(checkpoint, &noted)?).await?;
    }
    Ok(due.len())
}

/// Archives entries in the order of the log, up to the last one that is past the online time: once an hour, so that a quiet log
/// makes no object for each entry, or when a purge awaits it.
async fn entries(
    cx: &Context,
    log: &Log,
    tenant: Option<&Tenant>,
    mut known: Option<Stored<ArchiveItem>>,
    awaited: bool,
) -> Result<usize, Problem> {
    let now = cx.app().clock.now().as_second();
    let at = known.as_ref().map_or(0, |k| k.at);
    if !awaited && now < at.saturating_add(PATIENCE) {
        return Ok(0);
    }
    let months = tenant.map_or(Tenant::online(), |t| t.online_months);
    let bound = archive::months_ago(cx.now(), months).as_millisecond();
    let due = log.sealed_below(cx, &entries_at(bound).0).await?;
    let width = TILE_WIDTH as u64;
    for made in 0..TILES {
        let size = known.as_ref().map_or(0, |k| k.size);
        if size >= due {
            remember(cx, log, known, size, now).await?;
            return Ok(made);
        }
        let first = size / width * width;
        let end = due.min(first.saturating_add(width));
        tile(cx, log, tenant, first, end).await?;
        remember(cx, log, known, end, at).await?;
        known = cx.find::<ArchiveItem>(&log.id()).await?;
    }
    Ok(TILES)
}

/// Notes how far the archive is, and when it last had all that was due.
async fn remember(
    cx: &Context,
    log: &Log,
    known: Option<Stored<ArchiveItem>>,
    size: u64,
    at: i64,
) -> Result<(), Problem> {
    let next = ArchiveItem {
        id: log.id(),
        size,
        at,
    };
    let write = match &known {
        Some(old) => cx.replace(old, &next)?,
        None => cx.create(&next)?,
    };
    note(cx, write).await
}

/// Puts the entries of a tile, and the details of the large ones before them.
async fn tile(cx: &Context, log: &Log, tenant: Option<&Tenant>, first: u64, end: u64) -> Result<(), Problem> {
    let (places, bodies) = bundle::contents(cx, log, first, end).await?;
    for place in &places {
        let body = bodies.get(&place.id).filter(|b| b.contains("\"chunks\":"));
        let parsed = body.and_then(|b| serde_json::from_str(b).ok());
        let Some(chunked) = parsed.as_ref().and_then(Chunked::of) else {
            continue;
        };
        // As they are: whoever reads them holds them against the hash in the entry.
        let text = chunked.text(cx, &place.id).await?;
        let name = archive::details(cx.tenant(), log, &place.id);
        put(cx, &name, "application/json", text.into_bytes(), tenant).await?;
    }
    let lines = bundle::numbered(cx, log, (first, end), &places, &bodies).await?;
    let mut text = lines.join("\n");
    text.push('\n');
    let name = archive::entries(cx.tenant(), log, first);
    put(cx, &name, "application/jsonl", text.into_bytes(), tenant).await
}

async fn put(
    cx: &Context,
    name: &str,
    kind: &str,
    body: Vec<u8>,
    tenant: Option<&Tenant>,
) -> Result<(), Problem> {
    let now = cx.app().clock.now();
    let until = archive::locked_until(now, tenant);
    let put = cx.app().archive().await?.put(name, kind, body, until);
    put.await.map(drop).map_err(Problem::unavailable)
}

async fn note(cx: &Context, write: Write) -> Result<(), Problem> {
    match cx.apply(Changes::new().write(write)).await {
        // A lost race: another run archives the same.
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}
