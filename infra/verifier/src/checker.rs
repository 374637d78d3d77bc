//! Checks a bundle line by line and says what is wrong with each.

use super::keys::PublicKey;
use super::lines::{EntryBody, Line, Text, hash_from_hex, header_format, parse};
use super::prepare::{self, Entry as Prepared};
use super::purges::Purges;
use super::report::{Finding, Kind, Report};
use super::tree::{Leaf, Place, Tree};
use merkle::{Hash, leaf_hash};
use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher, RandomState};

/// Findings of one kind that are told one by one; the rest is counted.
const TOLD: u64 = 1000;

/// Ids that are kept before those of confirmed entries are forgotten.
const IDS: usize = 1 << 22;

/// The format of a bundle.
const BUNDLE: &str = "ledgerkeep-audit-bundle/1";

/// What the header says.
pub(super) struct Header {
    pub tenant: String,
    pub region: String,
    pub shard: u64,
    pub size: u64,
}

/// Entries that stand late one after the other, told as one finding.
pub(super) struct Late {
    pub finding: Finding,
    index: u64,
    line: u64,
}

/// The state of a verification between two lines.
pub(super) struct Checker<'k> {
    pub(super) keys: &'k [PublicKey],
    pub(super) report: Report,
    told: BTreeMap<Kind, u64>,
    pub(super) header: Option<Header>,
    pub(super) tree: Tree,
    seen: Seen,
    pub(super) purges: Purges,
    pub(super) late: Option<Late>,
    /// Size and root of the last signed checkpoint.
    pub(super) last: Option<(u64, Hash)>,
    /// Whether the last line was a checkpoint, and whether that of the header's size was there.
    pub(super) after_checkpoint: bool,
    pub(super) closed: bool,
    pub(super) line: u64,
    /// Whether nothing more can be said.
    pub(super) stopped: bool,
}

impl<'k> Checker<'k> {
    pub(super) fn new(keys: &'k [PublicKey]) -> Self {
        Self {
            keys,
            report: Report::default(),
            told: BTreeMap::new(),
            header: None,
            tree: Tree::default(),
            seen: Seen::default(),
            purges: Purges::default(),
            late: None,
            last: None,
            after_checkpoint: false,
            closed: false,
            line: 0,
            stopped: false,
        }
    }

    /// The key of the hashes of ids.
    pub(super) fn id_keys(&self) -> [RandomState; 2] {
        self.seen.keys.clone()
    }

    /// Takes an entry of whose line and body only the tenant is still to be compared.
    pub(super) fn prepared(&mut self, entry: Prepared) {
        let Prepared {
            index,
            id,
            key,
            tenant,
            leaf,
            purge,
        } = entry;
        self.line += 1;
        if self.line == 1 {
            self.say(Kind::Malformed, "the first line is not a header");
        }
        self.after_checkpoint = false;
        self.report.entries += 1;
        let at = |kind, line, detail: String| Finding::new(kind, line, detail).entry(Some(index), &id);
        if let Some(body) = purge {
            self.purges.explain(&body);
        }
        if self
            .header
            .as_ref()
            .is_some_and(|header| header.tenant != *tenant)
        {
            let other: String = tenant.chars().take(128).collect();
            let detail = format!("the body's tenant is {other:?}");
            self.tell(at(Kind::ForeignTenant, self.line, detail));
        }
        let leaf = Leaf {
            first: leaf,
            second: leaf,
        };
        if let Some((kind, detail)) = self.place(index, &id, key, leaf) {
            self.tell(at(kind, self.line, detail));
        }
        self.tell_compared();
    }

    /// Entries read so far.
    pub(super) fn entries(&self) -> u64 {
        self.report.entries
    }

    pub(super) fn tell(&mut self, finding: Finding) {
        let told = self.told.entry(finding.kind).or_default();
        *told += 1;
        if *told <= TOLD {
            self.report.findings.push(finding);
        } else {
            self.report.omitted += 1;
        }
    }

    pub(super) fn say(&mut self, kind: Kind, detail: impl Into<String>) {
        self.tell(Finding::new(kind, self.line, detail));
    }

    /// Checks the next line. `ended` is false when the file ends without a line feed.
    pub(super) fn line(&mut self, bytes: &[u8], ended: bool) {
        self.line += 1;
        if self.line == 1 && header_format(bytes).is_some_and(|format| format != BUNDLE) {
            self.stopped = true;
            let detail = format!("the format is not {BUNDLE}; nothing else was checked");
            return self.say(Kind::UnknownFormat, detail);
        }
        parse(bytes, |line, unknown| {
            match line {
                // Half a line at the end is told as the end of a truncated file.
                Err(_) if !ended && !self.closed => {}
                Err(why) => self.say(Kind::Malformed, why),
                Ok(line) => self.typed(&line),
            }
            for field in unknown {
                let name: String = field.chars().take(128).collect();
                self.say(
                    Kind::UnknownField,
                    format!("the format has no field {name:?} here"),
                );
            }
        });
    }

