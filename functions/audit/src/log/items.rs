//! The items of a log.

use super::{
    padded,
    plan::{Head, Tile},
};
use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{AtRestBytes, Item, Listing, Table},
};

/// How far a log has been sealed. Replaced on its revision only: that makes one writer of many sealers.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct HeadItem {
    /// `<region>#<shard>`.
    #[public]
    pub id: String,
    /// Entries sealed.
    #[public]
    pub size: u64,
    /// Parts of a bundle begun.
    #[public]
    pub parts: u64,
    /// Entries in the last part.
    #[public]
    pub part_entries: u64,
    /// Bytes of bodies in the last part.
    #[public]
    pub part_bytes: u64,
    /// Unix seconds at which a sealer last set out to sign a checkpoint.
    #[public]
    pub checkpoint_at: i64,
    /// The highest id of an entry.
    #[public]
    #[serde(default)]
    pub highest: String,
}

impl Item for HeadItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "seal-head";
    fn id(&self) -> &str {
        &self.id
    }
}

impl HeadItem {
    /// As plans take it.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            size: self.size,
            parts: self.parts,
            part_entries: self.part_entries,
            part_bytes: self.part_bytes,
            highest: self.highest.clone(),
        }
    }

    /// As plans leave it.
    #[must_use]
    pub fn of(id: String, head: &Head, checkpoint_at: i64) -> Self {
        Self {
            id,
            size: head.size,
            parts: head.parts,
            part_entries: head.part_entries,
            part_bytes: head.part_bytes,
            checkpoint_at,
            highest: head.highest.clone(),
        }
    }
}

/// A tile of the tree. Those of level 0 name their entries too, which is how entries are found by index.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct TileItem {
    /// `<region>#<shard>#<level>#<index>`.
    #[public]
    pub id: String,
    /// Up to 256 hashes, one after the other.
    #[public]
    pub hashes: AtRestBytes,
    /// The entries' ids on level 0; none above.
    #[public]
    pub entries: Vec<String>,
}

impl Item for TileItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "tile";
    fn id(&self) -> &str {
        &self.id
    }
}

impl TileItem {
    /// As plans take it.
    #[must_use]
    pub fn contents(&self) -> Tile {
        Tile {
            hashes: self.hashes.0.as_chunks::<32>().0.to_vec(),
            entries: self.entries.clone(),
        }
    }

    /// As plans leave it.
    #[must_use]
    pub fn of(id: String, tile: &Tile) -> Self {
        let hashes = AtRestBytes(tile.hashes.as_flattened().to_vec());
        Self {
            id,
            hashes,
            entries: tile.entries.clone(),
        }
    }
}

/// Where an entry stands in its log. Created once, in the transaction that seals it: no entry is sealed twice.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct LeafItem {
    /// The entry.
    #[public]
    pub id: String,
    /// Region of the log.
    #[public]
    pub region: String,
    /// Shard of the log.
    #[public]
    pub shard: u32,
    /// Number of the entry in the log, from 0.
    #[public]
    pub index: u64,
    /// Leaf hash (RFC 6962, section 2.1).
    #[public]
    pub leaf: AtRestBytes,
    /// Size of the log right after the entry was sealed.
    #[public]
    pub size: u64,
    /// The object of the call: how entries about it are found.
    #[public]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The address that it came from: how entries from there are found.
    #[internal]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl LeafItem {
    /// The list of the entries about an object.
    #[must_use]
    pub fn about(object: &str) -> String {
        format!("leaves-about#{object}")
    }
    /// The list of the entries from an address.
    #[must_use]
    pub fn from(address: &str) -> String {
        format!("leaves-from#{address}")
    }
}

impl Item for LeafItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "leaf";
    fn id(&self) -> &str {
        &self.id
    }
    fn listing(&self) -> Option<Listing> {
        self.object.as_deref().map(|object| Listing {
            list: Self::about(object),
            sort: self.id.clone(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        self.address.as_deref().map(|address| Listing {
            list: Self::from(address),
            sort: self.id.clone(),
        })
    }
}

/// That an entry names a customer: how their entries are found, whatever the calls were about. It says nothing that its entry
/// does not, and outlives it as its leaf does.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct TouchItem {
    /// The customer.
    #[public]
    pub id: String,
    /// The entry.
    #[public]
    pub entry: String,
}

impl Item for TouchItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "touch";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Find the audit entries that name a customer",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegalObligation,
        "As its entry",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        self.entry.clone()
    }
}

