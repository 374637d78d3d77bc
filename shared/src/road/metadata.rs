//! Metadata: up to twenty short texts that a tenant keeps with an object. What people type freely may be about somebody, so values are
//! sealed under the key of the customer that the object is about. Of the keys that the tenant declares, three at most, keyed hashes of
//! the values are kept beside, under which lists find the object.

use super::context::Context;
use crate::{
    access::auth::Tenant,
    crypto::SubjectCipher,
    kernel::{
        problem::Problem,
        purpose::Purpose,
        record::AtRest,
        shape::{Bounds, Names, Shape, Shaped, Text},
        text::line,
    },
    store::{Attribute, BlindIndex, Item, Sealed},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;
use std::collections::BTreeMap;

/// Its name wherever it stands: in inputs, answers, items and associated data.
pub const FIELD: &str = "metadata";
/// Most keys of one object.
const KEYS: usize = 20;
/// Most characters of a value.
const VALUE: usize = 500;
/// Most bytes of all keys and values of one object together (UTF-8): what is kept is written again with every change of it.
const BYTES: usize = 2_048;
/// Most keys that a tenant can have searched.
pub const SEARCHED: usize = 3;

crate::text_type!(
    /// A key of metadata: 1 to 40 letters, digits, dots, underscores and hyphens.
    MetadataKey, r"^[A-Za-z0-9_.-]{1,40}$", "order", |t| {
        let good = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        if (1..=40).contains(&t.len()) && t.bytes().all(good) {
            Ok(t.to_owned())
        } else {
            Err("must be 1 to 40 letters, digits, dots, underscores and hyphens")
        }
    }
);

/// A value as it is kept: 1 to 500 characters, NFC, trimmed, no control characters.
///
/// # Errors
/// A fixed reason.
pub fn value(text: &str) -> Result<String, &'static str> {
    line(text, VALUE)
}

/// What an object is kept with.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

impl std::fmt::Debug for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

/// What of it changes: a value is set, null removes a key, and what is not named stays.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct MetadataChange(BTreeMap<String, Option<String>>);

/// Metadata as an item keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// All of it, sealed.
    sealed: Sealed,
    /// Keyed hashes of the values of the keys that the tenant has declared.
    #[serde(default)]
    lookups: BTreeMap<String, BlindIndex>,
}

impl AtRest for Kept {
    const SEALED: bool = true;
}

impl Shaped for Kept {
    fn shape() -> Shape {
        Shape::Bytes
    }
}

impl Kept {
    /// Each key that is searched, with the keyed hash of its value.
    pub fn lookups(&self) -> impl Iterator<Item = (&str, &BlindIndex)> {
        self.lookups.iter().map(|(key, lookup)| (key.as_str(), lookup))
    }
    /// What is sealed, for a rotation of keys.
    pub fn sealed(&mut self) -> &mut Sealed {
        &mut self.sealed
    }
    /// What is sealed in an item's attribute.
    pub(crate) fn in_attribute(attribute: &Attribute) -> Option<Sealed> {
        let sealed = attribute.as_m().ok()?.get("sealed")?.as_b().ok()?;
        Some(Sealed(sealed.clone().into_inner()))
    }
}

/// The whole of some metadata is bounded, whatever it is made of.
fn bounded<'a>(of: impl Iterator<Item = (&'a String, &'a str)>) -> Result<(), &'static str> {
    let (mut keys, mut bytes) = (0usize, 0usize);
    for (key, value) in of {
        keys += 1;
        bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
    }
    if keys > KEYS {
        return Err("must have at most 20 keys");
    }
    if bytes > BYTES {
        return Err("must have at most 2048 bytes in all its keys and values");
    }
    Ok(())
}

/// Takes an object apart; `null` says whether a value may be null.
fn taken(given: Value, null: bool) -> Result<BTreeMap<String, Option<String>>, &'static str> {
    let Value::Object(given) = given else {
        return Err("must be an object");
    };
    if given.len() > KEYS {
        return Err("must have at most 20 keys");
    }
    let mut taken = BTreeMap::new();
    for (key, given) in given {
        let key = MetadataKey::parse(&key)
            .map_err(|_| "has a key that is not 1 to 40 letters, digits, dots, underscores and hyphens")?;
        let given = match given {
            Value::Null if null => None,
            Value::String(text) => Some(value(&text).map_err(
                |_| "has a value that is not 1 to 500 characters of text without control characters",
            )?),
            _ => return Err("has a value that is not a string"),
        };
        taken.insert(key.as_str().to_owned(), given);
    }
    bounded(taken.iter().map(|(k, v)| (k, v.as_deref().unwrap_or_default())))?;
    Ok(taken)
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let taken = taken(Value::deserialize(d)?, false).map_err(D::Error::custom)?;
        let all = taken.into_iter().filter_map(|(key, value)| Some((key, value?)));
        Ok(Self(all.collect()))
    }
}

