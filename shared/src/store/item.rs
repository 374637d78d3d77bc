//! Items, their keys, and the types that are safe at rest.

use super::{entry::Entry, processing::Processing, table::Table};
use crate::kernel::{
    ids::TenantId,
    record::{AtRest, Record},
};
pub use aws_sdk_dynamodb::types::AttributeValue as Attribute;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::collections::{BTreeMap, HashMap};

/// Every partition key and index key begins with this, then the tenant.
pub const TENANT_PREFIX: &str = "T#";

/// A value that a filter can look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl crate::kernel::shape::Shaped for Value {
    fn shape() -> crate::kernel::shape::Shape {
        crate::kernel::shape::Shape::Scalar
    }
}

impl From<&str> for Value {
    fn from(t: &str) -> Self {
        Self::Text(t.to_owned())
    }
}
impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Number(n)
    }
}

/// A value as a DynamoDB attribute, for conditions.
#[must_use]
pub fn attribute(value: &Value) -> Attribute {
    match value {
        Value::Bool(b) => Attribute::Bool(*b),
        Value::Number(n) => Attribute::N(n.to_string()),
        Value::Text(t) => Attribute::S(t.clone()),
    }
}

/// An item as DynamoDB keeps it.
pub(crate) type Attrs = HashMap<String, AttributeValue>;

/// The attributes of an object that filters may name.
pub type Attributes = BTreeMap<&'static str, Value>;

/// Where an item stands in a list: under `T#<tenant>#<list>`, sorted by `sort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The list's name within the tenant.
    pub list: String,
    /// The sort key.
    pub sort: String,
}

/// Something kept in a table.
pub trait Item: Record + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its table.
    const TABLE: Table;
    /// Its kind: part of the partition key, and the noun of the rights that govern it.
    const KIND: &'static str;
    /// What it is kept for, about whom and how long; none where it says nothing about a person.
    const PROCESSING: Option<Processing> = None;
    /// Its id: part of the partition key.
    fn id(&self) -> &str;
    /// Its sort key.
    fn sort(&self) -> String {
        "-".into()
    }
    /// Its place in the first index.
    fn listing(&self) -> Option<Listing> {
        None
    }
    /// Its place in the second index.
    fn second_listing(&self) -> Option<Listing> {
        None
    }
    /// Under which index items it stands beside; they come and go with it, in the same transaction.
    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
    /// Whose key seals its fields.
    fn subject(&self) -> &str {
        self.id()
    }
    /// Whose key seals one of its fields: that of the others, unless it says otherwise.
    fn keeper(&self, _field: &str) -> &str {
        self.subject()
    }
    /// Unix seconds after which DynamoDB may drop it. Never relied on: readers compare times themselves.
    fn expires(&self) -> Option<i64> {
        None
    }
    /// Whether it only keeps its place: readers are told that there is no such item, and no new one takes its key.
    fn is_gone(&self) -> bool {
        false
    }
    /// What filters may look at.
    fn filterable(&self) -> Attributes {
        Attributes::new()
    }
}

/// The full primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Its table.
    pub table: Table,
    /// `T#<tenant>#<kind>#<id>`.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    /// The key of an item of type `T`.
    #[must_use]
    pub fn of<T: Item>(tenant: &TenantId, id: &str) -> Self {
        Self::sub::<T>(tenant, id, "-")
    }
    /// The key of an item of type `T` with a sort key of its own.
    #[must_use]
    pub fn sub<T: Item>(tenant: &TenantId, id: &str, sk: &str) -> Self {
        Self {
            table: T::TABLE,
            pk: partition(tenant, T::KIND, id),
            sk: sk.to_owned(),
        }
    }
    /// As attributes.
    #[must_use]
    pub fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// `T#<tenant>#<kind>#<id>`.
#[must_use]
pub fn partition(tenant: &TenantId, kind: &str, id: &str) -> String {
    format!("{TENANT_PREFIX}{tenant}#{kind}#{id}")
}

/// `T#<tenant>#<list>`.
#[must_use]
pub fn list_partition(tenant: &TenantId, list: &str) -> String {
    format!("{TENANT_PREFIX}{tenant}#{list}")
}

/// An item as read, with the revision that its next write is conditional on.
#[derive(Debug)]
pub struct Stored<T> {
    /// The item.
    pub item: T,
    /// Its revision.
    pub revision: u64,
}

impl<T> std::ops::Deref for Stored<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.item
    }
}

/// Turns attributes into an item.
///
/// # Errors
/// A description without values.
pub fn decode<T: Item>(mut attributes: HashMap<String, AttributeValue>) -> Result<Stored<T>, String> {
    let revision = match attributes.remove("rev") {
        Some(AttributeValue::N(n)) => n.parse().map_err(|_| format!("bad revision on a {}", T::KIND))?,
        _ => return Err(format!("no revision on a {}", T::KIND)),
    };
    for name in [
        "pk",
        "sk",
        "gsi1pk",
        "gsi1sk",
        "gsi2pk",
        "gsi2sk",
        "audit",
        "expires",
        "reserved_by",
    ] {
        attributes.remove(name);
    }
    let item = serde_dynamo::from_item(attributes).map_err(|e| {
        tracing::error!(kind = T::KIND, "an item does not decode: {e}");
        format!("a {} does not decode", T::KIND)
    })?;
    Ok(Stored { item, revision })
}

