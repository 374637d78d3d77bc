//! Tests of the tree: the vectors of certificate-transparency, a naive model, mutated proofs.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Tiles = BTreeMap<TileId, Vec<Hash>>;

/// The leaves of `TestLeafInputs` in certificate-transparency and transparency-dev/merkle.
const INPUTS: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// Their roots, for 0 to 8 leaves.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// The inner nodes that the published proofs name.
const N00: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
const N01: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const N04: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const N10: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
const N11: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const N12: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const N13: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const N20: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const N21: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

fn hash(hex: &str) -> Hash {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn hashes(list: &[&str]) -> Vec<Hash> {
    list.iter().map(|h| hash(h)).collect()
}

fn published() -> Vec<Hash> {
    INPUTS
        .iter()
        .map(|input| leaf_hash(&hex::decode(input).unwrap()))
        .collect()
}

fn numbered(count: usize) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// Stores leaves in batches, as a sealer does: load the partial tiles, append, write what changed.
fn store(leaves: &[Hash], batches: impl IntoIterator<Item = usize>) -> Tiles {
    let mut tiles = Tiles::new();
    let mut at = 0;
    for batch in batches.into_iter().chain([leaves.len()]) {
        let end = (at + batch).min(leaves.len());
        let partial: Tiles = tiles_to_load(at as u64)
            .into_iter()
            .map(|id| (id, tiles[&id].clone()))
            .collect();
        let changed = append(at as u64, &partial, &leaves[at..end]).unwrap();
        assert!(changed.is_sorted_by_key(|(id, _)| *id));
        tiles.extend(changed);
        at = end;
    }
    tiles
}

/// MTH of RFC 6962, section 2.1, word for word.
fn naive_root(d: &[Hash]) -> Hash {
    match d.len() {
        0 => empty_root(),
        1 => d[0],
        n => {
            let k = n.next_power_of_two() / 2;
            node_hash(&naive_root(&d[..k]), &naive_root(&d[k..]))
        }
    }
}

/// PATH of RFC 6962, section 2.1.1.
fn naive_path(m: usize, d: &[Hash]) -> Vec<Hash> {
    if d.len() == 1 {
        return vec![];
    }
    let k = d.len().next_power_of_two() / 2;
    let (mut path, sibling) = if m < k {
        (naive_path(m, &d[..k]), naive_root(&d[k..]))
    } else {
        (naive_path(m - k, &d[k..]), naive_root(&d[..k]))
    };
    path.push(sibling);
    path
}

/// SUBPROOF of RFC 6962, section 2.1.2.
fn naive_subproof(m: usize, d: &[Hash], complete: bool) -> Vec<Hash> {
    if m == d.len() {
        return if complete { vec![] } else { vec![naive_root(d)] };
    }
    let k = d.len().next_power_of_two() / 2;
    let (mut proof, sibling) = if m <= k {
        (naive_subproof(m, &d[..k], complete), naive_root(&d[k..]))
    } else {
        (naive_subproof(m - k, &d[k..], false), naive_root(&d[..k]))
    };
    proof.push(sibling);
    proof
}

/// Only the named tiles, so that a proof cannot read others.
fn only(tiles: &Tiles, ids: &[TileId]) -> Tiles {
    ids.iter().map(|id| (*id, tiles[id].clone())).collect()
}

/// Every change of one proof that must be refused: a bit in each hash, one hash less, more, doubled or swapped.
fn mutations(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for i in 0..proof.len() {
        for bit in [0, 7, 255] {
            let mut flipped = proof.to_vec();
            flipped[i][bit / 8] ^= 1 << (bit % 8);
            all.push(flipped);
        }
        let mut shorter = proof.to_vec();
        shorter.remove(i);
        all.push(shorter);
        let mut doubled = proof.to_vec();
        doubled.insert(i, proof[i]);
        all.push(doubled);
        if i > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(i - 1, i);
            all.push(swapped);
        }
    }
    for extra in [[0; 32], empty_root()] {
        all.push([&[extra], proof].concat());
        all.push([proof, &[extra]].concat());
    }
    all
}

#[test]
fn published_roots() {
    let leaves = published();
    let tiles = store(&leaves, [3, 1]);
    let mut frontier = Frontier::new();
    for (size, wanted) in ROOTS.iter().enumerate() {
        assert_eq!(root(size as u64, &tiles).unwrap(), hash(wanted));
        assert_eq!(frontier.root(), hash(wanted));
        if let Some(leaf) = leaves.get(size) {
            frontier.append(*leaf);
        }
    }
    assert_eq!(empty_root(), hash(ROOTS[0]));
}

