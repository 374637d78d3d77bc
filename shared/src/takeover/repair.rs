//! What has not arrived: each audit entry of the old home names the items that its transaction wrote, with their revisions. Where
//! the entry or one of the items is not in the new home's tables, the transaction has arrived in part.

use crate::{
    kernel::{
        ids::{EntryId, EventId, TenantId},
        time::Timestamp,
    },
    ports::audit::EntryItem,
    process::app::App,
    road::{idempotency::IdempotencyItem, outbox::OUTBOX},
    store::{Attribute, Attrs, Item, Key, Query, StoreError, TENANT_PREFIX, Table, decode},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Items of one read.
const PAGE: i32 = 100;

/// What an entry says of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    /// The last entry that names it.
    entry: String,
    /// The revision that it left behind: 0 where it removed the item, none where it changed single attributes.
    revision: Option<u64>,
}

/// One item that has not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Where it belongs.
    pub key: Key,
    /// The entry that names it.
    pub entry: String,
    revision: Option<u64>,
    /// The revision that is there instead.
    there: Option<u64>,
}

/// What a comparison has found.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Entries of the old home that were looked at.
    pub entries: usize,
    /// What has not arrived.
    pub missing: Vec<Missing>,
    /// Entries of which everything has arrived: what is there does not go again.
    pub whole: BTreeSet<String>,
    /// Idempotency records that have arrived, by their entries: where nothing else has, a repetition must be decided anew.
    records: BTreeMap<String, (Key, u64)>,
    /// How many items each entry names beside them.
    named: BTreeMap<String, usize>,
}

/// What a repair has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Items that were copied from the old home, or removed as they were there.
    pub copied: usize,
    /// Idempotency records whose transaction did not arrive: a repetition is decided anew.
    pub released: usize,
    /// What did not arrive and is in no region that can be reached: entry, table and key.
    pub lost: Vec<[String; 3]>,
}

impl Repaired {
    /// For the audit entry.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"copied": self.copied, "released": self.released, "lost": self.lost})
    }
}

fn revision(item: &Attrs) -> Option<u64> {
    item.get("rev")?.as_n().ok()?.parse().ok()
}

/// Whether an item is what an entry left behind, or something later.
fn arrived(expected: &Expected, there: Option<&Attrs>) -> bool {
    let audit = there.and_then(|i| i.get("audit")?.as_s().ok());
    // Ids begin with the time, and later entries are about later states. A worker that leaves none came later, too.
    let later = |entry: &String| *entry >= expected.entry || !entry.starts_with("aud_");
    match (expected.revision, there) {
        (Some(0), None) => true,
        (Some(0) | None, Some(_)) => audit.is_some_and(later),
        (Some(wanted), Some(item)) => revision(item).is_some_and(|r| r >= wanted),
        (_, None) => false,
    }
}

/// The items that an entry names.
fn named(tenant: &TenantId, body: &Value) -> Vec<(Key, Option<u64>)> {
    let wrote = body.get("wrote").and_then(Value::as_array);
    let one = |written: &Value| {
        let text = |n: usize| written.get(n).and_then(Value::as_str);
        let table = Table::ALL.into_iter().find(|t| Some(t.name()) == text(0))?;
        let (name, sk) = (text(1)?, text(2)?.to_owned());
        // Who makes a tenant writes items of it.
        let pk = match name.starts_with(TENANT_PREFIX) {
            true => name.to_owned(),
            false => format!("{TENANT_PREFIX}{tenant}#{name}"),
        };
        Some((Key { table, pk, sk }, written.get(3).and_then(Value::as_u64)))
    };
    wrote.into_iter().flatten().filter_map(one).collect()
}

/// The entries of a tenant since some time, as a region has them.
async fn entries(app: &App, tenant: &TenantId, since: Timestamp) -> Result<Vec<EntryItem>, String> {
    let first = EntryId::new(since).to_string();
    // The time alone: what follows it is random.
    let first: String = first.chars().take(14).collect();
    let mut all = Vec::new();
    for (index, list) in EntryItem::everywhere(tenant) {
        let query = Query {
            table: Table::Audit,
            tenant,
            index: Some(index),
            partition: list,
            between: Some((first.clone(), "aud_~".to_owned())),
            descending: false,
            limit: PAGE,
            start: None,
        };
        let mut pages = app.database.pages(&app.meter, query);
        while let Some(items) = pages.next().await.map_err(StoreError::told)? {
            for item in items {
                all.push(decode::<EntryItem>(item)?.item);
            }
        }
    }
    Ok(all)
}

