//! The log of one tenant, region and shard as it stands in the seals table: head, tiles, leaves, parts.

pub mod items;
mod padded;
pub mod plan;

pub use padded::padded;

use crate::{
    bounds::entries_at,
    log::items::{LeafItem, TileItem},
};
use shared::{
    audit::EntryItem,
    ids::TenantId,
    merkle::{self, Hash, TileId},
    problem::Problem,
    road::{Context, Page},
    store::{Key, Stored},
};
use std::collections::BTreeMap;

/// Entries that are looked at for the newest one that is sealed.
const NEWEST: i32 = 5;

/// Which log of a tenant. Each region seals what its own functions wrote, so no two regions write one head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Region of the functions that wrote the entries.
    pub region: String,
    /// Shard within the region; there is one so far.
    pub shard: u32,
}

/// The first entries of a tenant between two ids, those that stand apart among them.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn every_entry(
    cx: &Context,
    between: &(String, String),
    most: i32,
) -> Result<Vec<Stored<EntryItem>>, Problem> {
    let mut entries = Vec::new();
    for (index, list) in EntryItem::everywhere(cx.tenant()) {
        // The first of all are among the first of each.
        let some = cx.within_list::<EntryItem>(index, &list, between.clone(), most);
        entries.extend(some.await?);
    }
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries.truncate(usize::try_from(most).unwrap_or_default());
    Ok(entries)
}

impl Log {
    /// The log that this region writes.
    #[must_use]
    pub fn here(cx: &Context) -> Self {
        Self::of_region(&cx.app().config.region)
    }

    /// The log that a region writes.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            shard: 0,
        }
    }

    /// Its id: `<region>#<shard>`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}#{}", self.region, self.shard)
    }

    /// The id of one of its tiles: `<region>#<shard>#<level>#<index>`.
    #[must_use]
    pub fn tile_id(&self, tile: TileId) -> String {
        format!("{}#{}#{}#{}", self.region, self.shard, tile.level, tile.index)
    }

    /// Reads tiles; those that do not exist are left out.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn tiles(
        &self,
        cx: &Context,
        wanted: &[TileId],
    ) -> Result<BTreeMap<TileId, Stored<TileItem>>, Problem> {
        let mut tiles = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(tiles);
        }
        let keys: Vec<(TileId, Key)> = wanted
            .iter()
            .map(|t| (*t, cx.key::<TileItem>(&self.tile_id(*t))))
            .collect();
        let all: Vec<Key> = keys.iter().map(|(_, key)| key.clone()).collect();
        let mut batch = cx.batch(&all).await?;
        for (tile, key) in keys {
            if let Some(item) = batch.take::<TileItem>(&key)? {
                tiles.insert(tile, item);
            }
        }
        Ok(tiles)
    }

    /// The hashes of tiles, as proofs and roots are computed from them.
    ///
    /// # Errors
    /// As [`Log::tiles`].
    pub async fn hashes(
        &self,
        cx: &Context,
        wanted: &[TileId],
    ) -> Result<BTreeMap<TileId, Vec<Hash>>, Problem> {
        let tiles = self.tiles(cx, wanted).await?;
        Ok(tiles
            .into_iter()
            .map(|(id, tile)| (id, tile.contents().hashes))
            .collect())
    }

    /// The size that the log had when the newest of the entries below an id had been sealed; 0 where there is none. Of what
    /// stands there and is no entry, and so was never sealed, a few are passed over.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn sealed_below(&self, cx: &Context, below: &str) -> Result<u64, Problem> {
        let page = Page {
            limit: NEWEST,
            cursor: None,
            descending: true,
            between: Some((entries_at(0).0, below.to_owned())),
        };
        let mut newest = Vec::new();
        for (index, list) in EntryItem::everywhere(cx.tenant()) {
            newest.extend(cx.list::<EntryItem>(index, &list, &page).await?.0);
        }
        let old = newest.iter().filter(|e| e.id.as_str() < below);
        let keys: Vec<Key> = old.map(|e| cx.key::<LeafItem>(&e.id)).collect();
        if keys.is_empty() {
            return Ok(0);
        }
        let mut batch = cx.batch(&keys).await?;
        let mut size = 0;
        for key in &keys {
            if let Some(leaf) = batch.take::<LeafItem>(key)?.filter(|l| l.region == self.region) {
                size = size.max(leaf.size);
            }
        }
        Ok(size)
    }

    /// The root of the first `size` entries.
    ///
    /// # Errors
    /// 503 when the store does not answer, 500 when tiles are missing.
    pub async fn root(&self, cx: &Context, size: u64) -> Result<Hash, Problem> {
        let tiles = self.hashes(cx, &merkle::tiles_for_root(size)).await?;
        merkle::root(size, &tiles).map_err(|e| broken(cx.tenant(), self, &e))
    }
}

/// A tree that does not fit its own head: nothing that a caller did.
#[must_use]
pub fn broken(tenant: &TenantId, log: &Log, error: &merkle::MerkleError) -> Problem {
    Problem::internal(format!("the tree {} of {tenant}: {error}", log.id()))
}
