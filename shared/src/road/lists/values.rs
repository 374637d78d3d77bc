//! What filters are given.

use crate::{
    kernel::shape::{Shape, Shaped},
    road::metadata,
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A point in time: RFC 3339.
pub use crate::kernel::time::Instant as Moment;

/// A value in a query. One that looks like a number or a truth value is the text that it was.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Given<V>(pub V);

impl<'de, V: DeserializeOwned> Deserialize<'de> for Given<V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let value = match Value::deserialize(d)? {
            Value::Number(n) => Value::String(n.to_string()),
            Value::Bool(b) => Value::String(b.to_string()),
            value => value,
        };
        serde_json::from_value(value)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl<V: Shaped> Shaped for Given<V> {
    fn shape() -> Shape {
        V::shape()
    }
}

crate::text_type!(
    /// One key of metadata and its value: `key:value`.
    MetadataFilter[541], r"^[A-Za-z0-9_.-]{1,40}:[^\x00-\x1f\x7f-\x9f]+$", "order:17", |t| {
        let (key, value) = t.split_once(':').ok_or("must be a key, a colon and a value")?;
        let key = metadata::MetadataKey::parse(key)?;
        let value = metadata::value(value)?;
        Ok(format!("{}:{value}", key.as_str()))
    }
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::Reference;
    use serde_json::json;

    #[test]
    fn a_number_in_a_query_may_be_a_text() {
        let given =
            |value| serde_json::from_value::<Given<Reference>>(value).map(|g| g.0.as_str().to_owned());
        assert_eq!(given(json!(17)).unwrap(), "17");
        assert_eq!(given(json!(true)).unwrap(), "true");
        assert_eq!(given(json!("order-17")).unwrap(), "order-17");
        assert!(given(json!("")).is_err() && given(json!(["a"])).is_err());
    }

    #[test]
    fn metadata_is_asked_for_by_one_key_and_its_value() {
        let parse = |t: &str| MetadataFilter::parse(t).map(|f| f.as_str().to_owned());
        assert_eq!(parse("order: a:b "), Ok("order:a:b".into()));
        for bad in ["order", ":17", "order:", "an order:17", "order: "] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&format!("{}:1", "k".repeat(41))).is_err());
    }
}
