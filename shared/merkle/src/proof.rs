//! Inclusion and consistency proofs: made from tiles after RFC 6962, checked after RFC 9162.

use super::tiles::{Leaves, TileId, hash_of, tiles_of};
use super::{Hash, MerkleError, empty_root, node_hash};
use std::collections::BTreeMap;

/// The largest power of two below `n`, for `n` of at least 2 (RFC 6962, section 2.1).
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The subtrees of `PATH(index, D[size])`, in the order of the proof (RFC 6962, section 2.1.1).
fn inclusion_path(index: u64, size: u64) -> Vec<Leaves> {
    let mut path = Vec::new();
    let (mut from, mut to) = (0, size);
    while index < size && to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(Leaves { from: middle, to });
            to = middle;
        } else {
            path.push(Leaves { from, to: middle });
            from = middle;
        }
    }
    path.reverse();
    path
}

/// The subtrees of `PROOF(old, D[new])`, in the order of the proof (RFC 6962, section 2.1.2).
fn consistency_path(old: u64, new: u64) -> Vec<Leaves> {
    let mut path = Vec::new();
    let (mut from, mut to) = (0, new);
    if old == 0 || old >= new {
        return path;
    }
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(Leaves { from: middle, to });
            to = middle;
        } else {
            path.push(Leaves { from, to: middle });
            from = middle;
        }
    }
    if from > 0 {
        path.push(Leaves { from, to });
    }
    path.reverse();
    path
}

fn hashes(path: &[Leaves], tiles: &BTreeMap<TileId, Vec<Hash>>) -> Result<Vec<Hash>, MerkleError> {
    let mut proof = Vec::with_capacity(path.len());
    for range in path {
        proof.extend(hash_of(*range, tiles)?);
    }
    Ok(proof)
}

/// The tiles that [`inclusion_proof`] reads, each once; none for a leaf that the tree does not have.
pub fn tiles_for_inclusion(index: u64, size: u64) -> Vec<TileId> {
    tiles_of(&inclusion_path(index, size))
}

/// The proof that leaf `index` is in the tree of the first `size` leaves, lowest sibling first (RFC 6962, section 2.1.1).
///
/// `tiles` may be those of a larger tree.
///
/// # Errors
/// [`MerkleError::IndexOutOfRange`]; [`MerkleError::MissingTile`] or [`MerkleError::ShortTile`] unless `tiles` holds what
/// [`tiles_for_inclusion`] names.
pub fn inclusion_proof(
    index: u64,
    size: u64,
    tiles: &BTreeMap<TileId, Vec<Hash>>,
) -> Result<Vec<Hash>, MerkleError> {
    if index >= size {
        return Err(MerkleError::IndexOutOfRange { index, size });
    }
    hashes(&inclusion_path(index, size), tiles)
}

/// The tiles that [`consistency_proof`] reads, each once; none for equal sizes, an empty old tree or sizes out of order.
pub fn tiles_for_consistency(old: u64, new: u64) -> Vec<TileId> {
    tiles_of(&consistency_path(old, new))
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 6962, section 2.1.2).
///
/// Empty for equal sizes and for an empty old tree. `tiles` may be those of a larger tree.
///
/// # Errors
/// [`MerkleError::SizesOutOfOrder`]; [`MerkleError::MissingTile`] or [`MerkleError::ShortTile`] unless `tiles` holds what
/// [`tiles_for_consistency`] names.
pub fn consistency_proof(
    old: u64,
    new: u64,
    tiles: &BTreeMap<TileId, Vec<Hash>>,
) -> Result<Vec<Hash>, MerkleError> {
    if old > new {
        return Err(MerkleError::SizesOutOfOrder { old, new });
    }
    hashes(&consistency_path(old, new), tiles)
}

/// Checks that `leaf` (a leaf hash) is number `index` in the tree of `size` leaves with `root` (RFC 9162, section 2.1.3.2).
///
/// # Errors
/// [`MerkleError::IndexOutOfRange`], [`MerkleError::ProofLength`], [`MerkleError::RootMismatch`].
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), MerkleError> {
    if index >= size {
        return Err(MerkleError::IndexOutOfRange { index, size });
    }
    let mut walk = Walk {
        node: index,
        last: size - 1,
    };
    let mut hash = *leaf;
    for sibling in proof {
        hash = if walk.sibling_is_left()? {
            node_hash(sibling, &hash)
        } else {
            node_hash(&hash, sibling)
        };
    }
    walk.finish()?;
    equal(&hash, root)
}

/// Checks that the tree of `old` leaves with `old_root` is a prefix of the one of `new` leaves with `new_root`
/// (RFC 9162, section 2.1.4.2).
///
/// Equal sizes demand equal roots and an empty proof. An empty old tree, which the RFC leaves out, is a prefix of every tree: it
/// demands the root of [`empty_root`] and an empty proof, and says nothing about `new_root`.
///
/// # Errors
/// [`MerkleError::SizesOutOfOrder`], [`MerkleError::ProofLength`], [`MerkleError::RootMismatch`].
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), MerkleError> {
    if old > new {
        return Err(MerkleError::SizesOutOfOrder { old, new });
    }
    if old == 0 || old == new {
        if !proof.is_empty() {
            return Err(MerkleError::ProofLength);
        }
        return equal(old_root, &if old == new { *new_root } else { empty_root() });
    }
    // Where the old tree is a perfect subtree of the new one, the proof leaves its root out.
    let (start, rest) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(MerkleError::ProofLength)?;
        (*first, rest)
    };
    let shift = (old - 1).trailing_ones();
    let mut walk = Walk {
        node: (old - 1) >> shift,
        last: (new - 1) >> shift,
    };
    let (mut old_hash, mut new_hash) = (start, start);
    for sibling in rest {
        if walk.sibling_is_left()? {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
    }
    walk.finish()?;
    equal(&old_hash, old_root)?;
    equal(&new_hash, new_root)
}

fn equal(found: &Hash, wanted: &Hash) -> Result<(), MerkleError> {
    if found == wanted {
        Ok(())
    } else {
        Err(MerkleError::RootMismatch)
    }
}

/// The walk from a node to the root: `fn` and `sn` of RFC 9162, sections 2.1.3.2 and 2.1.4.2.
struct Walk {
    node: u64,
    last: u64,
}

impl Walk {
    /// Goes up to the next sibling and says whether it stands at the left; an error above the root.
    fn sibling_is_left(&mut self) -> Result<bool, MerkleError> {
        if self.last == 0 {
            return Err(MerkleError::ProofLength);
        }
        let left = self.node & 1 == 1 || self.node == self.last;
        if left {
            while self.node & 1 == 0 && self.node != 0 {
                self.up();
            }
        }
        self.up();
        Ok(left)
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    /// The walk must end at the root.
    fn finish(self) -> Result<(), MerkleError> {
        if self.last == 0 {
            Ok(())
        } else {
            Err(MerkleError::ProofLength)
        }
    }
}
