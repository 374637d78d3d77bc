//! What an event says, and what tells it from every other.

use super::{UsageEventItem, fields::SAID};
use crate::meters::{MeterItem, Word};
use aws_lc_rs::digest;
use rating::{Aggregation, Number, Reading};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::SubjectCipher,
    metadata::{Metadata, MetadataKey},
    problem::Problem,
    time::Timestamp,
};

shared::text_type!(
    /// A number of an event, exactly: a decimal of up to 12 digits before and 12 after the point.
    UsageValue, r"^-?[0-9]{1,12}(\.[0-9]{1,12})?$", "1.25", |t| {
        Number::parse(t).map(|number| number.to_string()).map_err(rating::Wrong::reason)
    }
);

/// What an event says beside whose it is and when.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its id.
    #[serde(rename = "i")]
    pub id: Word,
    /// Who sends it.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Word>,
    /// Its value.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub value: Option<UsageValue>,
    /// Its properties.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Metadata>,
}

/// What tells an event from every other of the tenant: a digest of its source and id, of which 128 bits are taken.
#[must_use]
pub fn key_of(source: Option<&Word>, id: &Word) -> String {
    // Neither has spaces in it.
    let text = format!("{} {}", source.map_or("", Word::as_str), id.as_str());
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    hex::encode(digest.as_ref().get(..16).unwrap_or_default())
}

impl Said {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> String {
        key_of(self.source.as_ref(), &self.id)
    }

    /// What a meter takes of it: a number, or of what is counted by its kinds a text.
    ///
    /// # Errors
    /// What is wrong with which of its fields.
    pub fn value(&self, meter: &MeterItem) -> Result<String, (&'static str, &'static str)> {
        let property = meter.value_property.as_ref().map(MetadataKey::as_str);
        self.taken(meter.aggregation.into(), property)
    }

    /// What is counted so takes of an event that was accepted.
    ///
    /// # Errors
    /// 500 when it has none.
    pub fn held(&self, aggregation: Aggregation, property: Option<&str>) -> Result<String, Problem> {
        let taken = self.taken(aggregation, property);
        taken.map_err(|_| Problem::internal("a kept event has no value"))
    }

    fn taken(
        &self,
        aggregation: Aggregation,
        property: Option<&str>,
    ) -> Result<String, (&'static str, &'static str)> {
        if aggregation == Aggregation::Count {
            return Ok("1".to_owned());
        }
        let Some(property) = property else {
            let value = self
                .value
                .as_ref()
                .ok_or(("value", "is required by this meter"))?;
            return Ok(value.as_str().to_owned());
        };
        let held = self.properties.as_ref().and_then(|all| all.get(property));
        let held = held.ok_or(("properties", "lack the property that holds the value"))?;
        if aggregation == Aggregation::Unique {
            return Ok(held.to_owned());
        }
        let number = UsageValue::parse(held);
        let number = number.map_err(|_| ("properties", "have no number where the value is"))?;
        Ok(number.as_str().to_owned())
    }

    /// What it counts as.
    ///
    /// # Errors
    /// As [`Said::value`].
    pub fn reading(
        &self,
        meter: &MeterItem,
        at: Timestamp,
        key: &str,
    ) -> Result<Reading, (&'static str, &'static str)> {
        Ok(Reading {
            at: at.as_millisecond(),
            key: key.to_owned(),
            value: self.value(meter)?,
        })
    }

    /// Sealed, for its item.
    ///
    /// # Errors
    /// 500 when it cannot be sealed.
    pub fn sealed(&self, cipher: &SubjectCipher, key: &str) -> Result<shared::store::Sealed, Problem> {
        let text = serde_json::to_vec(self).map_err(|e| Problem::internal(e.to_string()))?;
        cipher.seal::<UsageEventItem>(key, "-", SAID, &text)
    }

    /// What an item says.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn opened(item: &UsageEventItem, cipher: &SubjectCipher) -> Result<Self, Problem> {
        let text = cipher.open::<UsageEventItem>(&item.id, "-", SAID, &item.said)?;
        serde_json::from_slice(&text).map_err(|_| Problem::internal("a kept event does not parse"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_and_id_are_told_apart_whatever_is_in_them() {
        let word = |text: &str| Word::parse(text).unwrap();
        let keys = [
            key_of(None, &word("a")),
            key_of(Some(&word("a")), &word("a")),
            key_of(Some(&word("a")), &word("aa")),
            key_of(Some(&word("aa")), &word("a")),
            key_of(None, &word("aaa")),
        ];
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert!(keys.iter().all(|key| key.len() == 32));
        // It is the same for ever, or what was counted would be counted again.
        assert_eq!(keys[0], "7de598b3ff8a99638e1f9bf49260baa0");
        for bad in ["", "a b", "\u{e9}", "a\n"] {
            assert!(Word::parse(bad).is_err(), "{bad:?}");
        }
    }
}
