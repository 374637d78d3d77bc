//! What of an entry can be checked without the lines before it: the costly part of it, done on other threads.

use super::checker::IdHash;
use super::lines::{EntryBody, Line, Read, Text, hash_from_hex, parse, read_line};
use super::purges::Purges;
use merkle::{Hash, leaf_hash};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead};
use std::sync::Arc;

/// Bytes of lines that are handed to another thread at once. So few in tests that their bundles go over several.
const BATCH: usize = if cfg!(test) { 1 << 10 } else { 1 << 18 };

/// Lines, one after the other.
#[derive(Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// Where each ends, and whether a line feed ended it; none for one that was too long.
    ends: Vec<Option<(usize, bool)>>,
}

impl Lines {
    /// Reads lines until there are enough; gives whether the file goes on.
    pub(super) fn read(&mut self, reader: &mut impl BufRead) -> io::Result<bool> {
        while self.bytes.len() < BATCH {
            let end = match read_line(reader, &mut self.bytes)? {
                Read::End => return Ok(false),
                Read::Line { ended } => Some((self.bytes.len(), ended)),
                Read::TooLong => None,
            };
            self.ends.push(end);
        }
        Ok(true)
    }

    /// Checks what can be checked of each by itself.
    pub(super) fn prepare(self, keys: &[RandomState; 2]) -> Prepared {
        let mut tenant = Arc::from("");
        let mut entries = Vec::with_capacity(self.ends.len());
        let mut from = 0;
        for end in &self.ends {
            let line = end.and_then(|(to, _)| self.bytes.get(from..to));
            entries.push(line.and_then(|line| Entry::of(line, keys, &mut tenant)));
            from = end.map_or(from, |(to, _)| to);
        }
        Prepared { lines: self, entries }
    }
}

/// Lines of which some are entries that can be placed as they are.
pub(super) struct Prepared {
    lines: Lines,
    entries: Vec<Option<Entry>>,
}

/// One of them.
pub(super) enum Next<'p> {
    /// An entry with nothing wrong in its line.
    Entry(Entry),
    /// Any other line, and whether a line feed ended it.
    Line(&'p [u8], bool),
    /// One that was too long.
    TooLong,
}

impl Prepared {
    /// Hands out each, in order.
    pub(super) fn each(self, mut take: impl FnMut(Next<'_>)) {
        let Lines { bytes, ends } = self.lines;
        let mut from = 0;
        for (end, entry) in ends.into_iter().zip(self.entries) {
            let Some((to, ended)) = end else {
                take(Next::TooLong);
                continue;
            };
            take(match entry {
                Some(entry) => Next::Entry(entry),
                None => Next::Line(bytes.get(from..to).unwrap_or_default(), ended),
            });
            from = to;
        }
    }
}

/// An entry whose line is as the format has it, with a body that belongs to it.
pub(super) struct Entry {
    /// Its index.
    pub(super) index: u64,
    /// Its id.
    pub(super) id: String,
    /// Its id, hashed.
    pub(super) key: IdHash,
    /// The tenant that its body names.
    pub(super) tenant: Arc<str>,
    /// The leaf hash, which is that of its body.
    pub(super) leaf: Hash,
    /// The body, where it may be that of a purge.
    pub(super) purge: Option<String>,
}

impl Entry {
    /// Of a line; none when anything is wrong with it, or it is no entry.
    fn of(line: &[u8], keys: &[RandomState; 2], tenant: &mut Arc<str>) -> Option<Self> {
        parse(line, |line, unknown| {
            let line: Line<'_> = line.ok().filter(|l| l.kind.0 == "entry" && unknown.is_empty())?;
            let (index, Text(id), Text(leaf), Text(body)) = (line.index?, line.id?, line.leaf?, line.body?);
            let leaf = hash_from_hex(&leaf).filter(|leaf| *leaf == leaf_hash(body.as_bytes()))?;
            let said = EntryBody::parse(&body).ok().filter(|said| said.id.0 == id)?;
            if said.tenant.0 != **tenant {
                *tenant = Arc::from(&*said.tenant.0);
            }
            Some(Self {
                index,
                key: IdHash::of(keys, &id),
                id: id.into_owned(),
                tenant: tenant.clone(),
                leaf,
                purge: Purges::concerns(&body).then(|| body.into_owned()),
            })
        })
    }
}

/// The key of the hashes of ids.
pub(super) fn keys() -> [RandomState; 2] {
    Default::default()
}

impl IdHash {
    /// The 128-bit keyed hash of an id.
    pub(super) fn of([a, b]: &[RandomState; 2], id: &str) -> Self {
        Self(a.hash_one(id), b.hash_one(id))
    }
}
