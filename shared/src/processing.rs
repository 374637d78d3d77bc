//! The data map: for each type of item what it is kept for, about whom, how long, who gets it, and how the items about
//! one customer are found. Fields and their classes come from the types themselves; what code cannot know stands next
//! to the type as [`Item::PROCESSING`]. The register of processing, exports and the tests are made from it.

use crate::{
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    problem::Problem,
    record::{Class, Field},
    road::{Context, Page},
    store::{Attribute, Item, Sealed, Stored, Table, decode},
};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// About whom (GDPR art. 30(1)(c)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "DataSubjects")]
pub enum Subjects {
    /// The customers of a tenant.
    Customers,
    /// The people who work for a tenant.
    Users,
    /// Customers, and the people who worked on what concerns them.
    Both,
}

/// On what ground (GDPR art. 6(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "LegalBasis")]
pub enum Basis {
    /// Point (b): a contract with the person.
    Contract,
    /// Point (c): a law demands it.
    LegalObligation,
    /// Point (f): a legitimate interest.
    LegitimateInterest,
}

/// How the items about one customer are found.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// They are about no customer, or say nothing that another item does not say.
    Nothing,
    /// The item whose id is the customer's.
    Own,
    /// A list for each item of these kinds.
    Listed {
        /// The kinds, such as `customer`.
        of: &'static [&'static str],
        /// Which index.
        index: u8,
        /// The list's name for an id.
        list: fn(&str) -> String,
    },
    /// Those of a tenant's whole list that name the customer or something of theirs.
    Mentioned {
        /// The list, in the first index.
        list: &'static str,
    },
}

/// What code cannot know about a type of item.
#[derive(Clone, Copy, Debug)]
pub struct Processing {
    /// What it is kept for.
    pub purpose: &'static str,
    /// About whom.
    pub subjects: Subjects,
    /// On what ground.
    pub basis: Basis,
    /// How long.
    pub retention: &'static str,
    /// Who gets it, beside the tenant's own people by their rights.
    pub recipients: &'static [&'static str],
    /// How the items about a customer are found.
    pub reach: Reach,
    /// Under which of its own keys its personal fields are sealed.
    pub key: Option<Purpose>,
    /// Fields that are not disclosed to the person: they are about others (GDPR art. 15(4)).
    pub withheld: &'static [&'static str],
}

impl Processing {
    /// What every statement must say.
    #[must_use]
    pub const fn new(
        purpose: &'static str,
        subjects: Subjects,
        basis: Basis,
        retention: &'static str,
        reach: Reach,
    ) -> Self {
        Self {
            purpose,
            subjects,
            basis,
            retention,
            recipients: &[],
            reach,
            key: None,
            withheld: &[],
        }
    }
    /// Who gets it.
    #[must_use]
    pub const fn recipients(mut self, recipients: &'static [&'static str]) -> Self {
        self.recipients = recipients;
        self
    }
    /// Its personal fields are sealed under a key of the item's own.
    #[must_use]
    pub const fn sealed(mut self, purpose: Purpose) -> Self {
        self.key = Some(purpose);
        self
    }
    /// Fields that are about others.
    #[must_use]
    pub const fn withhold(mut self, fields: &'static [&'static str]) -> Self {
        self.withheld = fields;
        self
    }
}

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
    let mut ciphers = ciphers::<T>(cx, &items).await?;
    let mut disclosed = Vec::with_capacity(items.len());
    for stored in &items {
        disclosed.push(open(cx, stored, ciphers.remove(stored.item.id()).as_ref())?);
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
    for chunk in items.chunks(50) {
        let key = |item: &T| SubjectKeyItem::key(cx.tenant(), item.id(), purpose);
        let keys: Vec<_> = chunk.iter().map(|stored| key(&stored.item)).collect();
        let mut batch = cx.batch(&keys).await?;
        for (stored, key) in chunk.iter().zip(&keys) {
            if let Some(found) = batch.take::<SubjectKeyItem>(key)? {
                ciphers.insert(stored.item.id().to_owned(), cx.subject(&found).await?);
            }
        }
    }
    Ok(ciphers)
}

/// Opens what is personal. What stays sealed, because its key is gone, stays masked.
fn open<T: Item>(
    cx: &Context,
    stored: &Stored<T>,
    cipher: Option<&SubjectCipher>,
) -> Result<Disclosed, Problem> {
    let item = &stored.item;
    let masked = item.masked();
    let text = masked.to_string();
    let Value::Object(mut map) = masked else {
        return Err(Problem::internal("an item is not an object"));
    };
    if let Some(cipher) = cipher {
        let raw = crate::store::encode(cx.tenant(), item, stored.revision).map_err(Problem::internal)?;
        for field in T::FIELDS.iter().filter(|f| f.class == Class::Personal) {
            if let Some(Attribute::B(bytes)) = raw.get(field.name) {
                let sealed = Sealed(bytes.clone().into_inner());
                let plain = cipher.open_text::<T>(item.id(), &item.sort(), field.name, &sealed)?;
                map.insert(field.name.to_owned(), Value::String(plain));
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
    item::<crate::road::OutboxItem>(),
    item::<crate::road::IntentItem>(),
    item::<crate::road::IdempotencyItem>(),
    item::<crate::crypto::TenantKeyItem>(),
    item::<crate::crypto::SubjectKeyItem>(),
];
