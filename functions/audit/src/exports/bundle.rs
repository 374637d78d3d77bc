//! The lines of a bundle, in the format of `infra/audit-bundle-format.md`.

use crate::{
    checkpoints::{CheckpointItem, sizes},
    log::{
        Log, broken,
        items::{ExportSealItem, PartItem},
        padded,
    },
};
use serde::Serialize;
use shared::{
    audit::EntryItem,
    ids::TenantId,
    merkle::{Hash, MerkleError, TILE_WIDTH, TileId},
    problem::Problem,
    road::Context,
    store::{Key, Stored},
};
use std::collections::{BTreeMap, HashMap};

/// The format of bundles.
const FORMAT: &str = "ledgerkeep-audit-bundle/1";
/// Most keys of one read.
const KEYS: usize = 100;
/// More checkpoints than a part has sizes.
const CHECKPOINTS: i32 = 1000;

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Header {
        format: &'a str,
        tenant: &'a TenantId,
        region: &'a str,
        shard: u32,
        size: u64,
    },
    Entry {
        index: u64,
        id: &'a str,
        leaf: String,
        body: &'a str,
    },
    Purged {
        index: u64,
        id: &'a str,
        leaf: String,
    },
    Checkpoint {
        body: &'a str,
        signature: &'a str,
    },
}

impl Line<'_> {
    fn text(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|_| Problem::internal("a line of a bundle does not serialise"))
    }
}

/// A sealed entry, by its place.
pub struct Place {
    /// Number in the log.
    pub index: u64,
    /// The entry.
    pub id: String,
    leaf: Hash,
}

/// The lines of one part of an export.
///
/// # Errors
/// 503 when the store does not answer, 500 when the log does not hold what its head says.
pub async fn lines(
    cx: &Context,
    log: &Log,
    export: &ExportSealItem,
    part: u64,
) -> Result<Vec<String>, Problem> {
    let (first, end) = range(cx, log, export, part).await?;
    let (places, bodies) = contents(cx, log, first, end).await?;
    let mut lines = Vec::new();
    if part == 0 {
        let (tenant, region, shard, size) = (cx.tenant(), log.region.as_str(), log.shard, export.size);
        lines.push(
            Line::Header {
                format: FORMAT,
                tenant,
                region,
                shard,
                size,
            }
            .text()?,
        );
    }
    lines.extend(numbered(cx, log, (first, end), &places, &bodies).await?);
    Ok(lines)
}

/// The entries from the first to before the end, and the bodies that are still there.
///
/// # Errors
/// As [`lines`].
pub async fn contents(
    cx: &Context,
    log: &Log,
    first: u64,
    end: u64,
) -> Result<(Vec<Place>, HashMap<String, String>), Problem> {
    let places = places(cx, log, first, end).await?;
    let bodies = bodies(cx, &places).await?;
    Ok((places, bodies))
}

/// The line of a checkpoint.
///
/// # Errors
/// 500 when it does not serialise.
pub fn checkpoint_line(body: &str, signature: &str) -> Result<String, Problem> {
    Line::Checkpoint { body, signature }.text()
}

/// The lines of entries and of the checkpoints among them.
///
/// # Errors
/// As [`lines`].
pub async fn numbered(
    cx: &Context,
    log: &Log,
    (first, end): (u64, u64),
    places: &[Place],
    bodies: &HashMap<String, String>,
) -> Result<Vec<String>, Problem> {
    let between = sizes(first.saturating_add(1), end);
    let found = cx
        .below::<CheckpointItem>(&log.id(), between, false, CHECKPOINTS)
        .await?;
    let checkpoints: BTreeMap<u64, Stored<CheckpointItem>> = found.into_iter().map(|c| (c.size, c)).collect();
    let mut lines = Vec::with_capacity(places.len() + checkpoints.len() + 1);
    for Place { index, id, leaf } in places {
        match bodies.get(id) {
            Some(body) => {
                let leaf = hex::encode(leaf);
                lines.push(
                    Line::Entry {
                        index: *index,
                        id,
                        leaf,
                        body,
                    }
                    .text()?,
                );
            }
            // The verifier asks a purge in the log for the reason; without one it tells that the entry is gone.
            None => {
                let leaf = hex::encode(leaf);
                lines.push(
                    Line::Purged {
                        index: *index,
                        id,
                        leaf,
                    }
                    .text()?,
                );
            }
        }
        if let Some(checkpoint) = checkpoints.get(&index.saturating_add(1)) {
            lines.push(checkpoint_line(&checkpoint.body, &checkpoint.signature)?);
        }
    }
    Ok(lines)
}