#[test]
fn published_inclusion_proofs() {
    let leaves = published();
    let tiles = store(&leaves, []);
    let cases: [(u64, u64, &[&str]); 7] = [
        (0, 1, &[]),
        (0, 2, &[N01]),
        (1, 2, &[N00]),
        (0, 8, &[N01, N11, N21]),
        (5, 8, &[N04, N13, N20]),
        (2, 3, &[N10]),
        (1, 5, &[N00, N11, N04]),
    ];
    for (index, size, wanted) in cases {
        let proof = inclusion_proof(index, size, &tiles).unwrap();
        assert_eq!(proof, hashes(wanted), "{index} in {size}");
        let root = hash(ROOTS[size as usize]);
        verify_inclusion(index, size, &leaves[index as usize], &proof, &root).unwrap();
    }
}

#[test]
fn published_consistency_proofs() {
    let tiles = store(&published(), []);
    let cases: [(u64, u64, &[&str]); 4] = [
        (1, 1, &[]),
        (1, 8, &[N01, N11, N21]),
        (6, 8, &[N12, N13, N20]),
        (2, 5, &[N11, N04]),
    ];
    for (old, new, wanted) in cases {
        let proof = consistency_proof(old, new, &tiles).unwrap();
        assert_eq!(proof, hashes(wanted), "{old} to {new}");
        let roots = [hash(ROOTS[old as usize]), hash(ROOTS[new as usize])];
        verify_consistency(old, new, &roots[0], &roots[1], &proof).unwrap();
    }
}

#[test]
fn every_proof_of_small_trees_and_every_mutation() {
    let leaves = numbered(20);
    let tiles = store(&leaves, [1, 2, 3]);
    let roots: Vec<Hash> = (0..=20).map(|n| naive_root(&leaves[..n])).collect();
    for size in 1..=20u64 {
        let root = roots[size as usize];
        for index in 0..size {
            let leaf = leaves[index as usize];
            let proof = inclusion_proof(index, size, &tiles).unwrap();
            verify_inclusion(index, size, &leaf, &proof, &root).unwrap();
            for bad in mutations(&proof) {
                assert!(verify_inclusion(index, size, &leaf, &bad, &root).is_err());
            }
            for other in (0..=size).filter(|other| *other != index) {
                assert!(verify_inclusion(other, size, &leaf, &proof, &root).is_err());
            }
            assert!(verify_inclusion(index, size, &root, &proof, &leaf).is_err() || size == 1);
        }
        for old in 1..size {
            let (old_root, proof) = (roots[old as usize], consistency_proof(old, size, &tiles).unwrap());
            verify_consistency(old, size, &old_root, &root, &proof).unwrap();
            for bad in mutations(&proof) {
                assert!(verify_consistency(old, size, &old_root, &root, &bad).is_err());
            }
            assert!(verify_consistency(old, size, &root, &root, &proof).is_err());
            assert!(verify_consistency(old, size, &old_root, &old_root, &proof).is_err());
            assert!(verify_consistency(old, size, &old_root, &root, &[]).is_err());
            assert!(verify_consistency(old + 1, size, &old_root, &root, &proof).is_err());
        }
    }
}

#[test]
fn edges_of_the_range() {
    let none = Tiles::new();
    let e = empty_root();
    assert_eq!(
        inclusion_proof(3, 3, &none),
        Err(MerkleError::IndexOutOfRange { index: 3, size: 3 })
    );
    assert_eq!(
        consistency_proof(4, 3, &none),
        Err(MerkleError::SizesOutOfOrder { old: 4, new: 3 })
    );
    assert_eq!(
        root(1, &none),
        Err(MerkleError::MissingTile(TileId { level: 0, index: 0 }))
    );
    let short = Tiles::from([(TileId { level: 0, index: 0 }, vec![e])]);
    assert!(matches!(
        root(2, &short),
        Err(MerkleError::ShortTile { have: 1, need: 2, .. })
    ));
    assert!(matches!(
        append(2, &short, &[e]),
        Err(MerkleError::ShortTile { have: 1, need: 2, .. })
    ));
    assert_eq!(append(MAX_SIZE, &none, &[e]), Err(MerkleError::TooLarge));
    assert_eq!(append(5, &none, &[]), Ok(vec![]));
    assert!(verify_consistency(4, 3, &e, &e, &[]).is_err());
    assert!(verify_consistency(0, 3, &e, &[7; 32], &[]).is_ok());
    assert!(verify_consistency(0, 3, &[7; 32], &e, &[]).is_err());
    assert!(verify_consistency(0, 3, &e, &e, &[e]).is_err());
    assert!(verify_consistency(3, 3, &e, &[7; 32], &[]).is_err());
    assert!(verify_inclusion(u64::MAX - 1, u64::MAX, &e, &[e; 70], &e).is_err());
    assert!(tiles_for_inclusion(u64::MAX - 1, u64::MAX).len() < 70);
    assert!(tiles_for_consistency(u64::MAX - 1, u64::MAX).len() < 70);
    assert_eq!(tiles_to_load(u64::MAX).len(), 8);
    assert_eq!(tiles_to_load(65_536), vec![TileId { level: 2, index: 0 }]);
    assert!(Frontier::from_bytes(&[0; 7]).is_err());
    assert!(Frontier::from_bytes(&[0; 9]).is_err());
    assert!(Frontier::from_parts(3, vec![e]).is_err());
    assert!(Frontier::from_parts(u64::MAX, vec![e; 64]).is_err());
}