    /// Notes a line too long to be read.
    pub(super) fn too_long(&mut self) {
        self.line += 1;
        self.say(
            Kind::Malformed,
            format!("the line is longer than {} bytes", super::lines::LONGEST),
        );
    }

    fn typed(&mut self, line: &Line<'_>) {
        let kind: &str = &line.kind.0;
        if self.line == 1 && kind != "header" {
            self.say(Kind::Malformed, "the first line is not a header");
        }
        match kind {
            "entry" => self.entry(line),
            "purged" => self.purged(line),
            "checkpoint" => self.checkpoint(line),
            _ => self.header(line),
        }
    }

    fn header(&mut self, line: &Line<'_>) {
        let (Some(_), Some(tenant), Some(region), Some(shard), Some(size)) =
            (&line.format, &line.tenant, &line.region, line.shard, line.size)
        else {
            return self.say(
                Kind::Malformed,
                "a header needs format, tenant, region, shard and size",
            );
        };
        self.after_checkpoint = false;
        if self.line != 1 {
            return self.say(Kind::Malformed, "a header may only be the first line");
        }
        let header = Header {
            tenant: tenant.0.to_string(),
            region: region.0.to_string(),
            shard,
            size,
        };
        self.report.tenant = Some(header.tenant.clone());
        self.report.region = Some(header.region.clone());
        self.report.shard = Some(shard);
        self.header = Some(header);
    }

    fn entry(&mut self, line: &Line<'_>) {
        let (Some(index), Some(Text(id)), Some(Text(leaf)), Some(Text(body))) =
            (line.index, &line.id, &line.leaf, &line.body)
        else {
            return self.say(Kind::Malformed, "an entry needs index, id, leaf and body");
        };
        self.after_checkpoint = false;
        let at =
            |kind, line, detail: Cow<'static, str>| Finding::new(kind, line, detail).entry(Some(index), id);
        let Some(claimed) = hash_from_hex(leaf) else {
            let detail = "the leaf is not 64 lowercase hexadecimal digits";
            return self.tell(at(Kind::Malformed, self.line, detail.into()));
        };
        self.report.entries += 1;
        let computed = leaf_hash(body.as_bytes());
        if computed != claimed {
            let detail = format!(
                "the body has the leaf hash {}, not the one it stands with",
                hex::encode(computed)
            );
            self.tell(at(Kind::Altered, self.line, detail.into()));
        }
        match EntryBody::parse(body) {
            Err(why) => {
                let detail = format!("the body is not a JSON object with one id and one tenant: {why}");
                self.tell(at(Kind::Malformed, self.line, detail.into()));
            }
            Ok(said) => {
                if computed == claimed {
                    self.purges.explain(body);
                }
                let body = said;
                if body.id.0 != *id {
                    let other: String = body.id.0.chars().take(128).collect();
                    let detail = format!("the body's id is {other:?}");
                    self.tell(at(Kind::IdMismatch, self.line, detail.into()));
                }
                if self
                    .header
                    .as_ref()
                    .is_some_and(|header| header.tenant != body.tenant.0)
                {
                    let other: String = body.tenant.0.chars().take(128).collect();
                    let detail = format!("the body's tenant is {other:?}");
                    self.tell(at(Kind::ForeignTenant, self.line, detail.into()));
                }
            }
        }
        let leaf = Leaf {
            first: claimed,
            second: computed,
        };
        let key = IdHash::of(&self.seen.keys, id);
        if let Some((kind, detail)) = self.place(index, id, key, leaf) {
            self.tell(at(kind, self.line, detail.into()));
        }
        self.tell_compared();
    }

    /// An entry that is gone: its leaf keeps its place, and the log must hold the purge that removed it.
    fn purged(&mut self, line: &Line<'_>) {
        let (Some(index), Some(Text(id)), Some(Text(leaf))) = (line.index, &line.id, &line.leaf) else {
            return self.say(Kind::Malformed, "a purged entry needs index, id and leaf");
        };
        self.after_checkpoint = false;
        let at =
            |kind, line, detail: Cow<'static, str>| Finding::new(kind, line, detail).entry(Some(index), id);
        let Some(claimed) = hash_from_hex(leaf) else {
            let detail = "the leaf is not 64 lowercase hexadecimal digits";
            return self.tell(at(Kind::Malformed, self.line, detail.into()));
        };
        self.report.entries += 1;
        self.report.purged += 1;
        self.purges.gone(index, self.line, id);
        let leaf = Leaf {
            first: claimed,
            second: claimed,
        };
        let key = IdHash::of(&self.seen.keys, id);
        if let Some((kind, detail)) = self.place(index, id, key, leaf) {
            self.tell(at(kind, self.line, detail.into()));
        }
        self.tell_compared();
    }