/// Turns an item into attributes, keys and index keys included.
///
/// # Errors
/// A description without values.
pub fn encode<T: Item>(
    tenant: &TenantId,
    item: &T,
    revision: u64,
) -> Result<HashMap<String, AttributeValue>, String> {
    let mut attributes: HashMap<String, AttributeValue> =
        serde_dynamo::to_item(item).map_err(|_| format!("a {} does not encode", T::KIND))?;
    attributes.retain(|_, v| !matches!(v, AttributeValue::Null(_)));
    attributes.extend(Key::sub::<T>(tenant, item.id(), &item.sort()).attributes());
    attributes.insert("rev".into(), AttributeValue::N(revision.to_string()));
    for (n, listing) in [(1, item.listing()), (2, item.second_listing())] {
        if let Some(Listing { list, sort }) = listing {
            attributes.insert(
                format!("gsi{n}pk"),
                AttributeValue::S(list_partition(tenant, &list)),
            );
            attributes.insert(format!("gsi{n}sk"), AttributeValue::S(sort));
        }
    }
    if let Some(at) = item.expires() {
        attributes.insert("expires".into(), AttributeValue::N(at.to_string()));
    }
    Ok(attributes)
}

/// Most bytes of an item.
pub(crate) const HEAVIEST: usize = 400 * 1024;

/// What an item weighs, as DynamoDB counts (developer guide, "DynamoDB item sizes"): names and values in UTF-8, a number by its
/// digits, a list or map three bytes and one for each that it holds.
#[must_use]
pub(crate) fn weight(attributes: &Attrs) -> usize {
    attributes
        .iter()
        .map(|(name, value)| name.len() + weighed(value))
        .sum()
}

fn weighed(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::L(list) => 3 + list.iter().map(|v| 1 + weighed(v)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(n, v)| 1 + n.len() + weighed(v)).sum::<usize>(),
        AttributeValue::Ss(list) | AttributeValue::Ns(list) => list.iter().map(String::len).sum(),
        AttributeValue::Bs(list) => list.iter().map(|b| b.as_ref().len()).sum(),
        _ => 1,
    }
}

/// Declares a byte newtype that is stored as DynamoDB binary and never printed.
macro_rules! bytes_type {
    ($(#[$doc:meta])* $name:ident, sealed: $sealed:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(pub Vec<u8>);
        impl AtRest for $name {
            const SEALED: bool = $sealed;
        }
        impl crate::kernel::shape::Shaped for $name {
            fn shape() -> crate::kernel::shape::Shape {
                crate::kernel::shape::Shape::Bytes
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_bytes(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_byte_buf(BytesVisitor).map(Self)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}

struct BytesVisitor;

impl<'de> serde::de::Visitor<'de> for BytesVisitor {
    type Value = Vec<u8>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("bytes")
    }
    fn visit_bytes<E>(self, v: &[u8]) -> Result<Vec<u8>, E> {
        Ok(v.to_vec())
    }
    fn visit_byte_buf<E>(self, v: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(v)
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
        let mut out = Vec::new();
        while let Some(byte) = seq.next_element()? {
            out.push(byte);
        }
        Ok(out)
    }
}

bytes_type!(
    /// A field sealed under a subject key (format `E1`).
    Sealed,
    sealed: true
);
bytes_type!(
    /// A keyed hash for exact lookup.
    BlindIndex,
    sealed: false
);
bytes_type!(
    /// SHA-256 of a 256-bit random token or secret.
    Digest,
    sealed: false
);
bytes_type!(
    /// Other bytes that are safe at rest by themselves: wrapped keys, keyed hashes.
    AtRestBytes,
    sealed: false
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Record, Serialize, Deserialize)]
    #[record(stored)]
    struct Note {
        #[public]
        id: String,
        #[personal]
        text: Sealed,
        #[public]
        read_at: Option<i64>,
    }
    impl Item for Note {
        const TABLE: Table = Table::Billing;
        const KIND: &'static str = "note";
        fn id(&self) -> &str {
            &self.id
        }
        fn listing(&self) -> Option<Listing> {
            Some(Listing {
                list: "notes".into(),
                sort: self.id.clone(),
            })
        }
    }

    proptest! {
        #[test]
        fn items_round_trip(id in "[a-z]{1,20}", text in proptest::collection::vec(any::<u8>(), 0..200), at in any::<Option<i64>>(), rev in 1u64..) {
            let tenant = TenantId::platform();
            let attributes = encode(&tenant, &Note { id: id.clone(), text: Sealed(text.clone()), read_at: at }, rev).unwrap();
            for key in ["pk", "gsi1pk"] {
                let starts = matches!(attributes.get(key), Some(AttributeValue::S(s)) if s.starts_with(&format!("T#{tenant}#")));
                prop_assert!(starts);
            }
            let is_binary = matches!(attributes.get("text"), Some(AttributeValue::B(_)));
            prop_assert!(is_binary);
            let back = decode::<Note>(attributes).unwrap();
            prop_assert_eq!((back.id.as_str(), &back.text.0, back.read_at, back.revision), (id.as_str(), &text, at, rev));
        }
    }
}
