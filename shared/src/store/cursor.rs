//! Opaque cursors, bound by HMAC to tenant, principal and query.

use aws_lc_rs::hmac;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::collections::{BTreeMap, HashMap};

/// Makes and reads cursors under one key.
pub struct Cursor {
    key: hmac::Key,
    bound_to: String,
}

impl Cursor {
    /// `bound_to` names whatever a cursor must not be carried across: tenant, principal, roles and query.
    #[must_use]
    pub fn new(key: &[u8; 32], bound_to: String) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            bound_to,
        }
    }

    fn tag(&self, body: &str) -> hmac::Tag {
        hmac::sign(
            &self.key,
            format!("cursor/v1\n{}\n{body}", self.bound_to).as_bytes(),
        )
    }

    /// Turns DynamoDB's last evaluated key into a cursor.
    #[must_use]
    pub fn make(&self, last: &HashMap<String, AttributeValue>) -> String {
        let plain: BTreeMap<&str, &str> = last
            .iter()
            .filter_map(|(name, value)| value.as_s().ok().map(|v| (name.as_str(), v.as_str())))
            .collect();
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&plain).unwrap_or_default());
        let tag = URL_SAFE_NO_PAD.encode(self.tag(&body).as_ref());
        format!("{body}.{tag}")
    }

    /// Reads a cursor back; `None` when it is not one of ours for this very query.
    #[must_use]
    pub fn read(&self, cursor: &str) -> Option<HashMap<String, AttributeValue>> {
        let (body, tag) = cursor.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(
            &self.key,
            format!("cursor/v1\n{}\n{body}", self.bound_to).as_bytes(),
            &tag,
        )
        .ok()?;
        Self::says(cursor)
    }

    /// Where a cursor points, whoever made it.
    #[must_use]
    pub fn says(cursor: &str) -> Option<HashMap<String, AttributeValue>> {
        let (body, _) = cursor.split_once('.')?;
        let plain: BTreeMap<String, String> =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        Some(
            plain
                .into_iter()
                .map(|(k, v)| (k, AttributeValue::S(v)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_query_only() {
        let key = [7; 32];
        let last = HashMap::from([("pk".to_owned(), AttributeValue::S("T#a#b".into()))]);
        let cursor = Cursor::new(&key, "ten_a|usr_1|customers".into()).make(&last);
        assert_eq!(
            Cursor::new(&key, "ten_a|usr_1|customers".into()).read(&cursor),
            Some(last)
        );
        for other in [
            "ten_b|usr_1|customers",
            "ten_a|usr_2|customers",
            "ten_a|usr_1|payments",
        ] {
            assert_eq!(Cursor::new(&key, other.into()).read(&cursor), None);
        }
        assert_eq!(
            Cursor::new(&[8; 32], "ten_a|usr_1|customers".into()).read(&cursor),
            None
        );
        for bad in ["", ".", "abc", "abc.def", &cursor[1..], &format!("{cursor}A")] {
            assert_eq!(Cursor::new(&key, "ten_a|usr_1|customers".into()).read(bad), None);
        }
    }
}
