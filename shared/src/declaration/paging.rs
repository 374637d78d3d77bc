//! Pages of lists: `limit` (1–100, 20) and an opaque `cursor` in, `data` and `next_cursor` out.

use crate::{
    kernel::{
        record::{Class, Field, Nested, Record, Value},
        shape::{Bounds, Integer, Named, Shape, Shaped},
        time::Instant,
    },
    store::Page,
};
use serde::Serialize;

/// What a list answers.
#[derive(Serialize)]
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
            about: "One page.",
            shape: <Vec<T> as Shaped>::shape,
            required: true,
            later: false,
        },
        Field {
            name: "next_cursor",
            class: Class::Public,
            nested: None,
            sealed: false,
            about: "Where to go on; absent at the end.",
            shape: <Option<String> as Shaped>::shape,
            required: false,
            later: false,
        },
        Field {
            name: "looked_until",
            class: Class::Public,
            nested: None,
            sealed: false,
            about: "Only where a page is not full and the list goes on: everything made after this time has been looked at.",
            shape: <Instant as Shaped>::shape,
            required: false,
            later: false,
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

impl<T: Record> Shaped for Listed<T> {
    fn shape() -> Shape {
        let of = match T::shape() {
            Shape::Record(record) => record.name,
            _ => "".into(),
        };
        Shape::Record(Named {
            name: format!("{of}List").into(),
            about: "A page of a list.",
            fields: <Self as Record>::FIELDS,
            comes_in: false,
            open: false,
            example: None,
        })
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

impl Shaped for Limit {
    fn shape() -> Shape {
        Shape::Integer(Integer {
            name: Some("Limit"),
            about: "How many items a page holds.",
            value: Bounds {
                min: Some(1),
                max: Some(100),
            },
            default: Some(20),
            ..Integer::default()
        })
    }
}

crate::text_type!(
    /// A cursor as a client sends it back.
    CursorText called "Cursor", r"^[A-Za-z0-9_.-]{1,2000}$", "eyJwayI6Ii4uLiJ9.c2lnbmF0dXJl", |t| {
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

    #[derive(Record, Serialize)]
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
