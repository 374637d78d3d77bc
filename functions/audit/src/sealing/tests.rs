//! The sealer against a model of its store: random batches, duplicates, disorder, races and kills.

use super::plan::{self, Head, NewEntry, PART_BYTES, PART_ENTRIES, Plan, State, Tile, batches};
use proptest::prelude::*;
use shared::merkle::{self, Frontier, Hash, TileId, leaf_hash, root, tiles_for_root, tiles_to_load};
use std::collections::{BTreeMap, BTreeSet};

/// What the seals table holds of one log, and the revision of each item that is ever replaced.
#[derive(Default)]
struct Store {
    head: Option<(u64, Head)>,
    tiles: BTreeMap<TileId, (u64, Tile)>,
    leaves: BTreeMap<String, (u64, Hash)>,
    parts: BTreeMap<u64, u64>,
    exports: BTreeMap<String, (u64, u64)>,
}

/// What a sealer read: the state, and the revisions that its transaction is conditional on.
struct Seen {
    state: State,
    head: Option<u64>,
    tiles: BTreeMap<TileId, u64>,
}

impl Store {
    fn read(&self, batch: &[NewEntry]) -> Seen {
        let head = self.head.as_ref().map(|(_, h)| h.clone()).unwrap_or_default();
        let loaded: BTreeMap<_, _> = tiles_to_load(head.size)
            .into_iter()
            .filter_map(|id| Some((id, self.tiles.get(&id)?.clone())))
            .collect();
        let exports = batch.iter().filter_map(|e| e.export.clone());
        Seen {
            head: self.head.as_ref().map(|(rev, _)| *rev),
            tiles: loaded.iter().map(|(id, (rev, _))| (*id, *rev)).collect(),
            state: State {
                head,
                tiles: loaded.into_iter().map(|(id, (_, tile))| (id, tile)).collect(),
                sealed: batch
                    .iter()
                    .map(|e| e.id.clone())
                    .filter(|id| self.leaves.contains_key(id))
                    .collect(),
                exports: exports.filter(|e| self.exports.contains_key(e)).collect(),
            },
        }
    }

    /// One transaction: everything if every condition holds, else nothing.
    fn transact(&mut self, seen: &Seen, plan: &Plan) -> bool {
        let actions = 1 + plan.tiles.len() + plan.leaves.len() + plan.parts.len() + plan.exports.len();
        assert!(actions <= 100, "{actions} actions");
        let holds = self.head.as_ref().map(|(rev, _)| *rev) == seen.head
            && plan
                .tiles
                .iter()
                .all(|(id, _)| self.tiles.get(id).map(|t| t.0) == seen.tiles.get(id).copied())
            && plan.leaves.iter().all(|l| !self.leaves.contains_key(&l.id))
            && plan.parts.iter().all(|(part, ..)| !self.parts.contains_key(part))
            && plan.exports.iter().all(|e| !self.exports.contains_key(e));
        if !holds {
            return false;
        }
        self.head = Some((seen.head.unwrap_or(0) + 1, plan.head.clone()));
        for (id, tile) in &plan.tiles {
            let rev = seen.tiles.get(id).unwrap_or(&0) + 1;
            self.tiles.insert(*id, (rev, tile.clone()));
        }
        self.leaves
            .extend(plan.leaves.iter().map(|l| (l.id.clone(), (l.index, l.hash))));
        for (part, first, highest) in &plan.parts {
            let before = self.leaves.iter().filter(|(_, (index, ..))| index < first);
            let before = before.map(|(id, _)| id.clone()).chain(
                plan.leaves
                    .iter()
                    .filter(|leaf| leaf.index < *first)
                    .map(|leaf| leaf.id.clone()),
            );
            assert_eq!(
                before.max().unwrap_or_default(),
                *highest,
                "the highest id before a part"
            );
            self.parts.insert(*part, *first);
        }
        self.exports.extend(
            plan.exports
                .iter()
                .map(|e| (e.clone(), (plan.head.size, plan.head.parts))),
        );
        true
    }

    fn hashes(&self) -> BTreeMap<TileId, Vec<Hash>> {
        self.tiles
            .iter()
            .map(|(id, (_, tile))| (*id, tile.hashes.clone()))
            .collect()
    }
}

