//! The steps of an operator's take-over, each told as it is done.

use super::SIDE_BY_SIDE;
use audit::log::{
    Log,
    items::{HeadItem, TileItem},
};
use console::say;
use futures::{
    StreamExt, TryStreamExt,
    future::{Either, select},
    stream,
};
use serde_json::{Value, json};
use shared::{
    app::App,
    audit::EntryItem,
    auth::TenantDirectory,
    home::{
        HomeItem, LEASE, TAKEOVER,
        repair::{Repaired, compare, repair, replay},
        takeover::Takeover,
    },
    ids::{EntryId, TenantId},
    merkle::TileId,
    store::{Item, Key, Query, StoreError, decode},
    time::{Timestamp, after},
};
use std::{collections::BTreeSet, pin::pin, sync::Arc, time::Duration};

/// How often it is looked whether everything has arrived.
const LOOK: Duration = Duration::from_secs(2);

/// How often it is told that a wait goes on.
const TELL: Duration = Duration::from_secs(3);

/// Shuts the gates of tenants in a region.
pub(super) async fn shut(takeover: &Takeover, app: &App, homes: &[HomeItem]) -> Result<(), String> {
    let shut = stream::iter(homes).map(|home| takeover.shut(app, home));
    shut.buffer_unordered(SIDE_BY_SIDE).try_collect().await
}

/// Whether a region's tables answer: the gates of one tenant are shut there. An answer is not waited for any longer than leases are.
///
/// # Errors
/// Why not.
pub(super) async fn reached(takeover: &Takeover, app: &App, home: &HomeItem) -> Result<(), String> {
    let asked = pin!(takeover.shut(app, home));
    match select(asked, takeover.to.clock.sleep(TAKEOVER)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err("timeout".into()),
    }
}

/// Shuts the gates of the regions that are known to answer, then waits until no lease of an older epoch can hold.
pub(super) async fn close_and_wait(takeover: &Takeover, open: &[HomeItem]) -> Result<(), String> {
    if open.is_empty() {
        return Ok(());
    }
    let clock = &takeover.to.clock;
    // Since the home item was put, which is before this, nobody gets another lease.
    let end = clock.monotonic().saturating_add(TAKEOVER);
    shut(takeover, &takeover.to, open).await?;
    if let Some(old) = &takeover.old {
        shut(takeover, old, open).await?;
    }
    loop {
        let left = end.saturating_sub(clock.monotonic());
        if left.is_zero() {
            return Ok(());
        }
        say(&format!(
            "nobody writes any more in {:.0} s at the latest",
            left.as_secs_f64()
        ));
        clock.sleep(left.min(TELL)).await;
    }
}

/// Waits until everything that the old home wrote is in the new one.
pub(super) async fn drain(
    takeover: &Takeover,
    home: &HomeItem,
    minutes: u32,
    patience: u64,
) -> Result<(), String> {
    let clock = &takeover.to.clock;
    let end = clock.monotonic().saturating_add(Duration::from_secs(patience));
    loop {
        let old = takeover.old.as_deref();
        let found = compare(
            &takeover.to,
            old,
            &takeover.from,
            &home.id,
            back(takeover, minutes),
            &BTreeSet::new(),
        )
        .await?;
        let missing = found.missing.len();
        if missing == 0 {
            return Ok(());
        }
        say(&format!("{}: {missing} items have not arrived yet", home.id));
        if clock.monotonic() >= end {
            return Err(format!(
                "{} still moves: run this again, or call it off with --to {}",
                home.id, home.region
            ));
        }
        clock.sleep(LOOK).await;
    }
}

/// Compares while nothing can be changed yet anyway: the entries of which everything has arrived. Nobody waits for that in the end,
/// and what this cannot read is read then.
pub(super) async fn compared(takeover: &Takeover, home: &HomeItem, minutes: u32) -> BTreeSet<String> {
    let since = back(takeover, minutes);
    let none = BTreeSet::new();
    let found = compare(&takeover.to, None, &takeover.from, &home.id, since, &none).await;
    found.map(|found| found.whole).unwrap_or_default()
}

/// Compares and repairs, and says so: what the entry is to tell, and whether all of it is there.
async fn repaired(
    takeover: &Takeover,
    home: &HomeItem,
    since: Timestamp,
    whole: &BTreeSet<String>,
) -> Result<(Value, bool), String> {
    let old = takeover.old.as_deref();
    let found = compare(&takeover.to, old, &takeover.from, &home.id, since, whole).await?;
    let repaired = repair(&takeover.to, old, &found).await?;
    let gaps = gaps(&takeover.to, &home.id, &takeover.from, since, whole).await?;
    tell(home, found.entries, &repaired, &gaps);
    let report = json!({"entries": found.entries, "repaired": repaired.json(), "missing_entries": gaps,
        "reached": old.is_some()});
    Ok((report, repaired.lost.is_empty() && gaps.is_empty()))
}

fn back(takeover: &Takeover, minutes: u32) -> Timestamp {
    after(takeover.to.clock.now(), -60 * i64::from(minutes))
}

