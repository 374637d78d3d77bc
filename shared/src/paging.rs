//! Pages of lists: `limit` (1–100, 20) and an opaque `cursor`.

use crate::road::Page;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// How many items a page holds.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct Limit(i32);

impl<'de> serde::Deserialize<'de> for Limit {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_json::Value::deserialize(d)?.as_i64() {
            Some(n @ 1..=100) => Ok(Self(i32::try_from(n).unwrap_or(20))),
            _ => Err(D::Error::custom("must be a whole number from 1 to 100")),
        }
    }
}

impl JsonSchema for Limit {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1, "maximum": 100, "default": 20})
    }
}

crate::text_type!(
    /// A cursor as a client sends it back.
    CursorText, r"^[A-Za-z0-9_.-]{1,2000}$", "eyJwayI6Ii4uLiJ9.c2lnbmF0dXJl", |t| {
        let ok = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        if (1..=2000).contains(&t.len()) && t.bytes().all(ok) { Ok(t.to_owned()) } else { Err("is not a cursor") }
    }
);

/// The page that a client asks for, newest first.
#[must_use]
pub fn page(limit: Option<Limit>, cursor: Option<CursorText>) -> Page {
    Page {
        limit: limit.map_or(20, |l| l.0),
        cursor: cursor.map(|c| c.as_str().to_owned()),
        descending: true,
        between: None,
    }
}