/// Where a part of a bundle begins. Parts are bounded in entries and in bytes, so that each fits an answer.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PartItem {
    /// `<region>#<shard>`.
    #[public]
    pub id: String,
    /// Number of the part, from 0.
    #[public]
    pub part: u64,
    /// Index of its first entry.
    #[public]
    pub first: u64,
    /// The highest id of all entries before it.
    #[public]
    #[serde(default)]
    pub highest: Option<String>,
    /// Every entry with a lower id than this stands before it.
    #[public]
    #[serde(default)]
    pub swept: Option<String>,
}

impl PartItem {
    /// Whether everything before it was made before `first`.
    #[must_use]
    pub fn begins_by(&self, first: &str) -> bool {
        self.highest.as_deref().is_some_and(|highest| highest < first)
    }

    /// Whether everything made up to `last` stands before it.
    #[must_use]
    pub fn is_past(&self, last: &str) -> bool {
        self.swept.as_deref().is_some_and(|swept| last < swept)
    }
}

impl Item for PartItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "part";
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        padded(self.part)
    }
}

/// How large the log was when it had taken in the request for an export: what the export covers.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ExportSealItem {
    /// The export.
    #[public]
    pub id: String,
    /// Entries.
    #[public]
    pub size: u64,
    /// Parts.
    #[public]
    pub parts: u64,
    /// Region of the log.
    #[public]
    pub region: String,
}

impl ExportSealItem {
    /// The list of a tenant's, in one region.
    #[must_use]
    pub fn list(region: &str) -> String {
        format!("export-seals#{region}")
    }
}

impl Item for ExportSealItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "export-seal";
    fn id(&self) -> &str {
        &self.id
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::list(&self.region),
            sort: self.id.clone(),
        })
    }
}

/// Up to where a region has looked for entries that the stream did not bring.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SweepItem {
    /// The region.
    #[public]
    pub id: String,
    /// Everything below this in the list of entries has been seen sealed.
    #[public]
    pub below: String,
}

impl Item for SweepItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "sweep";
    fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        ids::TenantId,
        store::{decode, encode},
    };

    #[test]
    fn tiles_and_heads_come_back_from_the_store_as_they_were() {
        let tenant = TenantId::platform();
        for entries in [vec!["aud_1".to_owned(), "aud_2".to_owned()], Vec::new()] {
            let tile = Tile {
                hashes: vec![[1; 32], [255; 32]],
                entries,
            };
            let stored = encode(&tenant, &TileItem::of("eu-central-1#0#0#0".into(), &tile), 4).unwrap();
            let back = decode::<TileItem>(stored).unwrap();
            assert_eq!((back.contents(), back.revision), (tile, 4));
        }
        let head = Head {
            size: 1 << 50,
            parts: 3,
            part_entries: 200,
            part_bytes: 1_000_000,
            highest: "aud_2".into(),
        };
        let stored = encode(&tenant, &HeadItem::of("eu-central-1#0".into(), &head, 1), 1).unwrap();
        assert_eq!(decode::<HeadItem>(stored).unwrap().head(), head);
    }

    #[test]
    fn a_part_says_which_times_it_is_beyond() {
        let part = |highest: Option<&str>, swept: Option<&str>| PartItem {
            id: "eu-central-1#0".into(),
            part: 7,
            first: 1_792,
            highest: highest.map(str::to_owned),
            swept: swept.map(str::to_owned),
        };
        let known = part(Some("aud_5"), Some("aud_3"));
        assert!(known.begins_by("aud_6") && !known.begins_by("aud_5") && !known.begins_by("aud_4"));
        assert!(known.is_past("aud_2") && !known.is_past("aud_3") && !known.is_past("aud_4"));
        let older = part(None, None);
        assert!(
            !older.begins_by("aud_9") && !older.is_past("aud_0"),
            "nothing is known of it"
        );
    }

    #[test]
    fn sort_keys_of_numbers_sort_as_numbers() {
        assert!(padded(9) < padded(10) && padded(10) < padded(u64::MAX));
    }
}
