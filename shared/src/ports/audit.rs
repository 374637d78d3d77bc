//! Audit entries: one for every call, refusals and failures included, with masked details.

use crate::{
    kernel::{
        ids::{CustomerId, TenantId},
        problem::Problem,
        record::Record,
    },
    store::{Attributes, Item, Listing, Table, Write},
};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Details beyond this many bytes become chunk items of the same transaction.
const INLINE: usize = 64 * 1024;
/// Bytes of one chunk.
const CHUNK: usize = 60 * 1024;
/// Most chunks of an entry, so that there is room for it beside what its call changes: a transaction takes 100 actions.
const CHUNKS: usize = 16;
/// Whoever is not known.
const NOBODY: &str = "nobody";

/// Most bytes that an entry weighs, keys included: what it costs is bounded whatever its call holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Of a request that nobody authenticated: with its one index, four units.
    Nobody,
    /// Of a refusal: with its two indexes, twelve units.
    Refusal,
    /// Of anything else, with at most this many chunks.
    Whole(usize),
}

impl Weight {
    /// What is left of a transaction that has so many other actions.
    #[must_use]
    pub fn beside(actions: usize) -> Self {
        // Its own item, and the gates.
        Self::Whole(96usize.saturating_sub(actions).min(CHUNKS))
    }
    /// Of its item alone.
    const fn item(self) -> usize {
        match self {
            Self::Nobody => 2 * 1024,
            Self::Refusal => 4 * 1024,
            Self::Whole(_) => 128 * 1024,
        }
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::Whole(CHUNKS)
    }
}

/// What an attribute weighs beside its value, and an item beside its attributes: names, numbers, the revision.
const BESIDE: usize = 160;

/// What stands for a detail that an entry cannot hold: how long it was, and its hash, by which whoever has it can show it.
fn cut(text: &str) -> Value {
    let hash = hex::encode(digest::digest(&digest::SHA256, text.as_bytes()));
    json!({"cut": {"bytes": text.len(), "sha256": hash}})
}

/// Cuts details to so many bytes: errors lose their last ones, whatever else is largest is replaced.
fn within(details: Map<String, Value>, most: usize) -> Map<String, Value> {
    let mut details = details;
    let whole = |details: &Map<String, Value>| {
        details
            .iter()
            .map(|(k, v)| k.len() + 4 + v.to_string().len())
            .sum::<usize>()
            + 2
    };
    while whole(&details) > most {
        let largest = details.iter().max_by_key(|(_, v)| v.to_string().len());
        let Some(name) = largest.map(|(name, _)| name.clone()) else {
            break;
        };
        let Some(value) = details.get_mut(&name) else {
            break;
        };
        let over = value.to_string();
        if let Some(errors) = value
            .get("errors")
            .and_then(Value::as_array)
            .filter(|e| e.len() > 1)
        {
            let kept = errors.len() / 2;
            let before = value.get("more").and_then(Value::as_u64).unwrap_or(0);
            let gone = u64::try_from(errors.len() - kept).unwrap_or(u64::MAX);
            let errors: Vec<Value> = errors.iter().take(kept).cloned().collect();
            *value = json!({"errors": errors, "more": before.saturating_add(gone)});
        } else if value.get("cut").is_some() || over.len() <= 128 {
            details.remove(&name);
        } else {
            *value = cut(&over);
        }
    }
    details
}

/// Most customers that an entry with chunks names beside them: more than a page of any list has.
const MOST_TOUCHED: usize = 200;

/// The customers that a text names, by their ids.
#[must_use]
pub fn customers_in(text: &str) -> BTreeSet<String> {
    const PREFIX: &str = "cus_";
    let within_a_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let at = |at: usize| {
        let (before, rest) = text.split_at_checked(at)?;
        let end = rest.find(|c| !within_a_word(c)).unwrap_or(rest.len());
        let id = CustomerId::parse(rest.get(..end)?).ok()?;
        (!before.ends_with(within_a_word)).then(|| id.to_string())
    };
    text.match_indices(PREFIX)
        .filter_map(|(place, _)| at(place))
        .collect()
}

/// An entry as kept. `body` is the exact text that is hashed into the tree.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct EntryItem {
    /// Its id.
    #[public]
    pub id: String,
    /// The exact bytes, masked when they were made.
    #[internal]
    pub body: String,
    /// `<service>.<function>`.
    #[public]
    pub activity: String,
    /// Who.
    #[public]
    pub actor: String,
    /// `succeeded`, `refused`, `failed`, `replayed` or `intended`.
    #[public]
    pub outcome: String,
    /// The object that the call was about.
    #[public]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The address that it came from.
    #[internal]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether it stands apart from the list of all: what nobody asked of the platform. Anybody can make as many of them as the
    /// gateway lets through, and the key of that list takes a thousand units a second, which whoever runs the platform needs.
    #[public]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
}