/// The entries of a part: from the first to before the end.
pub(super) async fn range(
    cx: &Context,
    log: &Log,
    export: &ExportSealItem,
    part: u64,
) -> Result<(u64, u64), Problem> {
    let next = part.saturating_add(1);
    let key = |n: u64| Key::sub::<PartItem>(cx.tenant(), &log.id(), &padded(n));
    let keys = [key(part), key(next)];
    let mut batch = cx.batch(&keys).await?;
    let [this, following] = &keys;
    let gone = || Problem::internal("a part of a log is not there");
    let first = batch.take::<PartItem>(this)?.ok_or_else(gone)?.first;
    if next >= export.parts {
        // The last part may have grown since.
        return Ok((first, export.size));
    }
    let end = batch.take::<PartItem>(following)?.ok_or_else(gone)?.first;
    Ok((first, end))
}

/// The entries of a part, from the tiles.
pub(super) async fn places(cx: &Context, log: &Log, first: u64, end: u64) -> Result<Vec<Place>, Problem> {
    let width = TILE_WIDTH as u64;
    let wanted: Vec<TileId> = (first / width..end.div_ceil(width))
        .map(|index| TileId { level: 0, index })
        .collect();
    let tiles = log.tiles(cx, &wanted).await?;
    let mut places = Vec::new();
    for tile in wanted {
        let found = tiles
            .get(&tile)
            .ok_or_else(|| broken(cx.tenant(), log, &MerkleError::MissingTile(tile)))?;
        let contents = found.contents();
        let numbered =
            (tile.index.saturating_mul(width)..).zip(contents.entries.into_iter().zip(contents.hashes));
        let within = numbered.filter(|(index, _)| (first..end).contains(index));
        places.extend(within.map(|(index, (id, leaf))| Place { index, id, leaf }));
    }
    if u64::try_from(places.len()).ok() != end.checked_sub(first) {
        return Err(Problem::internal("a tile is shorter than its log"));
    }
    Ok(places)
}

/// The bodies of entries that are still there.
pub(super) async fn bodies(cx: &Context, places: &[Place]) -> Result<HashMap<String, String>, Problem> {
    let mut bodies = HashMap::with_capacity(places.len());
    for some in places.chunks(KEYS) {
        let keys: Vec<Key> = some.iter().map(|p| cx.key::<EntryItem>(&p.id)).collect();
        let mut batch = cx.batch(&keys).await?;
        for key in &keys {
            if let Some(entry) = batch.take::<EntryItem>(key)? {
                bodies.insert(entry.item.id, entry.item.body);
            }
        }
    }
    Ok(bodies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn lines_have_the_fields_of_the_format() {
        let tenant = TenantId::platform();
        let header = Line::Header {
            format: FORMAT,
            tenant: &tenant,
            region: "eu-central-1",
            shard: 0,
            size: 7,
        };
        let entry = Line::Entry {
            index: 1,
            id: "aud_1",
            leaf: "00".into(),
            body: "{\"id\":\"aud_1\"}",
        };
        let checkpoint = Line::Checkpoint {
            body: "{}",
            signature: "MEUC",
        };
        let parsed = |line: Line<'_>| serde_json::from_str::<Value>(&line.text().unwrap()).unwrap();
        assert_eq!(
            parsed(header),
            json!({"type": "header", "format": "ledgerkeep-audit-bundle/1", "tenant": tenant,
                "region": "eu-central-1", "shard": 0, "size": 7})
        );
        assert_eq!(
            parsed(entry),
            json!({"type": "entry", "index": 1, "id": "aud_1", "leaf": "00", "body": "{\"id\":\"aud_1\"}"})
        );
        assert_eq!(
            parsed(checkpoint),
            json!({"type": "checkpoint", "body": "{}", "signature": "MEUC"})
        );
    }
}
