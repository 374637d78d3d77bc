//! Consistency of two checkpoints: the proof that the older log is the beginning of the newer one.

use super::CheckpointItem;
use crate::log::{Log, broken, items::TileItem, padded};
use serde::Serialize;
use shared::{
    merkle::{Hash, MerkleError, TileId, consistency_proof, tiles_for_consistency, verify_consistency},
    problem::Problem,
    record::Record,
    road::Context,
    shape::{Bounds, Integer, Shape, Shaped},
    store::{Key, Stored},
};
use std::collections::BTreeMap;

/// The largest size that can be asked for: fifteen digits, which every JSON reader takes for an exact number
/// (RFC 8259, section 6).
const MOST: u64 = 999_999_999_999_999;

/// The size of a checkpoint, as asked for.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct Size(u64);

impl Size {
    /// Entries.
    #[must_use]
    pub const fn entries(self) -> u64 {
        self.0
    }
}

impl<'de> serde::Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_json::Value::deserialize(d)?.as_u64() {
            Some(size @ 0..=MOST) => Ok(Self(size)),
            _ => Err(D::Error::custom(
                "must be the size of a checkpoint: a whole number",
            )),
        }
    }
}

impl Shaped for Size {
    fn shape() -> Shape {
        Shape::Integer(Integer {
            name: Some("CheckpointSize"),
            about: "How many entries a checkpoint covers.",
            value: Bounds {
                min: Some(0),
                max: i64::try_from(MOST).ok(),
            },
            ..Integer::default()
        })
    }
}

/// That the log of the older checkpoint is the beginning of the log of the newer one.
#[derive(Record, Serialize)]
pub struct Consistency {
    /// Entries that the older checkpoint covers.
    #[public]
    pub from: u64,
    /// Entries that the newer checkpoint covers.
    #[public]
    pub to: u64,
    /// Consistency proof (RFC 6962, section 2.1.2), in the order of the proof, hexadecimal. Empty where both
    /// sizes are equal.
    #[public]
    pub path: Vec<String>,
}

/// Two checkpoints, newest first, and what joins them.
pub struct Joined {
    /// The checkpoints; one where both sizes are equal.
    pub checkpoints: Vec<Stored<CheckpointItem>>,
    /// The proof.
    pub consistency: Consistency,
}

/// Reads two checkpoints of this region's log and proves their consistency. Everything is read in one call.
///
/// # Errors
/// 422 for sizes out of order, 404 for one that was never signed, 503, and 500 when the log contradicts what it
/// has signed: a proof that does not hold is never handed out.
pub async fn prove(cx: &Context, from: Size, to: Size) -> Result<Joined, Problem> {
    let (from, to) = (from.entries(), to.entries());
    if from > to {
        return Err(Problem::invalid("/from", "must not be larger than to"));
    }
    let log = Log::here(cx);
    let checkpoint = |size| Key::sub::<CheckpointItem>(cx.tenant(), &log.id(), &padded(size));
    let (older_key, newer_key) = (checkpoint(from), checkpoint(to));
    let tiles: Vec<(TileId, Key)> = tiles_for_consistency(from, to)
        .into_iter()
        .map(|tile| (tile, cx.key::<TileItem>(&log.tile_id(tile))))
        .collect();
    let mut keys: Vec<Key> = tiles.iter().map(|(_, key)| key.clone()).collect();
    keys.push(newer_key.clone());
    if from != to {
        keys.push(older_key.clone());
    }
    let mut batch = cx.batch(&keys).await?;
    let newer = batch
        .take::<CheckpointItem>(&newer_key)?
        .ok_or_else(|| never_signed(to))?;
    let older = if from == to {
        None
    } else {
        let older = batch.take::<CheckpointItem>(&older_key)?;
        Some(older.ok_or_else(|| never_signed(from))?)
    };
    let mut hashes = BTreeMap::new();
    for (tile, key) in &tiles {
        if let Some(item) = batch.take::<TileItem>(key)? {
            hashes.insert(*tile, item.contents().hashes);
        }
    }
    let new_root = root(&newer)?;
    let old_root = older.as_ref().map_or(Ok(new_root), |o| root(o))?;
    let path =
        path((from, &old_root), (to, &new_root), &hashes).map_err(|e| broken(cx.tenant(), &log, &e))?;
    let path = path.iter().map(hex::encode).collect();
    Ok(Joined {
        checkpoints: std::iter::once(newer).chain(older).collect(),
        consistency: Consistency { from, to, path },
    })
}

/// The proof between two sizes with their roots, checked as whoever gets it will check it.
fn path(
    older: (u64, &Hash),
    newer: (u64, &Hash),
    tiles: &BTreeMap<TileId, Vec<Hash>>,
) -> Result<Vec<Hash>, MerkleError> {
    let path = consistency_proof(older.0, newer.0, tiles)?;
    verify_consistency(older.0, newer.0, older.1, newer.1, &path)?;
    Ok(path)
}

fn root(checkpoint: &CheckpointItem) -> Result<Hash, Problem> {
    let mut root: Hash = [0; 32];
    hex::decode_to_slice(&checkpoint.root, &mut root)
        .map_err(|_| Problem::internal("the root of a checkpoint does not parse"))?;
    Ok(root)
}