impl EntryItem {
    /// The list of all entries of a tenant, in the order of time, but for those that stand apart.
    pub const ALL: &'static str = "entries";

    /// Every list that together hold all entries of a tenant, with its index.
    #[must_use]
    pub fn everywhere(tenant: &TenantId) -> Vec<(u8, String)> {
        let mut lists = vec![(1, Self::ALL.to_owned())];
        if *tenant == TenantId::platform() {
            lists.push((2, Self::by(NOBODY)));
        }
        lists
    }

    /// Whether the list of what this caller did holds all of it: of nobody's entries it holds those that stand apart.
    #[must_use]
    pub fn is_by(tenant: &TenantId, actor: &str) -> bool {
        actor != NOBODY || *tenant == TenantId::platform()
    }

    /// The list of what one caller did.
    #[must_use]
    pub fn by(actor: &str) -> String {
        format!("entries-by#{actor}")
    }
}

impl Item for EntryItem {
    const TABLE: Table = Table::Audit;
    const KIND: &'static str = "audit-entry";
    const PROCESSING: Option<crate::store::processing::Processing> = Some(
        crate::store::processing::Processing::new(
            "Prove who did what; personal data is masked",
            crate::store::processing::Subjects::Both,
            crate::store::processing::Basis::LegalObligation,
            "12 months at least (PCI DSS 10.5.1)",
            crate::store::processing::Reach::Mentioned { list: "entries" },
        )
        .withhold(&["body", "actor", "address"]),
    );
    fn id(&self) -> &str {
        &self.id
    }
    fn listing(&self) -> Option<Listing> {
        (!self.apart).then(|| Listing {
            list: Self::ALL.into(),
            sort: self.id.clone(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        // One index is what an anonymous call may cost.
        (self.apart || self.actor != NOBODY).then(|| Listing {
            list: Self::by(&self.actor),
            sort: self.id.clone(),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("activity", self.activity.as_str().into()),
            ("outcome", self.outcome.as_str().into()),
        ])
    }
}

/// Part of an entry's details.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ChunkItem {
    /// The entry.
    #[public]
    pub id: String,
    /// Which part, from 0.
    #[public]
    pub part: u32,
    /// The text.
    #[internal]
    pub text: String,
    /// The entry's, so that filters see both alike.
    #[public]
    pub activity: String,
    /// The entry's.
    #[public]
    pub outcome: String,
}

impl ChunkItem {
    /// The sort key of a part.
    #[must_use]
    pub fn sort_of(part: u32) -> String {
        format!("chunk#{part:04}")
    }
}

impl Item for ChunkItem {
    const TABLE: Table = Table::Audit;
    const KIND: &'static str = "audit-entry";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Hold the details of a large audit entry, masked",
            crate::store::processing::Subjects::Both,
            crate::store::processing::Basis::LegalObligation,
            "As its entry",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        Self::sort_of(self.part)
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("activity", self.activity.as_str().into()),
            ("outcome", self.outcome.as_str().into()),
        ])
    }
}

/// What an entry says, before it becomes bytes.
#[derive(Debug, Default, Clone)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Plain members: who, what, when, from where, on what, with which outcome.
    pub members: Map<String, Value>,
    /// Masked request, answer, before and after.
    pub details: Map<String, Value>,
    /// See [`EntryItem`].
    pub activity: String,
    /// See [`EntryItem`].
    pub actor: String,
    /// See [`EntryItem`].
    pub outcome: &'static str,
    /// See [`EntryItem`].
    pub object: Option<String>,
    /// See [`EntryItem`].
    pub address: Option<String>,
    /// See [`EntryItem`].
    pub apart: bool,
    /// What it may weigh.
    pub weight: Weight,
}

impl Entry {
    /// What its item weighs beside its details: members, and each attribute that keys and indexes are made of.
    fn beside(&self) -> usize {
        let members = Value::Object(self.members.clone()).to_string().len();
        let texts = [
            Some(&self.activity),
            Some(&self.actor),
            self.object.as_ref(),
            self.address.as_ref(),
        ];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        // Its id five times, in keys, and the actor once more; the tenant in three keys.
        members + texts + 5 * self.id.len() + self.actor.len() + 3 * 48 + BESIDE
    }

    /// Shortens what a caller wrote until all of it is within bounds.
    fn shortened(&mut self, most: usize) {
        for (name, left) in [
            ("reason", 40),
            ("agent", 40),
            ("policy", 0),
            ("events", 0),
            ("agent", 0),
            ("reason", 0),
            ("wrote", 0),
        ] {
            if self.beside() <= most {
                return;
            }
            let Some(value) = self.members.get_mut(name) else {
                continue;
            };
            *value = match value {
                Value::String(text) if left > 0 => text.chars().take(left).collect::<String>().into(),
                _ => cut(&value.to_string()),
            };
        }
    }