/// Compares what the old home's entries name with what the new home has. Entries that an earlier comparison has found `whole` are
/// not looked at again.
///
/// # Errors
/// When tables do not answer.
pub async fn compare(
    to: &App,
    old: Option<&App>,
    from: &str,
    tenant: &TenantId,
    since: Timestamp,
    whole: &BTreeSet<String>,
) -> Result<Compared, String> {
    let mut known: BTreeMap<String, EntryItem> = BTreeMap::new();
    for app in [Some(to), old].into_iter().flatten() {
        for entry in entries(app, tenant, since).await? {
            known.insert(entry.id.clone(), entry);
        }
    }
    let mut compared = Compared::default();
    let mut expected: BTreeMap<Key, Expected> = BTreeMap::new();
    let mut records: BTreeMap<Key, String> = BTreeMap::new();
    for (id, entry) in &known {
        if whole.contains(id) {
            compared.entries += 1;
            continue;
        }
        let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
        if body.get("region").and_then(Value::as_str) != Some(from) {
            continue;
        }
        compared.entries += 1;
        compared.whole.insert(id.clone());
        let mut parts = named(tenant, &body);
        for (key, _) in &parts {
            if key.pk.contains(&format!("#{}#", IdempotencyItem::KIND)) {
                records.insert(key.clone(), id.clone());
            } else {
                *compared.named.entry(id.clone()).or_default() += 1;
            }
        }
        let own = Key::of::<EntryItem>(tenant, id);
        let chunks = body
            .pointer("/details/chunks")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        for part in 0..u32::try_from(chunks).unwrap_or(0) {
            let sk = crate::ports::audit::ChunkItem::sort_of(part);
            parts.push((Key { sk, ..own.clone() }, Some(1)));
        }
        parts.push((own, Some(1)));
        for (key, revision) in parts {
            let entry = id.clone();
            expected.insert(key, Expected { entry, revision });
        }
    }
    let keys: Vec<&Key> = expected.keys().collect();
    for some in keys.chunks(PAGE as usize) {
        let some: Vec<Key> = some.iter().map(|k| (*k).clone()).collect();
        let found = to
            .database
            .batch_get(&to.meter, &some)
            .await
            .map_err(StoreError::told)?;
        for key in some {
            let (Some(wanted), there) = (expected.get(&key), found.get(&key)) else {
                continue;
            };
            if !arrived(wanted, there) {
                compared.missing.push(Missing {
                    entry: wanted.entry.clone(),
                    revision: wanted.revision,
                    there: there.and_then(revision),
                    key,
                });
            } else if let (Some(entry), Some(rev)) = (records.get(&key), there.and_then(revision)) {
                compared.records.insert(entry.clone(), (key, rev));
            }
        }
    }
    if let Some(old) = old {
        alike(to, old, &mut compared).await?;
    }
    for missing in &compared.missing {
        compared.whole.remove(&missing.entry);
    }
    Ok(compared)
}

/// Leaves out what is the same in both regions, whatever an entry said.
async fn alike(to: &App, old: &App, compared: &mut Compared) -> Result<(), String> {
    let keys: Vec<Key> = compared.missing.iter().map(|m| m.key.clone()).collect();
    let mut same = BTreeSet::new();
    for some in keys.chunks(PAGE as usize) {
        let there = old
            .database
            .batch_get(&old.meter, some)
            .await
            .map_err(StoreError::told)?;
        let here = to
            .database
            .batch_get(&to.meter, some)
            .await
            .map_err(StoreError::told)?;
        same.extend(some.iter().filter(|k| there.get(k) == here.get(k)).cloned());
    }
    compared.missing.retain(|m| !same.contains(&m.key));
    Ok(())
}