fn never_signed(size: u64) -> Problem {
    Problem::new(
        404,
        "no_such_checkpoint",
        format!("No checkpoint of this log covers exactly {size} entries."),
    )
    .with("size", size.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::merkle::{append, leaf_hash, tiles_to_load};

    type Tiles = BTreeMap<TileId, Vec<Hash>>;

    /// The tiles of a log of so many entries, stored in batches as the sealer does, and the root at every size.
    fn log(size: usize) -> (Tiles, Vec<Hash>) {
        let leaves: Vec<Hash> = (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let (mut tiles, mut at) = (Tiles::new(), 0);
        for batch in leaves.chunks(97) {
            let partial = tiles_to_load(at)
                .into_iter()
                .map(|tile| (tile, tiles[&tile].clone()))
                .collect();
            tiles.extend(append(at, &partial, batch).unwrap());
            at += batch.len() as u64;
        }
        let mut frontier = shared::merkle::Frontier::new();
        let mut roots = vec![frontier.root()];
        for leaf in leaves {
            frontier.append(leaf);
            roots.push(frontier.root());
        }
        (tiles, roots)
    }

    fn needed(tiles: &Tiles, from: u64, to: u64) -> Tiles {
        let wanted = tiles_for_consistency(from, to);
        wanted
            .into_iter()
            .map(|tile| (tile, tiles[&tile].clone()))
            .collect()
    }

    fn proven(tiles: &Tiles, roots: &[Hash], from: usize, to: usize) -> Result<Vec<Hash>, MerkleError> {
        let (f, t) = (from as u64, to as u64);
        path((f, &roots[from]), (t, &roots[to]), &needed(tiles, f, t))
    }

    #[test]
    fn every_pair_of_small_logs_is_proven_from_the_tiles_it_names() {
        let (tiles, roots) = log(40);
        for to in 0..=40 {
            for from in 0..=to {
                let path = proven(&tiles, &roots, from, to).unwrap();
                assert_eq!(path.is_empty(), from == 0 || from == to, "{from} {to}");
                // Another older or newer log is not what was signed, and gets no proof.
                if from > 0 && from < to {
                    let (f, t) = (from as u64, to as u64);
                    let needed = needed(&tiles, f, t);
                    for (old, new) in [
                        (&[9; 32], &roots[to]),
                        (&roots[from], &[9; 32]),
                        (&roots[to], &roots[from]),
                    ] {
                        let refused = self::path((f, old), (t, new), &needed);
                        assert_eq!(refused, Err(MerkleError::RootMismatch), "{from} {to}");
                    }
                }
            }
        }
    }

    #[test]
    fn pairs_around_the_borders_of_tiles_are_proven() {
        let (tiles, roots) = log(65_538);
        let sizes = [
            1, 2, 3, 127, 128, 129, 254, 255, 256, 257, 258, 511, 512, 513, 767, 768, 769, 65_279, 65_280,
            65_281, 65_535, 65_536, 65_537, 65_538,
        ];
        for (n, to) in sizes.iter().enumerate() {
            for from in &sizes[..=n] {
                proven(&tiles, &roots, *from, *to).unwrap_or_else(|e| panic!("{from} {to}: {e}"));
            }
        }
    }

    #[test]
    fn an_altered_missing_or_short_tile_gives_no_proof() {
        let (tiles, roots) = log(600);
        for (from, to) in [
            (255, 256),
            (256, 257),
            (257, 600),
            (300, 512),
            (511, 513),
            (1, 600),
        ] {
            let (f, t) = (from as u64, to as u64);
            let needed = needed(&tiles, f, t);
            for tile in needed.keys() {
                let mut without = needed.clone();
                without.remove(tile);
                let refused = path((f, &roots[from]), (t, &roots[to]), &without);
                assert_eq!(refused, Err(MerkleError::MissingTile(*tile)), "{from} {to}");
                let mut short = needed.clone();
                short.insert(*tile, Vec::new());
                let refused = path((f, &roots[from]), (t, &roots[to]), &short);
                assert!(
                    matches!(refused, Err(MerkleError::ShortTile { .. })),
                    "{from} {to}"
                );
                let mut altered = needed.clone();
                for hash in altered.get_mut(tile).unwrap() {
                    hash[31] ^= 1;
                }
                let refused = path((f, &roots[from]), (t, &roots[to]), &altered);
                assert_eq!(refused, Err(MerkleError::RootMismatch), "{from} {to} {tile}");
            }
        }
    }

    #[test]
    fn sizes_are_whole_numbers_that_json_holds_exactly() {
        for (text, good) in [
            ("0", true),
            ("999999999999999", true),
            ("1000000000000000", false),
            ("-1", false),
            ("1.5", false),
            ("\"7\"", false),
        ] {
            assert_eq!(serde_json::from_str::<Size>(text).is_ok(), good, "{text}");
        }
        assert!(
            tiles_for_consistency(MOST - 1, MOST).len() + 2 <= 100,
            "one batch reads it all"
        );
    }
}
