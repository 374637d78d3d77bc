//! Items that are read for the proof of one entry among a million, by the endpoint that gives it.

use super::{Goal, entries::entry, figure};
use crate::bootstraps::{callers::Callers, stage::Scratch};
use audit::{
    checkpoints::LatestItem,
    log::{
        Log,
        items::{LeafItem, TileItem},
    },
    sealing::plan::Tile,
};
use futures::{StreamExt, TryStreamExt, stream};
use platform::StandIns;
use serde_json::{Value, json};
use shared::{
    app::App,
    ids::TenantId,
    merkle::{self, Hash, TILE_WIDTH, leaf_hash},
    store::{AtRestBytes, Item, encode},
    time::{Clock, SystemClock},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use topology::Topology;

/// Entries of the log. Not a power of two, so that the right edge is ragged.
const SIZE: u64 = 1_000_000;
/// Items that are written at the same time.
const CONCURRENCY: usize = 16;
/// The entries that are proven: at both ends, and where tiles and levels begin and end.
const PROVEN: [u64; 8] = [0, 255, 256, 65_535, 65_536, 699_050, 983_039, 999_999];

async fn put<T: Item>(app: &App, tenant: &TenantId, item: &T) -> Result<(), String> {
    let attributes = encode(tenant, item, 1)?;
    let put = app.database.put_new(&app.meter, T::TABLE, attributes).await;
    put.map_err(|e| format!("a {} was not written: {e:?}", T::KIND))
}

fn hash(digits: &Value) -> Option<Hash> {
    let mut hash: Hash = [0; 32];
    hex::decode_to_slice(digits.as_str()?, &mut hash).ok()?;
    Some(hash)
}

/// Measures.
pub(super) async fn measure(root: &Path) -> Result<(Vec<Goal>, Value), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let topology = Topology::read(root)?;
    let scratch = Scratch::new("proof")?;
    // Without triggers: the log is what is written here.
    let stand_ins = StandIns::start(&topology, &scratch.0, clock.clone()).await?;
    let (first, address) = stand_ins.first_start(&topology, &scratch.0).await?;
    let tenant = first.get("tenant").and_then(Value::as_str).unwrap_or_default();
    let tenant = TenantId::parse(tenant).map_err(|_| "the first start named no tenant")?;
    let mut callers = Callers::new(&clock, &scratch.0, &address, first).await?;
    let app = stand_ins.app.clone();
    let log = Log::of_region(&app.config.region);

    let mut entries = BTreeMap::new();
    for index in PROVEN {
        entries.insert(index, entry(&tenant, &log.region, clock.now(), index));
    }
    // Only the entries that are proven are there; of the others their hashes are.
    let leaf = |index: u64| match entries.get(&index) {
        Some(entry) => leaf_hash(entry.body.as_bytes()),
        None => leaf_hash(&index.to_be_bytes()),
    };
    let leaves: Vec<Hash> = (0..SIZE).map(leaf).collect();
    let wrong = |e: merkle::MerkleError| e.to_string();
    let tiles = merkle::append(0, &BTreeMap::new(), &leaves).map_err(wrong)?;
    let name = |n: usize| format!("aud_{n:026}");
    let items = tiles.iter().map(|(id, hashes)| {
        let count = if id.level == 0 { hashes.len() } else { 0 };
        let begins = usize::try_from(id.index).unwrap_or(0) * TILE_WIDTH;
        let tile = Tile {
            hashes: hashes.clone(),
            entries: (begins..begins + count).map(name).collect(),
        };
        TileItem::of(log.tile_id(*id), &tile)
    });
    let (app, tenant) = (&*app, &tenant);
    stream::iter(items)
        .map(|item| async move { put(app, tenant, &item).await })
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await?;
    for (index, item) in &entries {
        let hash = leaf(*index);
        put(app, tenant, item).await?;
        let leaf = LeafItem {
            id: item.id.clone(),
            region: log.region.clone(),
            shard: log.shard,
            index: *index,
            leaf: AtRestBytes(hash.to_vec()),
            size: SIZE,
            object: item.object.clone(),
            address: item.address.clone(),
        };
        put(app, tenant, &leaf).await?;
    }
    let hashes: BTreeMap<_, _> = tiles.into_iter().collect();
    let root = merkle::root(SIZE, &hashes).map_err(wrong)?;
    let latest = LatestItem {
        id: log.id(),
        size: SIZE,
        root: hex::encode(root),
        // The endpoint hands on what was signed; whoever asked verifies it.
        body: "{}".into(),
        signature: String::new(),
    };
    put(app, tenant, &latest).await?;

    let http = console::http::client(&scratch.0.join("ca.pem"))?;
    let tokens = callers.tokens().await?;
    let bearer = tokens.bearers.first().cloned().unwrap_or_default();
    let (mut worst, mut shown) = (0.0_f64, Vec::new());
    for (index, item) in &entries {
        let path = format!("{address}/audit/v1/entries/{}/proof", item.id);
        let answer = http.get(path).bearer_auth(&bearer).send().await;
        let answer = answer.map_err(|e| e.to_string())?;
        let calls = answer.headers().get("x-ledgerkeep-calls");
        let calls = calls.and_then(|c| c.to_str().ok()).unwrap_or_default().to_owned();
        let status = answer.status();
        let proof: Value = serde_json::from_str(&answer.text().await.map_err(|e| e.to_string())?)
            .map_err(|e| e.to_string())?;
        let path = proof.get("path").and_then(Value::as_array);
        let path: Vec<Hash> = path.into_iter().flatten().filter_map(hash).collect();
        let hashes = path.len();
        let held = merkle::verify_inclusion(*index, SIZE, &leaf(*index), &path, &root);
        if !status.is_success() || held.is_err() {
            return Err(format!("no proof of entry {index}: {status} {proof}"));
        }
        let items = figure(&calls, "items")?;
        worst = worst.max(items);
        shown.push(
            json!({"index": index, "items": items, "hashes": hashes, "calls": figure(&calls, "dynamodb")?}),
        );
    }
    console::say(&format!(
        "a proof among {SIZE} entries reads {worst} items at most, those of the caller included"
    ));
    let goals = vec![Goal::most(
        "items read for the proof of one entry among a million, worst",
        worst,
        25.0,
        "items",
    )];
    Ok((goals, json!({"size": SIZE, "proofs": shown})))
}
