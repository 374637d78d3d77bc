//! The order of the entries and the tree over them, with entries that stand late put back in their places.

use merkle::{Frontier, Hash};
use std::collections::{BTreeMap, VecDeque};

/// Entries that are kept while an earlier one is still to come; beyond these, roots are no longer compared.
const KEPT: usize = 1 << 18;

/// What may stand at one place of the tree: first choice and second choice, mostly the same.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    pub first: Hash,
    pub second: Hash,
}

/// Where an entry was found to stand.
pub(super) enum Place {
    /// After all lower ones, as far as they are there.
    InOrder,
    /// After higher ones: it should stand before this line.
    Late(u64),
    /// On an index that an entry has already.
    Taken,
}

/// A signed checkpoint whose root is to be compared.
pub(super) struct Signed {
    pub line: u64,
    pub size: u64,
    pub root: Hash,
    pub time: String,
}

/// A checkpoint that was compared.
pub(super) struct Compared {
    pub checkpoint: Signed,
    /// Entries that were confirmed before.
    pub confirmed: u64,
    /// The root of the entries, when it is another.
    pub other: Option<Hash>,
}

/// Indexes that no entry has, up to `end`, noticed on `line`.
struct Gap {
    end: u64,
    line: u64,
}

/// The tree as far as entries came without a gap, and what waits for it to grow.
#[derive(Default)]
pub(super) struct Tree {
    /// Over first choices, or over what the last good checkpoint decided.
    main: Frontier,
    /// Over second choices since then, where they differ.
    other: Option<Frontier>,
    /// The newest leaf, kept out of both as long as another one may contest its place.
    newest: Option<Leaf>,
    later: BTreeMap<u64, Leaf>,
    waiting: VecDeque<Signed>,
    gaps: BTreeMap<u64, Gap>,
    /// One more than the highest index.
    next: u64,
    /// The index that was taken last.
    last: u64,
    confirmed: u64,
    given_up: bool,
    /// Checkpoints that were compared and not yet told about.
    pub compared: Vec<Compared>,
}

impl Tree {
    /// One more than the highest index so far.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Entries that a good checkpoint covers.
    pub(super) fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// Takes an entry, unless its index is taken.
    pub(super) fn take(&mut self, index: u64, line: u64, leaf: Leaf) -> Place {
        if index < self.next {
            if let Some(before) = self.fill(index) {
                self.last = index;
                self.insert(index, leaf);
                return Place::Late(before);
            }
            // Of two entries in a row on one index, one was added: the checkpoint will tell which.
            if let Some(newest) = self
                .newest
                .as_mut()
                .filter(|_| index == self.main.size() && index == self.last)
            {
                newest.second = leaf.first;
            }
            return Place::Taken;
        }
        self.reach(index, line);
        (self.last, self.next) = (index, index.saturating_add(1));
        self.insert(index, leaf);
        Place::InOrder
    }

    /// Makes a gap of what is missing below `index`.
    fn reach(&mut self, index: u64, line: u64) {
        if index > self.next {
            self.gaps.insert(self.next, Gap { end: index, line });
            self.next = index;
        }
    }

    /// Whether an index is in a gap.
    pub(super) fn lacks(&self, index: u64) -> bool {
        self.gaps
            .range(..=index)
            .next_back()
            .is_some_and(|(_, gap)| index < gap.end)
    }

    /// Takes an index out of the gap it is in and gives the line on which the gap was noticed.
    fn fill(&mut self, index: u64) -> Option<u64> {
        let (&start, gap) = self
            .gaps
            .range_mut(..=index)
            .next_back()
            .filter(|(_, gap)| index < gap.end)?;
        let (end, line) = (gap.end, gap.line);
        if start == index {
            self.gaps.remove(&start);
        } else {
            gap.end = index;
        }
        if index + 1 < end {
            self.gaps.insert(index + 1, Gap { end, line });
        }
        Some(line)
    }

    /// Leaves in the tree, the newest included.
    fn size(&self) -> u64 {
        self.main.size() + u64::from(self.newest.is_some())
    }

    fn insert(&mut self, index: u64, leaf: Leaf) {
        if self.given_up {
            return;
        }
        if index == self.size() && self.later.is_empty() {
            return self.add(leaf);
        }
        self.later.insert(index, leaf);
        let mut next = self.size();
        while let Some(leaf) = self.later.remove(&next) {
            self.add(leaf);
            next += 1;
        }
        if self.later.len() + self.waiting.len() > KEPT {
            self.given_up = true;
            self.later.clear();
            self.waiting.clear();
            self.newest = None;
        }
    }

    /// Adds the leaf that comes next.
    fn add(&mut self, leaf: Leaf) {
        self.grow();
        self.newest = Some(leaf);
        self.compare();
    }

    /// Puts the newest leaf into the tree.
    fn grow(&mut self) {
        let Some(leaf) = self.newest.take() else { return };
        if self.other.is_none() && leaf.first != leaf.second {
            self.other = Some(self.main.clone());
        }
        self.main.append(leaf.first);
        if let Some(other) = &mut self.other {
            other.append(leaf.second);
        }
    }

    /// Takes a checkpoint of at least `next` entries, to be compared as soon as these are there.
    pub(super) fn expect(&mut self, checkpoint: Signed) {
        self.reach(checkpoint.size, checkpoint.line);
        if !self.given_up {
            self.waiting.push_back(checkpoint);
            self.compare();
        }
    }

    /// Compares the checkpoint that waits for the present size.
    fn compare(&mut self) {
        let size = self.size();
        let Some(checkpoint) = self.waiting.pop_front_if(|checkpoint| checkpoint.size == size) else {
            return;
        };
        self.grow();
        let (root, confirmed) = (self.main.root(), self.confirmed);
        let mut other = None;
        if root == checkpoint.root {
            self.other = None;
            self.confirmed = size;
        } else if let Some(second) = self.other.take_if(|second| second.root() == checkpoint.root) {
            self.main = second;
            self.confirmed = size;
        } else {
            other = Some(root);
        }
        self.compared.push(Compared {
            checkpoint,
            confirmed,
            other,
        });
    }

    /// The gaps that were never filled: first index, end, line.
    pub(super) fn missing(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        self.gaps.iter().map(|(start, gap)| (*start, gap.end, gap.line))
    }
}