fn entry(n: usize, bytes: usize) -> NewEntry {
    let id = format!("aud_{n:026}");
    let export = n.is_multiple_of(37).then(|| format!("exp_{n:026}"));
    NewEntry {
        body: format!("{id}{}", "x".repeat(bytes)),
        id,
        policy: n.is_multiple_of(41),
        export,
        object: None,
        address: None,
        touched: Vec::new(),
    }
}

/// Every entry once, under the index that the tiles give it; the root and the parts are those of a log that
/// was written by one hand.
fn check(store: &Store, entries: &[NewEntry]) {
    let (_, head) = store.head.as_ref().unwrap();
    assert_eq!(head.size, entries.len() as u64);
    assert_eq!(
        store.leaves.keys().collect::<Vec<_>>(),
        entries.iter().map(|e| &e.id).collect::<Vec<_>>()
    );
    let bodies: BTreeMap<&str, &str> = entries.iter().map(|e| (e.id.as_str(), e.body.as_str())).collect();
    let by_index: BTreeMap<u64, (&str, Hash)> = store
        .leaves
        .iter()
        .map(|(id, (index, hash))| (*index, (id.as_str(), *hash)))
        .collect();
    assert_eq!(
        by_index.keys().copied().collect::<Vec<_>>(),
        (0..head.size).collect::<Vec<_>>()
    );
    let mut frontier = Frontier::new();
    for (index, (id, hash)) in &by_index {
        assert_eq!(*hash, leaf_hash(bodies[id].as_bytes()));
        frontier.append(*hash);
        let (_, tile) = &store.tiles[&TileId {
            level: 0,
            index: index / 256,
        }];
        assert_eq!(
            (
                tile.entries[(index % 256) as usize].as_str(),
                tile.hashes[(index % 256) as usize]
            ),
            (*id, *hash)
        );
    }
    let tiles = store.hashes();
    assert_eq!(root(head.size, &tiles).unwrap(), frontier.root());
    assert!(tiles_for_root(head.size).iter().all(|id| tiles.contains_key(id)));
    let wanted: BTreeSet<&String> = entries.iter().filter_map(|e| e.export.as_ref()).collect();
    assert_eq!(store.exports.keys().collect::<BTreeSet<_>>(), wanted);
    for entry in entries.iter().filter(|e| e.export.is_some()) {
        let (size, parts) = store.exports[entry.export.as_ref().unwrap()];
        assert!(
            store.leaves[&entry.id].0 < size && store.parts.range(..parts).all(|(_, first)| *first < size)
        );
    }
    check_parts(store, head, &by_index, &bodies);
}

fn check_parts(
    store: &Store,
    head: &Head,
    by_index: &BTreeMap<u64, (&str, Hash)>,
    bodies: &BTreeMap<&str, &str>,
) {
    assert_eq!(store.parts.len() as u64, head.parts);
    let firsts: Vec<u64> = store.parts.values().copied().collect();
    assert_eq!(
        store.parts.keys().copied().collect::<Vec<_>>(),
        (0..head.parts).collect::<Vec<_>>()
    );
    assert_eq!(firsts.first(), Some(&0));
    for (i, first) in firsts.iter().enumerate() {
        let end = firsts.get(i + 1).copied().unwrap_or(head.size);
        let bytes: usize = (*first..end).map(|n| bodies[by_index[&n].0].len()).sum();
        assert!(*first < end && end - first <= PART_ENTRIES && bytes as u64 <= PART_BYTES);
    }
}

/// A sealer at work on a batch: it has read and planned, and not yet written.
struct InFlight {
    batch: Vec<NewEntry>,
    seen: Seen,
    plan: Option<Plan>,
}

fn start(store: &Store, batch: Vec<NewEntry>) -> InFlight {
    let seen = store.read(&batch);
    let plan = plan::plan(&seen.state, &batch).unwrap();
    InFlight { batch, seen, plan }
}

/// Runs one delivery to its end, losing no race to anybody.
fn finish(store: &mut Store, entries: Vec<NewEntry>) {
    for batch in batches(entries) {
        let work = start(store, batch);
        assert!(work.plan.is_none_or(|plan| store.transact(&work.seen, &plan)));
    }
}

#[test]
fn one_hand_writes_one_log() {
    let entries: Vec<NewEntry> = (0..1500).map(|n| entry(n, 10)).collect();
    let mut store = Store::default();
    for some in entries.chunks(333) {
        finish(&mut store, some.to_vec());
        finish(&mut store, some.to_vec());
    }
    check(&store, &entries);
    assert_eq!(store.parts.len(), 6, "small entries make parts of 256");
}