    /// Gives an entry its place and says what is wrong with where it stands.
    fn place(&mut self, index: u64, id: &str, key: IdHash, leaf: Leaf) -> Option<(Kind, String)> {
        let limit = self.header.as_ref().map_or(u64::MAX, |header| header.size);
        if index >= limit && !self.closed {
            return Some((Kind::Added, format!("the header tells of {limit} entries")));
        }
        if self.closed {
            if self.tree.lacks(index) {
                self.tree.take(index, self.line, leaf);
                self.seen.first(key, index);
            }
            let detail = "the checkpoint that ends the bundle stands before";
            return Some((Kind::AfterLastCheckpoint, detail.to_owned()));
        }
        self.seen.make_room(self.tree.confirmed());
        let place = self.tree.take(index, self.line, leaf);
        if matches!(place, Place::Taken) {
            return Some(match self.seen.get(&key) {
                Some(first) if first == index => {
                    (Kind::Duplicate, "the entry already stood before".to_owned())
                }
                Some(first) => (
                    Kind::Added,
                    format!("the index is taken, and the id stood at index {first}"),
                ),
                None => (
                    Kind::Added,
                    "the index is taken by an entry with another id".to_owned(),
                ),
            });
        }
        if let Place::Late(before) = place {
            self.reordered(index, id, before);
        }
        let first = self.seen.first(key, index)?;
        Some((Kind::Duplicate, format!("the id already stood at index {first}")))
    }

    /// Tells that an entry stands late, as one finding with those before it where they follow each other.
    fn reordered(&mut self, index: u64, id: &str, before: u64) {
        if let Some(late) = &mut self.late
            && late.index + 1 == index
            && late.line + 1 == self.line
        {
            (late.index, late.line, late.finding.to) = (index, self.line, Some(index));
            return;
        }
        let detail = format!("the place is before line {before}");
        let finding = Finding::new(Kind::Reordered, self.line, detail).entry(Some(index), id);
        if let Some(late) = self.late.replace(Late {
            finding,
            index,
            line: self.line,
        }) {
            self.tell(late.finding);
        }
    }
}

/// Ids that stood already, as 128-bit keyed hashes, and their indexes: about 25 bytes each.
///
/// The key is random, so that nobody can make an id that another one hides; equal ids are found as long as both are kept.
struct Seen {
    keys: [RandomState; 2],
    indexes: HashMap<IdHash, u64, BuildHasherDefault<Taken>>,
    /// Ids from which on there is no room for more, and entries that were confirmed when room was last made.
    most: usize,
    made_at: u64,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            keys: prepare::keys(),
            indexes: HashMap::default(),
            most: IDS,
            made_at: 0,
        }
    }
}

impl Seen {
    /// Forgets ids when there are too many: first those of confirmed entries, which are what the log signed, and of
    /// the others too when there are twice too many without a checkpoint in between.
    fn make_room(&mut self, confirmed: u64) {
        if self.indexes.len() >= self.most && confirmed > self.made_at {
            self.made_at = confirmed;
            self.indexes.retain(|_, index| *index >= confirmed);
        }
        if self.indexes.len() >= self.most.saturating_mul(2) {
            self.indexes.clear();
        }
    }

    fn get(&self, key: &IdHash) -> Option<u64> {
        self.indexes.get(key).copied()
    }

    /// Notes an id, or gives the index at which it stood first.
    fn first(&mut self, key: IdHash, index: u64) -> Option<u64> {
        match self.indexes.entry(key) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(index);
                None
            }
        }
    }
}

/// The 128-bit hash of an id.
#[derive(PartialEq, Eq)]
pub(super) struct IdHash(pub(super) u64, pub(super) u64);

impl std::hash::Hash for IdHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// Takes what is a hash already as it is.
#[derive(Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_in_bounds_and_the_latest_are_kept() {
        let mut seen = Seen {
            most: 10,
            ..Seen::default()
        };
        let key = |seen: &Seen, index: u64| IdHash::of(&seen.keys, &format!("aud_{index}"));
        for index in 0..1000u64 {
            // A checkpoint after every seventh entry.
            seen.make_room(index / 7 * 7);
            assert_eq!(seen.first(key(&seen, index), index), None);
            assert!(seen.indexes.len() <= 17, "{}", seen.indexes.len());
            let before = index.saturating_sub(1).max(index / 7 * 7);
            assert_eq!(seen.get(&key(&seen, before)), Some(before));
        }
        for index in 1000..1100u64 {
            seen.make_room(994);
            seen.first(key(&seen, index), index);
            assert!(
                seen.indexes.len() <= 20,
                "no checkpoint any more: {}",
                seen.indexes.len()
            );
        }
    }
}
