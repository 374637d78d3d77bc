//! Pages of lists: `limit` (1–100, 20) and an opaque `cursor` in, `data` and `next_cursor` out.

use crate::{
    kernel::{
        ids::CustomerId,
        record::{Class, Field, Nested, Record, Value},
        shape::{Bounds, Integer, Named, Shape, Shaped},
    },
    store::{Item, Page, Stored},
};
use serde::Serialize;

/// What a list without filters takes.
#[derive(Record)]
#[record(input)]
pub struct PageInput {
    /// At most this many.
    #[public]
    pub limit: Option<Limit>,
    /// Where to go on.
    #[public]
    pub cursor: Option<CursorText>,
}

/// What a list of things that customers have takes.
#[derive(Record)]
#[record(input)]
pub struct CustomersPageInput {
    /// Only those of this customer.
    #[public]
    pub customer: Option<CustomerId>,
    /// At most this many.
    #[public]
    pub limit: Option<Limit>,
    /// Where to go on.
    #[public]
    pub cursor: Option<CursorText>,
}

impl CustomersPageInput {
    /// Whose page is asked for, and which, newest first.
    #[must_use]
    pub fn page(self) -> (Option<CustomerId>, Page) {
        (self.customer, page(self.limit, self.cursor))
    }
}

/// What a list answers.
#[derive(Serialize)]
pub struct Listed<T> {
    /// One page.
    pub data: Vec<T>,
    /// Where to go on; absent at the end.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A page as the store gave it, each item as it is answered.
    #[must_use]
    pub fn new<I: Item>(
        (items, next_cursor): (Vec<Stored<I>>, Option<String>),
        answered: impl Fn(&I) -> T,
    ) -> Self {
        Self {
            data: items.iter().map(|stored| answered(&stored.item)).collect(),
            next_cursor,
        }
    }
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
        },
        Field {
            name: "next_cursor",
            class: Class::Public,
            nested: None,
            sealed: false,
            about: "Where to go on; absent at the end.",
            shape: <Option<String> as Shaped>::shape,
            required: false,
        },
    ];
    fn masked(&self) -> Value {
        serde_json::json!({"data": self.data.masked_value(), "next_cursor": self.next_cursor})
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

impl PageInput {
    /// The page that is asked for, newest first.
    #[must_use]
    pub fn page(self) -> Page {
        page(self.limit, self.cursor)
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

    #[test]
    fn a_list_keeps_the_classes_of_what_it_lists() {
        let person = Person {
            id: "cus_1".into(),
            name: "Ada".into(),
        };
        let listed = Listed {
            data: vec![person],
            next_cursor: Some("c".into()),
        };
        assert_eq!(
            listed.masked(),
            serde_json::json!({"data": [{"id": "cus_1", "name": "[personal]"}], "next_cursor": "c"})
        );
        let nested = <Listed<Person> as Record>::FIELDS[0].nested.unwrap();
        assert_eq!(nested()[1].class, Class::Personal);
        let parse = |v| crate::kernel::record::parse::<PageInput>(v);
        assert_eq!(parse(serde_json::json!({"limit": 7})).unwrap().page().limit, 7);
        assert!(parse(serde_json::json!({"limit": 0})).is_err());
        assert!(parse(serde_json::json!({"offset": 1})).is_err());
    }
}