#[test]
fn large_bodies_make_small_parts_and_small_batches() {
    let entries: Vec<NewEntry> = (0..200).map(|n| entry(n, 66_000)).collect();
    let mut store = Store::default();
    assert!(batches(entries.clone()).len() >= 6);
    finish(&mut store, entries.clone());
    check(&store, &entries);
    assert!(store.parts.len() >= 6);
}

#[test]
fn a_batch_of_exports_fits_a_transaction() {
    let entries: Vec<NewEntry> = (0..300).map(|n| entry(n * 37, 10)).collect();
    let mut store = Store::default();
    finish(&mut store, entries.clone());
    check(&store, &entries);
}

#[test]
fn a_head_without_its_tiles_is_refused() {
    let mut store = Store::default();
    finish(&mut store, vec![entry(1, 1), entry(2, 1)]);
    let mut seen = store.read(&[entry(3, 1)]);
    seen.state.tiles.clear();
    let refused = plan::plan(&seen.state, &[entry(3, 1)]);
    assert_eq!(
        refused,
        Err(merkle::MerkleError::MissingTile(TileId { level: 0, index: 0 }))
    );
    let mut seen = store.read(&[entry(3, 1)]);
    seen.state.tiles.values_mut().for_each(|t| t.entries.truncate(1));
    assert!(matches!(
        plan::plan(&seen.state, &[entry(3, 1)]),
        Err(merkle::MerkleError::ShortTile { .. })
    ));
}

/// What happens next in a history.
#[derive(Clone, Debug)]
enum Step {
    /// A delivery of these entries (by number) begins; it may hold some that came before.
    Deliver(Vec<usize>),
    /// One of the sealers at work writes. When it loses the race it begins again.
    Write(usize),
    /// One is killed before it writes; its batch comes again later.
    KillBefore(usize),
    /// One is killed right after it wrote; nobody knows, and its batch comes again later.
    KillAfter(usize),
}

fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => proptest::collection::vec(0..count, 1..120).prop_map(Step::Deliver),
        5 => (0..8usize).prop_map(Step::Write),
        1 => (0..8usize).prop_map(Step::KillBefore),
        1 => (0..8usize).prop_map(Step::KillAfter),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_happens_every_entry_is_sealed_once(
        count in 1..700usize,
        size in prop_oneof![4 => 0..200usize, 1 => 60_000..66_000usize],
        history in (1..700usize).prop_flat_map(steps),
    ) {
        // Large bodies only in short histories, to keep the test quick.
        let count = if size > 1000 { count.min(120) } else { count };
        let entries: Vec<NewEntry> = (0..count).map(|n| entry(n, size)).collect();
        let mut store = Store::default();
        let (mut at_work, mut again): (Vec<InFlight>, Vec<Vec<NewEntry>>) = (Vec::new(), Vec::new());
        for step in history {
            match step {
                Step::Deliver(numbers) => {
                    let some = numbers.iter().filter_map(|n| entries.get(*n)).cloned().collect();
                    for batch in batches(some) {
                        at_work.push(start(&store, batch));
                    }
                }
                Step::Write(n) if !at_work.is_empty() => {
                    let work = at_work.remove(n % at_work.len());
                    if work.plan.is_some_and(|plan| !store.transact(&work.seen, &plan)) {
                        at_work.push(start(&store, work.batch));
                    }
                }
                Step::KillBefore(n) if !at_work.is_empty() => {
                    again.push(at_work.remove(n % at_work.len()).batch);
                }
                Step::KillAfter(n) if !at_work.is_empty() => {
                    let work = at_work.remove(n % at_work.len());
                    work.plan.map(|plan| store.transact(&work.seen, &plan));
                    again.push(work.batch);
                }
                _ => {}
            }
            let indexes: BTreeSet<u64> = store.leaves.values().map(|(index, _)| *index).collect();
            prop_assert_eq!(indexes.len(), store.leaves.len(), "two leaves at one index");
        }
        again.extend(at_work.into_iter().map(|work| work.batch));
        for batch in again {
            finish(&mut store, batch);
        }
        // The sweep brings whatever no delivery has brought, and all the rest once more.
        finish(&mut store, entries.clone());
        check(&store, &entries);
    }
}
