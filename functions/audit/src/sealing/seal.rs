//! Sealing entries into the log of their tenant: read, plan, one transaction, and again after a lost race.

use super::{
    plan::{self, NewEntry, Plan, State},
    sign,
};
use crate::alerting::evaluate::time_of;
use crate::log::{
    Log, broken,
    items::{ExportSealItem, HeadItem, LeafItem, PartItem, SweepItem, TileItem, TouchItem},
};
use shared::{
    merkle::{TileId, tiles_to_load},
    metrics::Gauge,
    problem::Problem,
    random,
    road::Context,
    store::{AtRestBytes, Changes, Key, Stored, Update},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Seconds after which the next batch gets a checkpoint.
const CHECKPOINT_EVERY: i64 = 3600;
/// Most notes of one transaction.
const TOUCHES: usize = 80;
/// Rounds of reading again after lost races.
const ROUNDS: u32 = 20;

/// What was read, with the revisions that the writes are conditional on.
struct Seen {
    head: Option<Stored<HeadItem>>,
    tiles: BTreeMap<TileId, Stored<TileItem>>,
    /// Sizes at which exports and changes of policy of the batch have been sealed by an earlier run.
    due: BTreeSet<u64>,
    /// Below this id everything has been sealed.
    swept: Option<String>,
    state: State,
}

/// Seals what is not sealed yet, and signs a checkpoint where one is due. May be repeated at will, with
/// any entries in any order; entries that a killed run has sealed are found by their leaves.
///
/// # Errors
/// 503 when the store or KMS does not answer, or when the race was lost too often: come again.
pub async fn seal(cx: &Context, log: &Log, entries: Vec<NewEntry>) -> Result<(), Problem> {
    let mut due = BTreeSet::new();
    for batch in plan::batches(entries) {
        touch(cx, &batch).await?;
        due.extend(append(cx, log, &batch).await?);
    }
    // Signed last, so that entries are sealed also while the key does not answer.
    for size in due {
        sign::sign(cx, log, size).await?;
    }
    Ok(())
}

/// Notes which customers the entries name, before they are sealed: what is sealed is found. The same again changes nothing.
async fn touch(cx: &Context, batch: &[NewEntry]) -> Result<(), Problem> {
    let named = batch
        .iter()
        .flat_map(|entry| entry.touched.iter().map(move |customer| (customer, &entry.id)));
    let named: BTreeSet<(&String, &String)> = named.collect();
    let writes: Vec<_> = named
        .into_iter()
        .map(|(customer, entry)| {
            let noted = Update::new().text("id", customer).text("entry", entry);
            cx.update::<TouchItem>(customer, entry, noted)
        })
        .collect();
    let mut writes = writes.into_iter();
    loop {
        let some: Vec<_> = writes.by_ref().take(TOUCHES).collect();
        if some.is_empty() {
            return Ok(());
        }
        let changes = Changes {
            writes: some,
            ..Changes::new()
        };
        let lost = || Problem::unavailable("notes of customers met others");
        cx.apply(changes).await.map_err(|e| e.unwrap_or_else(lost))?;
    }
}

/// Appends one batch. Gives the sizes that checkpoints are due at: also those of exports and of changes of policy that
/// an earlier run has sealed, because it may have been killed before it signed.
async fn append(cx: &Context, log: &Log, batch: &[NewEntry]) -> Result<BTreeSet<u64>, Problem> {
    for round in 0..ROUNDS {
        let seen = read(cx, log, batch, round > 0).await?;
        let mut due = seen.due.clone();
        let Some(plan) = plan::plan(&seen.state, batch).map_err(|e| broken(cx.tenant(), log, &e))? else {
            return Ok(due);
        };
        let now = cx.app().clock.now().as_second();
        let last = seen.head.as_ref().map_or(0, |h| h.checkpoint_at);
        let policy = batch
            .iter()
            .any(|e| e.policy && !seen.state.sealed.contains(&e.id));
        let is_due = policy || !plan.exports.is_empty() || now.saturating_sub(last) >= CHECKPOINT_EVERY;
        let changes = changes(cx, log, &seen, &plan, if is_due { now } else { last })?;
        match cx.apply(changes).await {
            Ok(()) => {
                due.extend(is_due.then_some(plan.head.size));
                told(cx, &plan);
                return Ok(due);
            }
            Err(Some(problem)) => return Err(problem),
            Err(None) => {
                let most = 20u64 << round.min(4);
                let pause = Duration::from_millis(random::below(most).saturating_add(1));
                cx.app().clock.sleep(pause).await;
            }
        }
    }
    Err(Problem::unavailable(
        "the head of a log was contended for too long",
    ))
}

/// Tells how long the entries waited.
fn told(cx: &Context, plan: &Plan) {
    let now = cx.app().clock.now().as_millisecond();
    for made in plan.leaves.iter().filter_map(|leaf| time_of(&leaf.id)) {
        let lag = u32::try_from(now.saturating_sub(made).max(0)).unwrap_or(u32::MAX);
        cx.meter().note(Gauge::SealerLag, f64::from(lag));
    }
}

/// Reads the head, what is sealed of the batch, and then the tiles that the head's size names. A head that
/// moves in between fails the transaction, whatever was read with it. Most entries come for the first time, so at first nobody
/// looks whether they are sealed (`look`): a leaf that is there already fails the transaction too.
async fn read(cx: &Context, log: &Log, batch: &[NewEntry], look: bool) -> Result<Seen, Problem> {
    let head_key = cx.key::<HeadItem>(&log.id());
    let leaves: Vec<(&str, Key)> = batch
        .iter()
        .filter(|_| look)
        .map(|e| (e.id.as_str(), cx.key::<LeafItem>(&e.id)))
        .collect();
    let exports: Vec<(&str, Key)> = batch
        .iter()
        .filter_map(|e| e.export.as_deref().map(|x| (x, cx.key::<ExportSealItem>(x))))
        .collect();
    let sweep_key = cx.key::<SweepItem>(&log.region);
    let keys: Vec<Key> = [&head_key, &sweep_key]
        .into_iter()
        .chain(leaves.iter().chain(&exports).map(|(_, key)| key))
        .cloned()
        .collect();
    let mut found = cx.batch(&keys).await?;
    let head = found.take::<HeadItem>(&head_key)?;
    let swept = found.take::<SweepItem>(&sweep_key)?.map(|sweep| sweep.item.below);
    let mut state = State {
        head: head.as_ref().map(|h| h.head()).unwrap_or_default(),
        ..State::default()
    };
    let mut due = BTreeSet::new();
    for (entry, (id, key)) in batch.iter().zip(leaves) {
        if let Some(leaf) = found.take::<LeafItem>(&key)? {
            state.sealed.insert(id.to_owned());
            due.extend(entry.policy.then_some(leaf.size));
        }
    }
    for (id, key) in exports {
        if let Some(export) = found.take::<ExportSealItem>(&key)? {
            state.exports.insert(id.to_owned());
            due.insert(export.size);
        }
    }
    let mut tiles = BTreeMap::new();
    if batch.iter().any(|e| !state.sealed.contains(&e.id)) {
        tiles = log.tiles(cx, &tiles_to_load(state.head.size)).await?;
        state.tiles = tiles.iter().map(|(id, tile)| (*id, tile.contents())).collect();
    }
    Ok(Seen {
        head,
        tiles,
        due,
        swept,
        state,
    })
}

fn changes(
    cx: &Context,
    log: &Log,
    seen: &Seen,
    plan: &Plan,
    checkpoint_at: i64,
) -> Result<Changes, Problem> {
    let head = HeadItem::of(log.id(), &plan.head, checkpoint_at);
    let mut writes = vec![match &seen.head {
        Some(old) => cx.replace(old, &head)?,
        None => cx.create(&head)?,
    }];
    for (id, tile) in &plan.tiles {
        let item = TileItem::of(log.tile_id(*id), tile);
        writes.push(match seen.tiles.get(id) {
            Some(old) => cx.replace(old, &item)?,
            None => cx.create(&item)?,
        });
    }
    for leaf in &plan.leaves {
        writes.push(cx.create(&LeafItem {
            id: leaf.id.clone(),
            region: log.region.clone(),
            shard: log.shard,
            index: leaf.index,
            leaf: AtRestBytes(leaf.hash.to_vec()),
            size: plan.head.size,
            object: leaf.object.clone(),
            address: leaf.address.clone(),
        })?);
    }
    for (part, first, highest) in &plan.parts {
        writes.push(cx.create(&PartItem {
            id: log.id(),
            part: *part,
            first: *first,
            // A head from before this was kept does not know.
            highest: Some(highest.clone()).filter(|highest| !highest.is_empty()),
            swept: seen.swept.clone(),
        })?);
    }
    for export in &plan.exports {
        writes.push(cx.create(&ExportSealItem {
            id: export.clone(),
            size: plan.head.size,
            parts: plan.head.parts,
            region: log.region.clone(),
        })?);
    }
    Ok(Changes {
        writes,
        ..Changes::new()
    })
}
