//! Words: a text that people write freely, such as a reference or a reason. What they write there may be about somebody, so an item
//! keeps it sealed under the key of whom it is about, and finds it, where it is searched for, by a keyed hash.

use super::context::Context;
use crate::{
    crypto::SubjectCipher,
    kernel::{
        problem::Problem,
        record::AtRest,
        shape::{Shape, Shaped},
    },
    store::{BlindIndex, Item, Sealed},
};
use serde::{Deserialize, Serialize};

/// Some words as an item keeps them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// Sealed.
    Sealed {
        /// The text.
        sealed: Sealed,
        /// The keyed hash that it is found by, where it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lookup: Option<BlindIndex>,
    },
    /// As it was kept before words were sealed.
    Clear(String),
}

impl AtRest for Words {
    const SEALED: bool = true;
}

impl Shaped for Words {
    fn shape() -> Shape {
        Shape::Bytes
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

/// The keyed hash that words are found by among items of type `T`.
pub(crate) async fn lookup<T: Item>(cx: &Context, field: &str, text: &str) -> Result<Vec<u8>, Problem> {
    let name = format!("{field}.{}", T::KIND);
    cx.blind_index(T::TABLE, &name, text).await
}

impl Words {
    /// Seals a text for a field of an item of type `T`.
    ///
    /// # Errors
    /// 500 when it cannot be sealed.
    pub fn sealed<T: Item>(
        cipher: &SubjectCipher,
        id: &str,
        sort: &str,
        field: &str,
        text: &str,
    ) -> Result<Self, Problem> {
        Ok(Self::Sealed {
            sealed: cipher.seal::<T>(id, sort, field, text.as_bytes())?,
            lookup: None,
        })
    }

    /// As [`Self::sealed`], for a field that lists are filtered by. Needs `Uses::Key(Purpose::Index)`.
    ///
    /// # Errors
    /// 503 when KMS does not answer.
    pub async fn found<T: Item>(
        cx: &Context,
        cipher: &SubjectCipher,
        id: &str,
        field: &str,
        text: &str,
    ) -> Result<Self, Problem> {
        Ok(Self::Sealed {
            sealed: cipher.seal::<T>(id, "-", field, text.as_bytes())?,
            lookup: Some(BlindIndex(lookup::<T>(cx, field, text).await?)),
        })
    }

    /// The keyed hash that it is found by.
    #[must_use]
    pub fn lookup(&self) -> Option<&BlindIndex> {
        match self {
            Self::Sealed { lookup, .. } => lookup.as_ref(),
            Self::Clear(_) => None,
        }
    }

    /// What is sealed, for a rotation of keys.
    pub fn seal(&mut self) -> Option<&mut Sealed> {
        match self {
            Self::Sealed { sealed, .. } => Some(sealed),
            Self::Clear(_) => None,
        }
    }

    /// The text.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn open<T: Item>(
        &self,
        cipher: &SubjectCipher,
        id: &str,
        sort: &str,
        field: &str,
    ) -> Result<String, Problem> {
        match self {
            Self::Sealed { sealed, .. } => cipher.open_text::<T>(id, sort, field, sealed),
            Self::Clear(text) => Ok(text.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_kept_now_and_as_they_were_kept_before() {
        #[derive(Serialize, Deserialize)]
        struct Kept {
            reason: Option<Words>,
        }
        let now = Kept {
            reason: Some(Words::Sealed {
                sealed: Sealed(vec![1, 2]),
                lookup: Some(BlindIndex(vec![3])),
            }),
        };
        let item: std::collections::HashMap<String, crate::store::Attribute> =
            serde_dynamo::to_item(&now).unwrap();
        let back: Kept = serde_dynamo::from_item(item).unwrap();
        assert!(back.reason == now.reason);
        let json: Kept = serde_json::from_str(&serde_json::to_string(&now).unwrap()).unwrap();
        assert!(json.reason == now.reason);
        let before: Kept = serde_json::from_str(r#"{"reason": "order-17"}"#).unwrap();
        assert!(before.reason == Some(Words::Clear("order-17".into())));
    }
}