impl<'de> Deserialize<'de> for MetadataChange {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let taken = taken(Value::deserialize(d)?, true).map_err(D::Error::custom)?;
        Ok(Self(taken))
    }
}

/// The shape of an object whose values are of this one.
fn shape(name: &'static str, of: Shape) -> Shape {
    Shape::Map {
        of: Box::new(of),
        names: Names {
            name: Some(name),
            about: "At most 2048 bytes in all keys and values",
            pattern: Some("^[A-Za-z0-9_.-]{1,40}$"),
            most: i64::try_from(KEYS).ok(),
            example: Some(r#"{"order": "17"}"#),
        },
    }
}

/// The shape of a value.
fn value_shape() -> Shape {
    Shape::Text(Text {
        pattern: Some(r"^[^\x00-\x1f\x7f-\x9f]+$"),
        length: Bounds {
            min: Some(1),
            max: i64::try_from(VALUE).ok(),
        },
        ..Text::default()
    })
}

impl Shaped for Metadata {
    fn shape() -> Shape {
        shape("Metadata", value_shape())
    }
}

impl Shaped for MetadataChange {
    fn shape() -> Shape {
        shape("MetadataChange", Shape::Optional(Box::new(value_shape())))
    }
}

impl MetadataChange {
    /// What is kept afterwards.
    ///
    /// # Errors
    /// 422 when that is too much.
    pub fn applied(self, to: Metadata) -> Result<Metadata, Problem> {
        let mut all = to.0;
        for (key, value) in self.0 {
            match value {
                Some(value) => drop(all.insert(key, value)),
                None => drop(all.remove(&key)),
            }
        }
        bounded(all.iter().map(|(k, v)| (k, v.as_str())))
            .map_err(|why| Problem::invalid("/metadata", why))?;
        Ok(Metadata(all))
    }
}

impl Metadata {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Of these keys, what it has.
    #[must_use]
    pub fn only<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        let of = |key: &str| Some((key.to_owned(), self.0.get(key)?.clone()));
        Self(keys.into_iter().filter_map(of).collect())
    }

    /// Stands for metadata that is not opened, where it is masked and never answered.
    #[must_use]
    pub fn unopened(kept: Option<&Kept>) -> Option<Self> {
        kept.map(|_| Self::default())
    }

    /// Seals it for an item of type `T`, and makes what it is found by. Needs `Uses::Key(Purpose::Index)`.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn kept<T: Item>(
        &self,
        cx: &Context,
        cipher: &SubjectCipher,
        id: &str,
    ) -> Result<Option<Kept>, Problem> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_string(&self.0).map_err(|e| Problem::internal(e.to_string()))?;
        let mut lookups = BTreeMap::new();
        for key in searched(cx).await? {
            if let Some(value) = self.0.get(&key) {
                let lookup = lookup::<T>(cx, &key, value).await?;
                lookups.insert(key, BlindIndex(lookup));
            }
        }
        let sealed = cipher.seal::<T>(id, "-", FIELD, text.as_bytes())?;
        Ok(Some(Kept { sealed, lookups }))
    }

    /// Seals what came for an item about a customer. Where their key has been read before in this call, it costs none.
    ///
    /// # Errors
    /// 409 when the customer has been erased, 503.
    pub async fn about<T: Item>(
        given: Option<&Self>,
        cx: &Context,
        customer: &str,
        id: &str,
    ) -> Result<Option<Kept>, Problem> {
        let Some(metadata) = given.filter(|m| !m.0.is_empty()) else {
            return Ok(None);
        };
        metadata
            .kept::<T>(cx, &cx.customer_cipher(customer).await?, id)
            .await
    }

    /// Opens what an item of type `T` keeps; none where it keeps none.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn open<T: Item>(
        cipher: &SubjectCipher,
        id: &str,
        kept: Option<&Kept>,
    ) -> Result<Option<Self>, Problem> {
        let Some(kept) = kept else { return Ok(None) };
        let text = cipher.open_text::<T>(id, "-", FIELD, &kept.sealed)?;
        let opened = serde_json::from_str(&text);
        opened
            .map(|all| Some(Self(all)))
            .map_err(|_| Problem::internal("stored metadata does not parse"))
    }

    /// Opens what an item about a customer keeps, with one read where their key has not been read in this call; none where it keeps
    /// none or the customer has been erased. Needs `Uses::Key(Purpose::Pii)`.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn opened<T: Item>(
        cx: &Context,
        customer: &str,
        id: &str,
        kept: Option<&Kept>,
    ) -> Result<Option<Self>, Problem> {
        if kept.is_none() {
            return Ok(None);
        }
        match cx.cipher_of(customer, Purpose::Pii).await? {
            Some(cipher) => Self::open::<T>(&cipher, id, kept),
            None => Ok(None),
        }
    }

    /// Whether there is anything in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The keys that the tenant has declared. Its record has been read with the caller.
