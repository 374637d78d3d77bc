//! Audit entries as their readers see them. What entries say is about people, so no entry repeats it.

pub mod list;
pub mod prove;
pub mod read;

use crate::bounds::entries_at;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    audit::{ChunkItem, EntryItem},
    problem::Problem,
    record::Record,
    road::Context,
    store::Key,
    time::Instant,
};

/// The ids of entries made between two times, inclusive: ids begin with the time.
///
/// # Errors
/// 422 when the end is before the beginning.
pub fn made_between(
    from: Option<&Instant>,
    to: Option<&Instant>,
) -> Result<Option<(String, String)>, Problem> {
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let millisecond = |t: &Instant| t.timestamp().as_millisecond();
    let (first, last) = (from.map_or(0, millisecond), to.map_or(i64::MAX, millisecond));
    if last < first {
        return Err(Problem::invalid("/to", "is before `from`"));
    }
    Ok(Some((entries_at(first).0, entries_at(last).1)))
}

/// An entry in a list.
#[derive(Record, Serialize)]
#[record(name = "EntrySummary")]
pub struct Summary {
    /// Its id.
    #[public]
    pub id: String,
    /// `<service>.<function>`.
    #[public]
    pub activity: String,
    /// Who.
    #[public]
    pub actor: String,
    /// `succeeded`, `refused`, `failed`, `replayed` or `intended`.
    #[public]
    pub outcome: String,
    /// What the entry says. Large details are given as their hash here; reading the entry gives them whole.
    #[personal]
    pub entry: Map<String, Value>,
}

impl Summary {
    /// Of an entry as kept.
    ///
    /// # Errors
    /// 500 when its body is no object.
    pub fn of(item: EntryItem) -> Result<Self, Problem> {
        let entry = parsed(&item.body)?;
        Ok(Self {
            id: item.id,
            activity: item.activity,
            actor: item.actor,
            outcome: item.outcome,
            entry,
        })
    }
}

/// What a body says.
fn parsed(body: &str) -> Result<Map<String, Value>, Problem> {
    serde_json::from_str(body).map_err(|_| Problem::internal("the body of an audit entry does not parse"))
}

/// What an entry says of details that stand in chunks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chunked {
    chunks: u32,
    bytes: usize,
    sha256: String,
}

impl Chunked {
    /// Of an entry whose details do.
    pub(crate) fn of(entry: &Map<String, Value>) -> Option<Self> {
        serde_json::from_value(entry.get("details")?.clone()).ok()
    }

    /// The joined chunks, as they are.
    pub(crate) async fn text(&self, cx: &Context, id: &str) -> Result<String, Problem> {
        // An entry and its chunks are one transaction, which has at most 100 actions.
        let keys: Vec<Key> = (0..self.chunks.min(100))
            .map(|part| Key::sub::<ChunkItem>(cx.tenant(), id, &ChunkItem::sort_of(part)))
            .collect();
        let mut batch = cx.batch(&keys).await?;
        let mut text = String::new();
        for key in &keys {
            if let Some(chunk) = batch.take::<ChunkItem>(key)? {
                text.push_str(&chunk.text);
            }
        }
        Ok(text)
    }

    /// The details, if the joined chunks are what was hashed into the entry.
    fn join(&self, text: &str) -> Option<Value> {
        let hash = hex::encode(digest(&SHA256, text.as_bytes()));
        (text.len() == self.bytes && hash == self.sha256)
            .then(|| serde_json::from_str(text).ok())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::audit::Entry;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn times_are_rfc_3339() {
        for good in [
            "2026-11-21T10:00:00Z",
            "2026-11-21T10:00:00.5+02:00",
            "2026-11-21t10:00:00z",
        ] {
            assert!(Instant::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21T10:00:00",
            "2026-11-21 10:00:00Z",
            "tomorrow",
            "2026-13-01T00:00:00Z",
        ] {
            assert!(Instant::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn bounds_hold_what_was_made_between() {
        let (from, to) = (at("2026-11-21T10:00:00Z"), at("2026-11-21T11:00:00Z"));
        let (first, last) = made_between(Some(&from), Some(&to)).unwrap().unwrap();
        let made = |t: &str| shared::ids::EntryId::new(at(t).timestamp()).to_string();
        for inside in [
            "2026-11-21T10:00:00Z",
            "2026-11-21T11:00:00Z",
            "2026-11-21T12:30:00+02:00",
        ] {
            assert!((&first..=&last).contains(&&made(inside)), "{inside}");
        }
        for outside in ["2026-11-21T09:59:59.999Z", "2026-11-21T11:00:00.001Z"] {
            assert!(!(&first..=&last).contains(&&made(outside)), "{outside}");
        }
        assert!(made_between(None, None).unwrap().is_none());
        let (_, open) = made_between(Some(&from), None).unwrap().unwrap();
        assert!(open > made("2999-01-01T00:00:00Z"));
        assert_eq!(
            made_between(Some(&to), Some(&from))
                .map_err(|p| p.status)
                .unwrap_err(),
            422
        );
    }

    #[test]
    fn chunked_details_join_only_to_what_was_hashed() {
        let mut entry = Entry {
            id: "aud_1".into(),
            ..Entry::default()
        };
        entry
            .details
            .insert("answer".into(), json!({"note": "x".repeat(200_000)}));
        let (item, chunks) = entry.into_items();
        let chunked = Chunked::of(&parsed(&item.body).unwrap()).unwrap();
        let text: String = chunks.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(usize::try_from(chunked.chunks), Ok(chunks.len()));
        assert_eq!(
            chunked.join(&text).unwrap()["answer"]["note"],
            json!("x".repeat(200_000))
        );
        assert!(chunked.join(&text.replacen('x', "y", 1)).is_none());
        assert!(chunked.join(&text[1..]).is_none());
        let small = Entry {
            id: "aud_2".into(),
            ..Entry::default()
        }
        .into_items()
        .0;
        assert!(Chunked::of(&parsed(&small.body).unwrap()).is_none());
    }
}