/// Copies what is missing from the old home, if it can be reached. What remains is lost; where nothing of a transaction but its
/// idempotency record has arrived, the record goes, too, so that whoever repeats the call gets it done.
///
/// # Errors
/// When tables do not answer.
pub async fn repair(to: &App, old: Option<&App>, compared: &Compared) -> Result<Repaired, String> {
    let mut repaired = Repaired::default();
    let mut lost: BTreeMap<&str, usize> = BTreeMap::new();
    let mut entries = BTreeSet::new();
    for missing in &compared.missing {
        let wanted = Expected {
            entry: missing.entry.clone(),
            revision: missing.revision,
        };
        let source = match old {
            Some(app) => app
                .database
                .get(&app.meter, &missing.key)
                .await
                .map_err(StoreError::told)?,
            None => None,
        };
        let copied = match source {
            _ if old.is_none() => false,
            Some(item) if arrived(&wanted, Some(&item)) => {
                let put = to
                    .database
                    .put_copy(&to.meter, missing.key.table, item, missing.there);
                put.await.map_err(StoreError::told)?
            }
            None if wanted.revision == Some(0) => match missing.there {
                Some(seen) => {
                    let removed = to.database.remove_copy(&to.meter, &missing.key, seen);
                    removed.await.map_err(StoreError::told)?
                }
                None => true,
            },
            _ => false,
        };
        // Not copied because it has changed meanwhile: it has arrived, and the next comparison sees that.
        if copied || (old.is_some() && again(to, missing, &wanted).await?) {
            repaired.copied += 1;
            continue;
        }
        if missing.key.table != Table::Audit {
            *lost.entry(&missing.entry).or_default() += 1;
        }
        entries.insert(missing.entry.as_str());
        repaired.lost.push([
            missing.entry.clone(),
            missing.key.table.name().to_owned(),
            format!("{}/{}", missing.key.pk, missing.key.sk),
        ]);
    }
    for (entry, count) in lost {
        let whole = compared.named.get(entry) == Some(&count);
        if let (true, Some((key, seen))) = (whole, compared.records.get(entry))
            && to
                .database
                .remove_copy(&to.meter, key, *seen)
                .await
                .map_err(StoreError::told)?
        {
            repaired.released += 1;
        }
    }
    Ok(repaired)
}

/// Sends the events of a tenant once more through the streams of its new home: those that came while it was nobody's were passed
/// over there, and the old home may not have got to them. A copy beside each record comes as a new one; what has been made of the
/// event before is not made twice. Gives how many there are.
///
/// # Errors
/// When tables do not answer.
pub async fn replay(to: &App, tenant: &TenantId, epoch: u64, since: Timestamp) -> Result<usize, String> {
    let first: String = EventId::new(since).to_string().chars().take(14).collect();
    let mut events = 0;
    for table in Table::ALL.into_iter().filter(|t| t.has_outbox()) {
        let query = Query {
            table,
            tenant,
            index: Some(1),
            partition: OUTBOX.to_owned(),
            between: Some((first.clone(), "evt_~".to_owned())),
            descending: false,
            limit: PAGE,
            start: None,
        };
        let mut pages = to.database.pages(&to.meter, query);
        while let Some(items) = pages.next().await.map_err(StoreError::told)? {
            for mut item in items {
                for name in ["gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"] {
                    item.remove(name);
                }
                item.insert("sk".into(), Attribute::S(format!("again#{epoch}")));
                let put = to.database.put_copy(&to.meter, table, item, None);
                events += usize::from(put.await.map_err(StoreError::told)?);
            }
        }
    }
    Ok(events)
}

async fn again(to: &App, missing: &Missing, wanted: &Expected) -> Result<bool, String> {
    let there = to
        .database
        .get(&to.meter, &missing.key)
        .await
        .map_err(StoreError::told)?;
    Ok(arrived(wanted, there.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(rev: u64, audit: &str) -> Attrs {
        std::collections::HashMap::from([
            ("rev".to_owned(), Attribute::N(rev.to_string())),
            ("audit".to_owned(), Attribute::S(audit.to_owned())),
        ])
    }

    #[test]
    fn what_has_arrived_is_what_the_entry_left_or_something_later() {
        let expected = |revision| Expected {
            entry: "aud_5".into(),
            revision,
        };
        for (revision, there, has) in [
            (Some(3), Some(item(3, "aud_5")), true),
            (Some(3), Some(item(4, "aud_6")), true),
            (Some(3), Some(item(2, "aud_4")), false),
            (Some(3), None, false),
            (Some(0), None, true),
            (Some(0), Some(item(2, "aud_4")), false),
            (Some(0), Some(item(1, "aud_7")), true),
            (None, Some(item(9, "aud_5")), true),
            (None, Some(item(9, "aud_4")), false),
            (None, Some(item(9, "worker:sweep")), true),
            (None, None, false),
        ] {
            assert_eq!(
                arrived(&expected(revision), there.as_ref()),
                has,
                "{revision:?} {there:?}"
            );
        }
    }

    #[test]
    fn entries_name_tables_keys_and_revisions() {
        let tenant = TenantId::platform();
        let body = json!({"wrote": [["billing", "invoice#inv_1", "-", 2], ["identity", "session#ses_1", "-", null],
            ["nowhere", "x#1", "-", 1], "garbage", ["tenancy", "T#ten_1#tenant#ten_1", "-", 1]]});
        let parts = named(&tenant, &body);
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[2].0.pk, "T#ten_1#tenant#ten_1");
        assert_eq!(parts[0].0.pk, format!("T#{tenant}#invoice#inv_1"));
        assert_eq!((parts[0].0.table, parts[0].1), (Table::Billing, Some(2)));
        assert_eq!(parts[1].1, None);
    }
}
