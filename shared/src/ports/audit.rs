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
}

impl EntryItem {
    /// The list of all entries of a tenant, in the order of time.
    pub const ALL: &'static str = "entries";

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
        Some(Listing {
            list: Self::ALL.into(),
            sort: self.id.clone(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
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
}

impl Entry {
    /// The item and, for large details, its chunks.
    #[must_use]
    pub fn into_items(self) -> (EntryItem, Vec<ChunkItem>) {
        let mut members = self.members;
        let mut chunks = Vec::new();
        let details = Value::Object(self.details).to_string();
        if details.len() <= INLINE {
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
