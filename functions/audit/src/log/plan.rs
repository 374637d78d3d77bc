//! What an append to a log writes, decided from what was read and nothing else.

use shared::merkle::{self, Hash, MerkleError, TILE_WIDTH, TileId, leaf_hash};
use std::collections::{BTreeMap, BTreeSet};

/// Most entries of one part of a bundle.
pub const PART_ENTRIES: u64 = 256;
/// Most bytes of bodies in one part of a bundle. A body is escaped twice on its way out and an answer may
/// have 6 MB, so this is a third of it. It bounds the bodies of one transaction as well.
pub const PART_BYTES: u64 = 2 * 1024 * 1024;
/// Most entries and exports of one transaction. With the head, nine tiles and two parts that is below 100.
const ENTRIES: usize = 85;

/// An entry that may have to be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Its id.
    pub id: String,
    /// The exact text that is hashed.
    pub body: String,
    /// Whether it is of a change of policy, which is signed at once.
    pub policy: bool,
    /// The export that it is the request for.
    pub export: Option<String>,
    /// The object of the call.
    pub object: Option<String>,
    /// The address that it came from.
    pub address: Option<String>,
    /// The customers that it names.
    pub touched: Vec<String>,
}

/// How far a log has been sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Parts begun.
    pub parts: u64,
    /// Entries in the last part.
    pub part_entries: u64,
    /// Bytes of bodies in the last part.
    pub part_bytes: u64,
    /// The highest id of an entry; ids begin with the time.
    pub highest: String,
}

impl Head {
    /// Takes one more entry; gives the part that it begins, if it begins one.
    fn take(&mut self, bytes: u64) -> Option<u64> {
        let full = self.part_entries >= PART_ENTRIES || self.part_bytes.saturating_add(bytes) > PART_BYTES;
        let begins = self.parts == 0 || (full && self.part_entries > 0);
        if begins {
            (self.part_entries, self.part_bytes) = (0, 0);
            self.parts += 1;
        }
        self.size += 1;
        self.part_entries += 1;
        self.part_bytes = self.part_bytes.saturating_add(bytes);
        begins.then(|| self.parts.saturating_sub(1))
    }
}

/// A tile, with the ids of its entries on level 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tile {
    /// Up to 256 hashes.
    pub hashes: Vec<Hash>,
    /// As many ids on level 0; none above.
    pub entries: Vec<String>,
}

/// What was read of a log before an append.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The head.
    pub head: Head,
    /// The tiles that [`merkle::tiles_to_load`] names for its size.
    pub tiles: BTreeMap<TileId, Tile>,
    /// Entries of the batch that are sealed already.
    pub sealed: BTreeSet<String>,
    /// Exports of the batch that are sealed already.
    pub exports: BTreeSet<String>,
}

/// A new leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The entry.
    pub id: String,
    /// Its number in the log.
    pub index: u64,
    /// Its leaf hash.
    pub hash: Hash,
    /// The object of the call.
    pub object: Option<String>,
    /// The address that it came from.
    pub address: Option<String>,
}

/// What an append writes, all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The new head.
    pub head: Head,
    /// The tiles that change, whole.
    pub tiles: Vec<(TileId, Tile)>,
    /// The new leaves, by index.
    pub leaves: Vec<Leaf>,
    /// The parts that begin: number, index of the first entry, and the highest id of all entries before it.
    pub parts: Vec<(u64, u64, String)>,
    /// The exports whose requests are among the new leaves.
    pub exports: Vec<String>,
}

/// Sorts entries by id and cuts them into batches that fit one transaction each.
#[must_use]
pub fn batches(mut entries: Vec<NewEntry>) -> Vec<Vec<NewEntry>> {
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries.dedup_by(|a, b| a.id == b.id);
    let mut batches: Vec<Vec<NewEntry>> = Vec::new();
    let (mut weight, mut bytes) = (0, 0u64);
    for entry in entries {
        let own_weight = 1 + usize::from(entry.export.is_some());
        let own_bytes = length(&entry);
        if weight + own_weight > ENTRIES || bytes.saturating_add(own_bytes) > PART_BYTES {
            (weight, bytes) = (0, 0);
        }
        if weight == 0 {
            batches.push(Vec::new());
        }
        weight += own_weight;
        bytes = bytes.saturating_add(own_bytes);
        if let Some(batch) = batches.last_mut() {
            batch.push(entry);
        }
    }
    batches
}

fn length(entry: &NewEntry) -> u64 {
    u64::try_from(entry.body.len()).unwrap_or(u64::MAX)
}

/// What appending a batch to a log writes; `None` when all of it is sealed already.
///
/// # Errors
/// When the tiles do not fit the head.
pub fn plan(state: &State, batch: &[NewEntry]) -> Result<Option<Plan>, MerkleError> {
    let mut seen = BTreeSet::new();
    let fresh: Vec<&NewEntry> = batch
        .iter()
        .filter(|e| !state.sealed.contains(&e.id) && seen.insert(&e.id))
        .collect();
    if fresh.is_empty() {
        return Ok(None);
    }
    let size = state.head.size;
    let hashes: Vec<Hash> = fresh.iter().map(|e| leaf_hash(e.body.as_bytes())).collect();
    let partial = state
        .tiles
        .iter()
        .map(|(id, tile)| (*id, tile.hashes.clone()))
        .collect();
    let mut tiles = Vec::new();
    for (id, hashes) in merkle::append(size, &partial, &hashes)? {
        let entries = if id.level == 0 {
            names(state, &fresh, id, hashes.len())?
        } else {
            Vec::new()
        };
        tiles.push((id, Tile { hashes, entries }));
    }
    let mut head = state.head.clone();
    let (mut leaves, mut parts, mut exports) = (Vec::new(), Vec::new(), Vec::new());
    for (entry, hash) in fresh.iter().zip(hashes) {
        let index = head.size;
        let begun = head.take(length(entry));
        parts.extend(begun.map(|part| (part, index, head.highest.clone())));
        if head.highest < entry.id {
            head.highest.clone_from(&entry.id);
        }
        leaves.push(Leaf {
            id: entry.id.clone(),
            index,
            hash,
            object: entry.object.clone(),
            address: entry.address.clone(),
        });
        exports.extend(
            entry
                .export
                .iter()
                .filter(|e| !state.exports.contains(*e))
                .cloned(),
        );
    }
    exports.sort();
    exports.dedup();
    Ok(Some(Plan {
        head,
        tiles,
        leaves,
        parts,
        exports,
    }))
}

/// The ids beside `count` hashes of a tile of level 0: those that it had below the old size, then the new ones.
fn names(state: &State, fresh: &[&NewEntry], tile: TileId, count: usize) -> Result<Vec<String>, MerkleError> {
    let begins = tile.index.saturating_mul(TILE_WIDTH as u64);
    let need = usize::try_from(state.head.size.saturating_sub(begins)).unwrap_or(usize::MAX);
    let before = usize::try_from(begins.saturating_sub(state.head.size)).unwrap_or(usize::MAX);
    let old = state
        .tiles
        .get(&tile)
        .map(|t| t.entries.as_slice())
        .unwrap_or_default();
    let kept = old.get(..need).ok_or(MerkleError::ShortTile {
        tile,
        have: old.len(),
        need,
    })?;
    let new = fresh
        .iter()
        .skip(before)
        .take(count.saturating_sub(need))
        .map(|e| e.id.clone());
    Ok(kept.iter().cloned().chain(new).collect())
}
