//! Types of items with their Rust types erased, and how a person is told what is kept about them.

use super::{
    context::Context, idempotency::IdempotencyItem, intent::IntentItem, metadata, outbox::OutboxItem,
};
use crate::{
    crypto::{SubjectCipher, SubjectKeyItem, TenantKeyItem},
    kernel::{
        problem::Problem,
        record::{Class, Field},
    },
    store::{Attribute, IndexItem, Item, Page, Sealed, Stored, Table, decode, processing::Processing},
};
use futures::future::BoxFuture;
use serde_json::Value;
use std::collections::HashMap;

/// Where items about a customer are looked for.
#[derive(Clone, Debug)]
pub enum Place {
    /// Under this id.
    Id(String),
    /// In this list of an index.
    List(u8, String),
}

/// One item about a customer.
pub struct Disclosed {
    /// Its id.
    pub id: String,
    /// What the person is told: personal fields open; card data and secrets masked.
    pub value: Value,
    /// All of it, masked: what it mentions.
    pub text: String,
}

/// A page of them, and where to go on.
pub type DisclosedPage = (Vec<Disclosed>, Option<String>);

type Disclose =
    for<'c> fn(&'c Context, &'c Place, Option<String>) -> BoxFuture<'c, Result<DisclosedPage, Problem>>;

/// A type of item, with its Rust type erased.
#[derive(Clone, Copy)]
pub struct ItemType {
    /// Its kind: part of its partition key.
    pub kind: &'static str,
    /// Its table. Those of the road stand in each service's own.
    pub table: Table,
    /// Its fields with their classes.
    pub fields: &'static [Field],
    /// What code cannot know.
    pub processing: Option<Processing>,
    /// Reads items about a customer.
    pub disclose: Disclose,
    /// Whether attributes are such an item.
    pub decodes: fn(HashMap<String, Attribute>) -> bool,
}

/// Erases a type of item.
#[must_use]
pub const fn item<T: Item>() -> ItemType {
    ItemType {
        kind: T::KIND,
        table: T::TABLE,
        fields: T::FIELDS,
        processing: T::PROCESSING,
        disclose: |cx, place, cursor| Box::pin(disclose::<T>(cx, place, cursor)),
        decodes: |attributes| decode::<T>(attributes).is_ok(),
    }
}

impl ItemType {
    /// Every class that one of its fields has, nested ones too.
    #[must_use]
    pub fn classes(&self) -> Vec<Class> {
        let mut classes = Vec::new();
        collect(self.fields, &mut classes);
        classes.sort();
        classes.dedup();
        classes
    }
}

fn collect(fields: &[Field], classes: &mut Vec<Class>) {
    for field in fields {
        match field.nested {
            Some(nested) => collect(nested(), classes),
            None => classes.push(field.class),
        }
    }
}

async fn disclose<T: Item>(
    cx: &Context,
    place: &Place,
    cursor: Option<String>,
) -> Result<DisclosedPage, Problem> {
    let (items, next) = match place {
        Place::Id(id) => (cx.find::<T>(id).await?.into_iter().collect(), None),
        Place::List(index, list) => {
            let page = Page {
                cursor,
                ..Page::oldest()
            };
            cx.list::<T>(*index, list, &page).await?
        }
    };
    let ciphers = ciphers::<T>(cx, &items).await?;
    let mut disclosed = Vec::with_capacity(items.len());
    for stored in &items {
        disclosed.push(open(cx, stored, &ciphers)?);
    }
    Ok((disclosed, next))
}

async fn ciphers<T: Item>(
    cx: &Context,
    items: &[Stored<T>],
) -> Result<std::collections::HashMap<String, SubjectCipher>, Problem> {
    let mut ciphers = std::collections::HashMap::new();
    let Some(purpose) = T::PROCESSING.and_then(|p| p.key) else {
        return Ok(ciphers);
    };
    // Several items may be sealed under one key, and one item under several.
    let keepers = |item: &T| -> Vec<String> {
        let keepers = personal::<T>().map(|field| item.keeper(field.name).to_owned());
        keepers.collect()
    };
    let mut subjects: Vec<String> = items.iter().flat_map(|stored| keepers(&stored.item)).collect();
    subjects.sort();
    subjects.dedup();
    for chunk in subjects.chunks(100) {
        let key = |subject: &String| SubjectKeyItem::key(cx.tenant(), subject, purpose);
        let keys: Vec<_> = chunk.iter().map(key).collect();
        let mut batch = cx.batch(&keys).await?;
        for (subject, key) in chunk.iter().zip(&keys) {
            if let Some(found) = batch.take::<SubjectKeyItem>(key)? {
                ciphers.insert(subject.clone(), cx.subject(&found).await?);
            }
        }
    }
    Ok(ciphers)
}

fn personal<T: Item>() -> impl Iterator<Item = &'static Field> {
    T::FIELDS.iter().filter(|f| f.class == Class::Personal)
}

/// Opens what is personal. What stays sealed, because its key is gone, stays masked.
fn open<T: Item>(
    cx: &Context,
    stored: &Stored<T>,
    ciphers: &HashMap<String, SubjectCipher>,
) -> Result<Disclosed, Problem> {
    let item = &stored.item;
    let masked = item.masked();
    let text = masked.to_string();
    let Value::Object(mut map) = masked else {
        return Err(Problem::internal("an item is not an object"));
    };
    if !ciphers.is_empty() {
        let raw = crate::store::encode(cx.tenant(), item, stored.revision).map_err(Problem::internal)?;
        for field in personal::<T>() {
            let Some(cipher) = ciphers.get(item.keeper(field.name)) else {
                continue;
            };
            let sealed = match raw.get(field.name) {
                Some(Attribute::B(bytes)) => Some(Sealed(bytes.clone().into_inner())),
                // With what it is found by beside it: metadata, words.
                Some(attribute) => metadata::Kept::in_attribute(attribute),
                None => None,
            };
            if let Some(sealed) = sealed {
                let plain = cipher.open_text::<T>(item.id(), &item.sort(), field.name, &sealed)?;
                // What was sealed as an object is told as one.
                let object = plain.starts_with('{').then(|| serde_json::from_str(&plain).ok());
                let value = object.flatten().unwrap_or(Value::String(plain));
                map.insert(field.name.to_owned(), value);
            }
        }
    }
    for name in T::PROCESSING.map_or(&[][..], |p| p.withheld) {
        map.remove(*name);
    }
    Ok(Disclosed {
        id: item.id().to_owned(),
        value: Value::Object(map),
        text,
    })
}

/// What the road and field encryption keep in every service's name.
pub static ROAD: &[ItemType] = &[
    item::<OutboxItem>(),
    item::<IntentItem>(),
    item::<IdempotencyItem>(),
    item::<IndexItem>(),
    item::<TenantKeyItem>(),
    item::<SubjectKeyItem>(),
];
