//! Pages of lists: `limit` (1–100, 20) and an opaque `cursor` in, `data` and `next_cursor` out.

use crate::{
    kernel::record::{Class, Field, Nested, Record, Value},
    store::Page,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use std::borrow::Cow;

/// What a list answers.
#[derive(Serialize, JsonSchema)]
pub struct Listed<T> {
    /// One page.
    pub data: Vec<T>,
    /// Where to go on; absent at the end.
    pub next_cursor: Option<String>,
    /// Only where a page is not full and the list goes on: everything made after this time has been looked at (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_until: Option<String>,
}

// By hand, because the derive is for types without parameters.
impl<T: Record> Record for Listed<T> {
    const FIELDS: &'static [Field] = &[
        Field {
            name: "data",
            class: Class::Public,
            nested: Some(<Vec<T> as Nested>::fields),
            sealed: false,
        },
        Field {
            name: "next_cursor",
            class: Class::Public,
            nested: None,
            sealed: false,
        },
        Field {
            name: "looked_until",
            class: Class::Public,
            nested: None,
            sealed: false,
        },
    ];
    fn masked(&self) -> Value {
        let mut masked =
            serde_json::json!({"data": self.data.masked_value(), "next_cursor": self.next_cursor});
        if let (Value::Object(map), Some(until)) = (&mut masked, &self.looked_until) {
            map.insert("looked_until".into(), until.as_str().into());
        }
        masked
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Record, Serialize, JsonSchema)]
    struct Person {
        #[public]
        id: String,
        #[personal]
        name: String,
    }

    #[derive(Record)]
    #[record(input)]
    struct Asked {
        #[public]
        limit: Option<Limit>,
        #[public]
        cursor: Option<CursorText>,
    }

    #[test]
    fn a_list_keeps_the_classes_of_what_it_lists() {
        let person = Person {
            id: "cus_1".into(),
            name: "Ada".into(),
        };
        let listed = Listed {
            data: vec![person],
            next_cursor: Some("c".into()),
            looked_until: None,
        };
        assert_eq!(
            listed.masked(),
            serde_json::json!({"data": [{"id": "cus_1", "name": "[personal]"}], "next_cursor": "c"})
        );
        let nested = <Listed<Person> as Record>::FIELDS[0].nested.unwrap();
        assert_eq!(nested()[1].class, Class::Personal);
        let parse = |v| crate::kernel::record::parse::<Asked>(v);
        let asked = parse(serde_json::json!({"limit": 7})).unwrap();
        assert_eq!(page(asked.limit, asked.cursor).limit, 7);
        assert!(parse(serde_json::json!({"limit": 0})).is_err());
        assert!(parse(serde_json::json!({"offset": 1})).is_err());
    }
}
