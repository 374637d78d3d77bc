//! Everything about one customer, found by the data map alone.

use super::page;
use crate::map;
use serde_json::{Map, Value, json};
use shared::{
    ids::CustomerId,
    problem::Problem,
    processing::{ItemType, Place, Processing, Reach},
    road::Context,
    time::rfc3339,
};
use std::collections::{BTreeMap, BTreeSet};

/// What was found: items by kind, and every id among them by kind.
#[derive(Default)]
struct Found {
    values: Map<String, Value>,
    ids: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Found {
    fn add(&mut self, kind: &'static str, id: String, value: Value) {
        self.ids.entry(kind).or_default().insert(id);
        let list = self.values.entry(kind).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(value);
        }
    }
}

/// Reads all of a place.
async fn read(
    cx: &Context,
    item: &ItemType,
    place: &Place,
    mut keep: impl FnMut(shared::processing::Disclosed),
) -> Result<(), Problem> {
    let mut cursor = None;
    loop {
        let (page, next) = (item.disclose)(cx, place, cursor).await?;
        page.into_iter().for_each(&mut keep);
        if next.is_none() {
            return Ok(());
        }
        cursor = next;
    }
}

/// The document of a customer: every item about them by kind, with what each kind is kept for, and a page to read.
///
/// # Errors
/// 503 when the store or KMS does not answer.
pub async fn gather(cx: &Context, customer: &CustomerId) -> Result<Vec<u8>, Problem> {
    let items: Vec<(&ItemType, Processing)> = map::items()
        .filter_map(|item| Some((item, item.processing?)))
        .collect();
    let mut found = Found::default();
    for (item, _) in items.iter().filter(|(_, p)| matches!(p.reach, Reach::Own)) {
        let place = Place::Id(customer.to_string());
        read(cx, item, &place, |d| found.add(item.kind, d.id, d.value)).await?;
    }
    let mut done = BTreeSet::new();
    // What one kind leads to may lead further: a payment to its refunds.
    while lists(cx, &items, &mut found, &mut done).await? {}
    let named: Vec<String> = found.ids.values().flatten().cloned().collect();
    for (item, processing) in &items {
        if let Reach::Mentioned { list } = processing.reach {
            let place = Place::List(1, list.to_owned());
            read(cx, item, &place, |d| {
                if named.iter().any(|id| d.text.contains(id.as_str())) {
                    found.add(item.kind, d.id, d.value);
                }
            })
            .await?;
        }
    }
    let about: Vec<Value> = items
        .iter()
        .filter(|(item, _)| found.values.contains_key(item.kind))
        .map(|(item, p)| {
            json!({"kind": item.kind, "purpose": p.purpose, "basis": p.basis, "retention": p.retention,
                   "recipients": p.recipients})
        })
        .collect();
    let now = rfc3339(cx.now());
    let page = page::of(customer, &now, &about, &found.values);
    let document = json!({"format": "ledgerkeep-subject/1", "customer": customer, "gathered_at": now,
                          "processing": about, "items": found.values, "page": page});
    serde_json::to_vec(&document).map_err(|e| Problem::internal(e.to_string()))
}

async fn lists(
    cx: &Context,
    items: &[(&ItemType, Processing)],
    found: &mut Found,
    done: &mut BTreeSet<(&'static str, String)>,
) -> Result<bool, Problem> {
    let before = done.len();
    for (item, processing) in items {
        let Reach::Listed { of, index, list } = processing.reach else {
            continue;
        };
        let ids = of.iter().filter_map(|kind| found.ids.get(kind)).flatten();
        let ids: Vec<String> = ids.cloned().collect();
        for id in ids {
            if done.insert((item.kind, id.clone())) {
                let place = Place::List(index, list(&id));
                read(cx, item, &place, |d| found.add(item.kind, d.id, d.value)).await?;
            }
        }
    }
    Ok(done.len() > before)
}