    /// The item and, for large details, its chunks: always so few and so small that there is room for them.
    #[must_use]
    pub fn into_items(mut self) -> (EntryItem, Vec<ChunkItem>) {
        let (most, parts) = match self.weight {
            Weight::Whole(parts) => (self.weight.item(), parts),
            Weight::Nobody | Weight::Refusal => (self.weight.item(), 0),
        };
        self.shortened(most.saturating_sub(16));
        let room = most.saturating_sub(self.beside()).min(INLINE);
        // A cut at the edge of a character leaves a chunk up to three bytes short.
        let space = room.max(parts * (CHUNK - 4));
        let details = Value::Object(within(std::mem::take(&mut self.details), space)).to_string();
        let mut members = self.members;
        let mut chunks = Vec::new();
        if parts == 0 || details.len() <= room {
            members.insert(
                "details".into(),
                serde_json::from_str(&details).unwrap_or_default(),
            );
        } else {
            let mut rest = details.as_str();
            while !rest.is_empty() {
                let mut at = CHUNK.min(rest.len());
                while !rest.is_char_boundary(at) {
                    at -= 1;
                }
                let (part, tail) = rest.split_at(at);
                let n = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
                chunks.push(ChunkItem {
                    id: self.id.clone(),
                    part: n,
                    text: part.to_owned(),
                    activity: self.activity.clone(),
                    outcome: self.outcome.to_owned(),
                });
                rest = tail;
            }
            // Who looks for a customer's entries reads no chunks.
            let touched: Vec<String> = customers_in(&details).into_iter().take(MOST_TOUCHED).collect();
            if !touched.is_empty() {
                members.insert("touched".into(), json!(touched));
            }
            let hash = hex::encode(digest::digest(&digest::SHA256, details.as_bytes()));
            members.insert(
                "details".into(),
                json!({"chunks": chunks.len(), "bytes": details.len(), "sha256": hash}),
            );
        }
        let body = Value::Object(members).to_string();
        let item = EntryItem {
            id: self.id,
            body,
            activity: self.activity,
            actor: self.actor,
            outcome: self.outcome.to_owned(),
            object: self.object,
            address: self.address,
            apart: self.apart,
        };
        (item, chunks)
    }

