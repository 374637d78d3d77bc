//! Merkle tree of RFC 6962: hashes and the compact frontier; tiles and proofs stand in the submodules.

use aws_lc_rs::digest::{Context, SHA256, digest};
use std::fmt;

mod proof;
#[cfg(test)]
mod tests;
mod tiles;

pub use proof::{
    consistency_proof, inclusion_proof, tiles_for_consistency, tiles_for_inclusion, verify_consistency,
    verify_inclusion,
};
pub use tiles::{TILE_WIDTH, TileId, append, root, tiles_for_root, tiles_to_load};

/// A SHA-256 value: a leaf, an inner node or a root.
pub type Hash = [u8; 32];

/// The largest tree that [`append`] and [`Frontier`] accept, in leaves: far above any log, far below an overflow.
pub const MAX_SIZE: u64 = 1 << 60;

/// `SHA-256(0x00 ‖ data)`, the hash of one leaf (RFC 6962, section 2.1).
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(data);
    to_hash(context.finish().as_ref())
}

/// `SHA-256(0x01 ‖ l ‖ r)`, the hash of an inner node (RFC 6962, section 2.1).
pub fn node_hash(l: &Hash, r: &Hash) -> Hash {
    let mut input = [1u8; 65];
    for (to, from) in input.iter_mut().skip(1).zip(l.iter().chain(r)) {
        *to = *from;
    }
    to_hash(digest(&SHA256, &input).as_ref())
}

/// The root of a tree without leaves, SHA-256 of nothing (RFC 6962, section 2.1).
pub fn empty_root() -> Hash {
    to_hash(digest(&SHA256, &[]).as_ref())
}

fn to_hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(bytes) {
        *to = *from;
    }
    hash
}

/// The root over neighbouring perfect subtrees, largest first: folded from the right, as RFC 6962 section 2.1 splits them.
fn fold(subtrees: &[Hash]) -> Option<Hash> {
    let (last, rest) = subtrees.split_last()?;
    Some(
        rest.iter()
            .rev()
            .fold(*last, |right, left| node_hash(left, &right)),
    )
}

/// What can be wrong with a tree, its tiles or a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MerkleError {
    /// A leaf that the tree does not have.
    IndexOutOfRange {
        /// Number of the leaf asked for, from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    SizesOutOfOrder {
        /// Leaves in the older tree.
        old: u64,
        /// Leaves in the newer tree.
        new: u64,
    },
    /// More than [`MAX_SIZE`] leaves.
    TooLarge,
    /// A tile that is needed was not handed in.
    MissingTile(TileId),
    /// A tile was handed in with fewer hashes than the tree's size demands.
    ShortTile {
        /// The tile.
        tile: TileId,
        /// Hashes it holds.
        have: usize,
        /// Hashes it should hold at least.
        need: usize,
    },
    /// A stored frontier whose length does not fit its size.
    MalformedFrontier,
    /// A proof with too few or too many hashes.
    ProofLength,
    /// A proof that leads to another root.
    RootMismatch,
}

impl fmt::Display for MerkleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IndexOutOfRange { index, size } => write!(f, "no leaf {index} in a tree of {size}"),
            Self::SizesOutOfOrder { old, new } => write!(f, "a tree of {old} is not older than one of {new}"),
            Self::TooLarge => write!(f, "more than {MAX_SIZE} leaves"),
            Self::MissingTile(tile) => write!(f, "tile {tile} is missing"),
            Self::ShortTile { tile, have, need } => write!(f, "tile {tile} holds {have} hashes, not {need}"),
            Self::MalformedFrontier => f.write_str("the frontier's length does not fit its size"),
            Self::ProofLength => f.write_str("the proof has too few or too many hashes"),
            Self::RootMismatch => f.write_str("the proof leads to another root"),
        }
    }
}

impl std::error::Error for MerkleError {}

/// A tree reduced to what appending and the root need: its size and the roots of its perfect subtrees, O(log n).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// One hash per bit set in `size`, largest subtree (leftmost) first.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// A frontier from its parts; the hashes stand largest subtree first.
    ///
    /// # Errors
    /// [`MerkleError::MalformedFrontier`] unless there is one hash per bit set in `size`, [`MerkleError::TooLarge`].
    pub fn from_parts(size: u64, subtrees: Vec<Hash>) -> Result<Self, MerkleError> {
        if size > MAX_SIZE {
            return Err(MerkleError::TooLarge);
        }
        if subtrees.len() != size.count_ones() as usize {
            return Err(MerkleError::MalformedFrontier);
        }
        Ok(Self { size, subtrees })
    }

    /// A frontier from its bytes: the size (64-bit, big-endian), then the hashes, largest subtree first.
    ///
    /// # Errors
    /// [`MerkleError::MalformedFrontier`], [`MerkleError::TooLarge`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MerkleError> {
        let (size, rest) = bytes
            .split_first_chunk::<8>()
            .ok_or(MerkleError::MalformedFrontier)?;
        let (hashes, remainder) = rest.as_chunks::<32>();
        if !remainder.is_empty() {
            return Err(MerkleError::MalformedFrontier);
        }
        Self::from_parts(u64::from_be_bytes(*size), hashes.to_vec())
    }

    /// The bytes that [`Frontier::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.subtrees.as_flattened());
        bytes
    }

    /// Adds one leaf hash at the right.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.subtrees.push(node);
        self.size += 1;
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        fold(&self.subtrees).unwrap_or_else(empty_root)
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, largest first.
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }
}