async fn searched(cx: &Context) -> Result<Vec<String>, Problem> {
    let tenant = cx.get::<Tenant>(cx.tenant().as_str()).await?;
    Ok(tenant.item.metadata_keys)
}

/// Refuses to look for a key that the tenant has not declared.
///
/// # Errors
/// 422 at the field.
pub(crate) async fn is_searched(cx: &Context, field: &str, asked: &str) -> Result<(), Problem> {
    let key = asked.split_once(':').map_or(asked, |(key, _)| key);
    if searched(cx).await?.iter().any(|declared| declared == key) {
        return Ok(());
    }
    let why = "names a key that is not among the tenant's `metadata_keys`";
    Err(Problem::invalid(&format!("/{field}"), why))
}

/// The keyed hash that a value of a key is found by among items of type `T`.
pub(crate) async fn lookup<T: Item>(cx: &Context, key: &str, value: &str) -> Result<Vec<u8>, Problem> {
    let field = format!("{FIELD}.{}.{key}", T::KIND);
    cx.blind_index(T::TABLE, &field, value).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn taken(value: Value) -> Result<Metadata, String> {
        serde_json::from_value(value).map_err(|e: serde_json::Error| e.to_string())
    }

    #[test]
    fn what_is_within_the_limits_is_taken_as_it_is_kept() {
        let many: serde_json::Map<_, _> = (0..20).map(|n| (format!("k{n}"), json!("v"))).collect();
        assert!(taken(Value::Object(many.clone())).is_ok());
        assert_eq!(taken(json!({"a.B_c-1": " e\u{301} "})).unwrap().0["a.B_c-1"], "é");
        let mut more = many;
        more.insert("one-more".into(), json!("v"));
        let long = |n: usize| Value::String("x".repeat(n));
        let four = |n| json!({"a": long(500), "b": long(500), "c": long(500), "d": long(500), "e": long(n)});
        assert!(taken(four(43)).is_ok() && taken(four(44)).is_err(), "2048 bytes");
        for bad in [
            Value::Object(more),
            json!({"k".repeat(41): "v"}),
            json!({"": "v"}),
            json!({"a b": "v"}),
            json!({"a": ""}),
            json!({"a": "\n"}),
            json!({"a": long(501)}),
            json!({"a": 1}),
            json!({"a": null}),
            json!({"a": {"b": "c"}}),
            json!(["a"]),
            json!("a"),
        ] {
            assert!(taken(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_change_sets_removes_and_leaves() {
        let change = |value| serde_json::from_value::<MetadataChange>(value).unwrap();
        let old = taken(json!({"a": "1", "b": "2"})).unwrap();
        let new = change(json!({"a": null, "c": "3"})).applied(old).unwrap();
        assert_eq!(serde_json::to_value(&new).unwrap(), json!({"b": "2", "c": "3"}));
        let full: serde_json::Map<_, _> = (0..20).map(|n| (format!("k{n}"), json!("v"))).collect();
        let full = taken(Value::Object(full)).unwrap();
        assert_eq!(
            change(json!({"l": "v"}))
                .applied(full.clone())
                .unwrap_err()
                .status,
            422
        );
        assert!(change(json!({"l": "v", "k0": null})).applied(full).is_ok());
    }
}