    /// The writes that append it.
    ///
    /// # Errors
    /// When an item does not encode.
    pub fn into_writes(self, tenant: &TenantId) -> Result<Vec<Write>, Problem> {
        let (item, chunks) = self.into_items();
        let mut writes = vec![Write::create(tenant, &item)?];
        for chunk in &chunks {
            writes.push(Write::create(tenant, chunk)?);
        }
        Ok(writes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{encode, weight};
    use proptest::prelude::*;

    fn entry(weight: Weight, actor: &str) -> Entry {
        let tenant = TenantId::platform();
        Entry {
            id: crate::kernel::ids::EntryId::new(crate::time::Timestamp::MAX).to_string(),
            activity: "notifications.create_webhook_or_so".into(),
            actor: actor.into(),
            outcome: "refused",
            address: Some("2001:0db8:0000:0000:0000:0000:0000:0001".into()),
            apart: actor == NOBODY,
            weight,
            members: json!({"tenant": tenant, "actor_tenant": tenant, "request_id": "r".repeat(64), "trace": "0".repeat(55),
                "path": "/notifications/v1/webhooks/{id}", "problem": "invalid_input", "status": 422, "outcome": "refused"})
            .as_object()
            .cloned()
            .unwrap_or_default(),
            ..Entry::default()
        }
    }

    /// Units of a put: a kilobyte each, of the item and of each index that it stands in.
    fn units(item: &EntryItem) -> usize {
        let attributes = encode(&TenantId::platform(), item, 1).unwrap();
        let indexes =
            usize::from(attributes.contains_key("gsi1pk")) + usize::from(attributes.contains_key("gsi2pk"));
        weight(&attributes).div_ceil(1024) * (1 + indexes)
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            "\\PC{0,300}".prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            Just(Value::Null)
        ];
        leaf.prop_recursive(4, 64, 12, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..12).prop_map(Value::Array),
                proptest::collection::btree_map("\\PC{0,80}", inner, 0..12)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn whatever_a_call_holds_its_entry_is_written_and_costs_no_more_than_its_bound(
            request in any_json(), answer in any_json(), agent in "[\\PC\"]{0,200}", reason in "\\PC{0,200}", times in 1usize..30,
        ) {
            let errors: Vec<Value> = (0..50).map(|n| json!({"pointer": format!("/{n}{agent}"), "detail": reason})).collect();
            let many: Vec<Value> = (0..times).map(|_| request.clone()).collect();
            for (weight, actor) in [(Weight::Nobody, NOBODY), (Weight::Refusal, "usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
                (Weight::default(), "usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"), (Weight::beside(90), "worker:x"), (Weight::beside(100), "worker:x")] {
                let mut entry = entry(weight, actor);
                entry.members.insert("agent".into(), json!(agent));
                entry.members.insert("reason".into(), json!(reason));
                entry.details.insert("request".into(), json!(many));
                entry.details.insert("answer".into(), json!({"errors": errors}));
                entry.details.insert("after".into(), answer.clone());
                let (item, chunks) = entry.into_items();
                let most = match weight {
                    Weight::Nobody => 4,
                    Weight::Refusal => 12,
                    Weight::Whole(_) => 384,
                };
                prop_assert!(units(&item) <= most, "{weight:?}: {} units", units(&item));
                let room = match weight {
                    Weight::Whole(chunks) => chunks,
                    _ => 0,
                };
                prop_assert!(chunks.len() <= room, "{weight:?}: {} chunks", chunks.len());
            }
        }
    }

    #[test]
    fn what_an_entry_cannot_hold_is_there_by_its_hash() {
        let mut small = entry(Weight::Refusal, "usr_1");
        let long = json!({"note": "x".repeat(5_000)});
        small.details.insert("request".into(), long.clone());
        small.details.insert("before".into(), json!({"kept": true}));
        let (item, chunks) = small.into_items();
        assert!(
            chunks.is_empty() && item.body.contains(r#""before":{"kept":true}"#),
            "{}",
            item.body
        );
        let hash = hex::encode(digest::digest(&digest::SHA256, long.to_string().as_bytes()));
        assert!(item.body.contains(&hash), "{}", item.body);
        let mut refused = entry(Weight::Nobody, NOBODY);
        let errors: Vec<Value> = (0..50)
            .map(|n| json!({"pointer": format!("/field{n}"), "detail": "is not a known field"}))
            .collect();
        refused.details.insert("answer".into(), json!({"errors": errors}));
        let (item, _) = refused.into_items();
        assert!(
            item.body.contains("/field0") && item.body.contains(r#""more":"#),
            "{}",
            item.body
        );
    }

    #[test]
    fn what_nobody_asks_of_the_platform_shares_no_key_with_what_others_do() {
        let keys = |actor: &str| {
            let (item, _) = entry(Weight::Nobody, actor).into_items();
            let attributes = encode(&TenantId::platform(), &item, 1).unwrap();
            let key = |name: &str| attributes.get(name).and_then(|v| v.as_s().ok()).cloned();
            [key("gsi1pk"), key("gsi2pk")]
        };
        let (nobody, operator) = (keys(NOBODY), keys("usr_1"));
        assert!(nobody[0].is_none() && nobody[1].is_some());
        assert!(
            operator
                .iter()
                .flatten()
                .all(|key| !nobody.contains(&Some(key.clone())))
        );
    }

    #[test]
    fn a_text_names_customers_by_whole_ids_only() {
        let [a, b] = ["cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2B"];
        let text = format!(
            r#"{{"data":[{{"id":"{a}"}},{{"customer":"{b}"}},"customer#{a}"],"x":"cus_1","é":"{b}x"}}"#
        );
        assert_eq!(customers_in(&text), BTreeSet::from([a.to_owned(), b.to_owned()]));
        assert!(customers_in(&format!("x{a} {a}0 cus_ {}", &a[..20])).is_empty());
    }

    #[test]
    fn large_details_become_chunks_that_join_to_the_hashed_text() {
        let mut entry = Entry {
            id: "aud_1".into(),
            ..Entry::default()
        };
        entry.details.insert(
            "request".into(),
            json!({"note": "é".repeat(70_000), "to": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"}),
        );
        let (item, chunks) = entry.into_items();
        assert!(
            item.body.len() < 460 && chunks.len() == 3,
            "{} {}",
            item.body.len(),
            chunks.len()
        );
        let joined: String = chunks.iter().map(|c| c.text.as_str()).collect();
        let hash = hex::encode(digest::digest(&digest::SHA256, joined.as_bytes()));
        assert!(item.body.contains(&hash));
        assert_eq!(customers_in(&item.body).len(), 1, "{}", item.body);
        let small = Entry {
            id: "aud_2".into(),
            ..Entry::default()
        }
        .into_items();
        assert!(small.1.is_empty() && small.0.body.contains("details"));
    }
}