#[test]
fn an_interrupted_append_is_repeated() {
    let leaves = numbered(300);
    let mut tiles = store(&leaves[..250], []);
    let first = append(250, &tiles, &leaves[250..]).unwrap();
    tiles.extend(first.clone());
    assert_eq!(append(250, &tiles, &leaves[250..]).unwrap(), first);
}

#[test]
fn few_tiles_for_a_proof_in_a_million() {
    for size in [1_000_000u64, 999_999, 1_048_575, 1_048_576, 1_048_577] {
        let mut most = (0, 0);
        for index in (0..size)
            .step_by(997)
            .chain([0, 255, 256, 65_535, 65_536, size - 1])
        {
            let inclusion = tiles_for_inclusion(index, size);
            let unique: BTreeSet<TileId> = inclusion.iter().copied().collect();
            assert_eq!(unique.len(), inclusion.len());
            most.0 = most.0.max(inclusion.len());
            most.1 = most.1.max(tiles_for_consistency(index, size).len());
        }
        assert!(most.0 <= 6 && most.1 <= 6, "{most:?} tiles in a tree of {size}");
        assert!(tiles_for_root(size).len() <= 3);
        assert!(tiles_to_load(size).len() <= 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn as_the_naive_tree(
        size in 1usize..1500,
        batches in prop::collection::vec(0usize..400, 0..12),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 6),
    ) {
        let leaves = numbered(size);
        let tiles = store(&leaves, batches);
        prop_assert_eq!(&tiles, &store(&leaves, []));
        for (a, b) in picks {
            // Any smaller tree is served from the same tiles.
            let new = a.index(size) + 1;
            let (n, d) = (new as u64, &leaves[..new]);
            let wanted = naive_root(d);
            prop_assert_eq!(root(n, &only(&tiles, &tiles_for_root(n))).unwrap(), wanted);

            let index = b.index(new);
            let i = index as u64;
            let proof = inclusion_proof(i, n, &only(&tiles, &tiles_for_inclusion(i, n))).unwrap();
            prop_assert_eq!(&proof, &naive_path(index, d));
            prop_assert!(verify_inclusion(i, n, &d[index], &proof, &wanted).is_ok());
            for bad in mutations(&proof) {
                prop_assert!(verify_inclusion(i, n, &d[index], &bad, &wanted).is_err());
            }

            let old = index + 1;
            let (o, old_root) = (old as u64, naive_root(&d[..old]));
            let proof = consistency_proof(o, n, &only(&tiles, &tiles_for_consistency(o, n))).unwrap();
            prop_assert_eq!(&proof, &naive_subproof(old, d, true));
            prop_assert!(verify_consistency(o, n, &old_root, &wanted, &proof).is_ok());
            for bad in mutations(&proof) {
                prop_assert!(verify_consistency(o, n, &old_root, &wanted, &bad).is_err());
            }
        }
    }

    #[test]
    fn frontier_as_the_naive_tree(size in 0usize..1500, at in any::<prop::sample::Index>()) {
        let leaves = numbered(size);
        let mut frontier = Frontier::new();
        let stop = at.index(size + 1);
        for (i, leaf) in leaves.iter().enumerate() {
            if i == stop {
                frontier = Frontier::from_bytes(&frontier.to_bytes()).unwrap();
                prop_assert_eq!(frontier.root(), naive_root(&leaves[..i]));
            }
            frontier.append(*leaf);
        }
        prop_assert_eq!(frontier.size(), size as u64);
        prop_assert_eq!(frontier.root(), naive_root(&leaves));
        let parts = Frontier::from_parts(size as u64, frontier.subtrees().to_vec()).unwrap();
        prop_assert_eq!(parts, frontier);
    }
}
