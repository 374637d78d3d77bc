//! Tile storage after C2SP tlog-tiles: 256 hashes a tile, each level holding the roots of the full tiles below.

use super::{Hash, MAX_SIZE, MerkleError, fold, node_hash};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Levels of the tree that one tile spans.
const HEIGHT: u32 = 8;

/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 1 << HEIGHT;

/// The place of a tile (C2SP tlog-tiles, "Merkle Tree").
///
/// Tile `index` of level 0 holds the leaf hashes `256·index ..= 256·index + 255`; one of level L holds the roots of the full
/// tiles with these numbers on level L − 1. The last tile of a level may hold fewer.
#[derive(Hash, Eq, PartialEq, Ord, PartialOrd, Clone, Copy, Debug)]
pub struct TileId {
    /// 0 for leaves; never above 7.
    pub level: u8,
    /// Number of the tile in its level, from 0.
    pub index: u64,
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.level, self.index)
    }
}

/// The leaves `from..to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaves {
    pub from: u64,
    pub to: u64,
}

/// A perfect subtree: the leaves `index·2^height ..= (index + 1)·2^height - 1`.
#[derive(Clone, Copy)]
struct Node {
    height: u32,
    index: u64,
}

impl Node {
    /// The tile that this node is computed from, and its place in it: (tile, first hash, number of hashes).
    fn place(self) -> (TileId, usize, usize) {
        let above = self.height % HEIGHT;
        let first = self.index << above;
        let level = u8::try_from(self.height / HEIGHT).unwrap_or(u8::MAX);
        let within = usize::from(u8::try_from(first % TILE_WIDTH as u64).unwrap_or(u8::MAX));
        (
            TileId {
                level,
                index: first / TILE_WIDTH as u64,
            },
            within,
            1 << above,
        )
    }
}

impl Leaves {
    /// The perfect subtrees that these leaves fall into, largest first; `from` must be where a subtree of RFC 6962 begins.
    fn nodes(self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut at = self.from;
        while at < self.to {
            let height = (self.to - at).ilog2().min(at.trailing_zeros());
            nodes.push(Node {
                height,
                index: at >> height,
            });
            at += 1 << height;
        }
        nodes
    }
}

/// The tiles that the subtrees of these ranges are computed from, each once.
pub(super) fn tiles_of(ranges: &[Leaves]) -> Vec<TileId> {
    let tiles: BTreeSet<TileId> = ranges
        .iter()
        .flat_map(|range| range.nodes())
        .map(|node| node.place().0)
        .collect();
    tiles.into_iter().collect()
}

/// The root over these leaves, computed from tiles that may already have grown further.
pub(super) fn hash_of(
    range: Leaves,
    tiles: &BTreeMap<TileId, Vec<Hash>>,
) -> Result<Option<Hash>, MerkleError> {
    let mut subtrees = Vec::new();
    for node in range.nodes() {
        let (tile, first, count) = node.place();
        let hashes = tiles.get(&tile).ok_or(MerkleError::MissingTile(tile))?;
        let need = first + count;
        let part = hashes.get(first..need).ok_or(MerkleError::ShortTile {
            tile,
            have: hashes.len(),
            need,
        })?;
        subtrees.extend(perfect(part));
    }
    Ok(fold(&subtrees))
}

/// The root of a perfect subtree over a power of two of hashes; nothing for no hashes.
fn perfect(hashes: &[Hash]) -> Option<Hash> {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[l, r]| node_hash(l, r))
            .collect();
    }
    level.first().copied()
}

/// The tiles that computing the root of a tree of `size` leaves reads: at most one for each level.
pub fn tiles_for_root(size: u64) -> Vec<TileId> {
    tiles_of(&[Leaves { from: 0, to: size }])
}

/// The root of the first `size` leaves; `tiles` may be those of a larger tree.
///
/// # Errors
/// [`MerkleError::MissingTile`] or [`MerkleError::ShortTile`] unless `tiles` holds what [`tiles_for_root`] names.
pub fn root(size: u64, tiles: &BTreeMap<TileId, Vec<Hash>>) -> Result<Hash, MerkleError> {
    Ok(hash_of(Leaves { from: 0, to: size }, tiles)?.unwrap_or_else(super::empty_root))
}

/// The rightmost partial tiles of a tree of `size` leaves, which an append needs: at most one for each level.
pub fn tiles_to_load(size: u64) -> Vec<TileId> {
    let mut tiles = Vec::new();
    let (mut level, mut count) = (0, size);
    while count > 0 {
        if !count.is_multiple_of(TILE_WIDTH as u64) {
            tiles.push(TileId {
                level,
                index: count / TILE_WIDTH as u64,
            });
        }
        (level, count) = (level + 1, count / TILE_WIDTH as u64);
    }
    tiles
}

/// The tiles that change when `leaves` (leaf hashes) are appended to a tree of `size`, each with its full new contents.
///
/// `partial` holds the tiles that [`tiles_to_load`] names. One that holds more than `size` says is cut to `size`: that is what
/// an append leaves behind that wrote tiles but not the new size. The answer is ordered by level and index.
///
/// # Errors
/// [`MerkleError::MissingTile`], [`MerkleError::ShortTile`], [`MerkleError::TooLarge`].
pub fn append(
    size: u64,
    partial: &BTreeMap<TileId, Vec<Hash>>,
    leaves: &[Hash],
) -> Result<Vec<(TileId, Vec<Hash>)>, MerkleError> {
    let added = u64::try_from(leaves.len()).map_err(|_| MerkleError::TooLarge)?;
    if size.checked_add(added).is_none_or(|total| total > MAX_SIZE) {
        return Err(MerkleError::TooLarge);
    }
    let mut changed = Vec::new();
    let (mut level, mut count, mut arriving) = (0, size, leaves.to_vec());
    while !arriving.is_empty() {
        let mut index = count / TILE_WIDTH as u64;
        let mut hashes = loaded(TileId { level, index }, count, partial)?;
        let mut completed = Vec::new();
        for hash in arriving {
            hashes.push(hash);
            if hashes.len() == TILE_WIDTH {
                completed.extend(perfect(&hashes));
                changed.push((TileId { level, index }, std::mem::take(&mut hashes)));
                index += 1;
            }
        }
        if !hashes.is_empty() {
            changed.push((TileId { level, index }, hashes));
        }
        (level, count, arriving) = (level + 1, count / TILE_WIDTH as u64, completed);
    }
    Ok(changed)
}

/// The first `count mod 256` hashes of a tile.
fn loaded(tile: TileId, count: u64, partial: &BTreeMap<TileId, Vec<Hash>>) -> Result<Vec<Hash>, MerkleError> {
    let need = usize::from(u8::try_from(count % TILE_WIDTH as u64).unwrap_or(u8::MAX));
    if need == 0 {
        return Ok(Vec::new());
    }
    let hashes = partial.get(&tile).ok_or(MerkleError::MissingTile(tile))?;
    let part = hashes.get(..need).ok_or(MerkleError::ShortTile {
        tile,
        have: hashes.len(),
        need,
    })?;
    Ok(part.to_vec())
}