/// Repairs, notes and hands over one tenant. `false` when something was lost.
pub(super) async fn finish(
    takeover: &Takeover,
    home: &HomeItem,
    minutes: u32,
    whole: &BTreeSet<String>,
) -> Result<(HomeItem, bool), String> {
    let (report, whole) = repaired(takeover, home, back(takeover, minutes), whole).await?;
    let next = takeover.conclude(home, report).await?;
    say(&format!(
        "{}: in {} since epoch {}",
        next.id, next.region, next.epoch
    ));
    Ok((next, whole))
}

/// Shuts the gates of a region that could not be reached when the tenant was taken over, and copies what had not arrived.
pub(super) async fn revisit(takeover: &Takeover, home: &HomeItem, minutes: u32) -> Result<bool, String> {
    if let Some(old) = &takeover.old {
        takeover.shut(old, home).await?;
    }
    let since = after(home.changed_at, -60 * i64::from(minutes));
    let (report, whole) = repaired(takeover, home, since, &BTreeSet::new()).await?;
    if report.pointer("/repaired/copied") != Some(&json!(0)) {
        takeover.note(&home.id, home.epoch, report).await?;
    }
    Ok(whole)
}

/// Sends events again, once every process of the new home knows that it is.
pub(super) async fn events(app: &App, homes: &[HomeItem], minutes: u32) -> Result<(), String> {
    let window = 60 * i64::from(minutes);
    let recent = |h: &&HomeItem| after(h.changed_at, window) > app.clock.now();
    let recent: Vec<&HomeItem> = homes.iter().filter(recent).collect();
    if !recent.is_empty() {
        app.clock
            .sleep(LEASE.saturating_add(Duration::from_secs(1)))
            .await;
    }
    for home in recent {
        let sent = replay(app, &home.id, home.epoch, after(home.changed_at, -window)).await?;
        if sent > 0 {
            say(&format!("{}: {sent} events are looked at again", home.id));
        }
    }
    Ok(())
}

fn tell(home: &HomeItem, entries: usize, repaired: &Repaired, gaps: &[String]) {
    let Repaired {
        copied,
        released,
        lost,
    } = repaired;
    say(&format!(
        "{}: {entries} entries compared, {copied} items copied, {released} idempotency records released, {} lost",
        home.id,
        lost.len()
    ));
    for [entry, table, key] in lost {
        say(&format!("  lost: {table} {key} of {entry}"));
    }
    for entry in gaps {
        say(&format!("  lost: the entry {entry}, which its log has sealed"));
    }
}

/// Every tenant of the directory, and the platform itself.
pub(super) async fn tenants(app: &App) -> Result<Vec<TenantId>, String> {
    let platform = TenantId::platform();
    let query = Query {
        table: TenantDirectory::TABLE,
        tenant: &platform,
        index: Some(1),
        partition: TenantDirectory::LIST.to_owned(),
        between: None,
        descending: false,
        limit: 100,
        start: None,
    };
    let mut pages = app.database.pages(&app.meter, query);
    let mut all = vec![platform.clone()];
    while let Some(items) = pages.next().await.map_err(StoreError::told)? {
        for item in items {
            let id = decode::<TenantDirectory>(item)?.item.id;
            if !id.is_platform() {
                all.push(id);
            }
        }
    }
    Ok(all)
}

/// Entries that the other region's log has sealed, and that have not arrived.
async fn gaps(
    app: &Arc<App>,
    tenant: &TenantId,
    from: &str,
    since: Timestamp,
    whole: &BTreeSet<String>,
) -> Result<Vec<String>, String> {
    let log = Log::of_region(from);
    let head = Key::of::<HeadItem>(tenant, &log.id());
    let Some(head) = app
        .database
        .get(&app.meter, &head)
        .await
        .map_err(StoreError::told)?
    else {
        return Ok(Vec::new());
    };
    let size = decode::<HeadItem>(head)?.item.size;
    let width = shared::merkle::TILE_WIDTH as u64;
    let first: String = EntryId::new(since).to_string().chars().take(14).collect();
    let mut gaps = Vec::new();
    for index in (0..size.div_ceil(width)).rev() {
        let key = Key::of::<TileItem>(tenant, &log.tile_id(TileId { level: 0, index }));
        let Some(tile) = app
            .database
            .get(&app.meter, &key)
            .await
            .map_err(StoreError::told)?
        else {
            continue;
        };
        let entries = decode::<TileItem>(tile)?.item.entries;
        let done = entries.first().is_some_and(|e| *e < first);
        let recent = entries.into_iter().filter(|e| *e >= first && !whole.contains(e));
        let recent: Vec<String> = recent.collect();
        for some in recent.chunks(100) {
            let keys: Vec<Key> = some.iter().map(|e| Key::of::<EntryItem>(tenant, e)).collect();
            let found = app
                .database
                .batch_get(&app.meter, &keys)
                .await
                .map_err(StoreError::told)?;
            let absent = some.iter().zip(&keys).filter(|(_, key)| !found.contains_key(key));
            gaps.extend(absent.map(|(entry, _)| entry.clone()));
        }
        if done {
            break;
        }
    }
    gaps.sort();
    Ok(gaps)
}
