//! What a request says, in a number: the same for two texts of JSON that say the same, whatever the order of their members.

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

/// The number. It is read out of the text without building what the text describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

/// A member that is null says what a member that is missing says.
const NULL: Fingerprint = Fingerprint(0);

/// `kind` keeps values of different kinds apart that are written alike.
fn of(kind: u8, value: impl Hash) -> Fingerprint {
    let mut hasher = DefaultHasher::new();
    kind.hash(&mut hasher);
    value.hash(&mut hasher);
    Fingerprint(hasher.finish().max(1))
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Fingerprint;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Fingerprint, E> {
        Ok(NULL)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Fingerprint, E> {
        Ok(of(1, value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Fingerprint, E> {
        Ok(of(2, i128::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Fingerprint, E> {
        Ok(of(2, i128::from(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Fingerprint, E> {
        Ok(of(3, value.to_bits()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Fingerprint, E> {
        Ok(of(4, value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Fingerprint, A::Error> {
        let mut all = DefaultHasher::new();
        while let Some(item) = items.next_element::<Fingerprint>()? {
            item.hash(&mut all);
        }
        Ok(of(5, all.finish()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Fingerprint, A::Error> {
        // A sum does not know in which order it was made.
        let (mut sum, mut count) = (0_u64, 0_u64);
        while let Some((name, value)) = members.next_entry::<Fingerprint, Fingerprint>()? {
            if value != NULL {
                sum = sum.wrapping_add(of(6, (name, value)).0);
                count = count.wrapping_add(1);
            }
        }
        Ok(of(7, (sum, count)))
    }
}

/// The actions of a transaction. What else a request says, such as whether it wants to know what it cost, may change under its token.
#[derive(Debug)]
pub struct Actions(pub Fingerprint);

impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Actions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a transaction")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Actions, A::Error> {
                let wanted = of(4, "TransactItems");
                let mut actions = NULL;
                while let Some(name) = members.next_key::<Fingerprint>()? {
                    if name == wanted {
                        actions = members.next_value()?;
                    } else {
                        members.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Actions(actions))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    fn print(text: &str) -> Fingerprint {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn it_says_what_was_said_and_not_how() {
        assert_eq!(
            print(r#"{"a":1,"b":[true,"x"]}"#),
            print(r#"{ "b" : [ true , "x" ] , "a" : 1 }"#)
        );
        assert_eq!(print(r#"{"a":null,"b":1}"#), print(r#"{"b":1}"#));
        let different = [
            "[]",
            "{}",
            "null",
            "0",
            "\"0\"",
            "0.5",
            "false",
            "[0]",
            "[[0]]",
            "[0,1]",
            "[1,0]",
            "[null]",
            r#"{"a":"b"}"#,
            r#"{"b":"a"}"#,
            r#"{"a":"b","c":"d"}"#,
            r#"{"a":"d","c":"b"}"#,
            r#"["a","b"]"#,
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":{"b":{}}}"#,
            r#"{"N":"1"}"#,
            r#"{"S":"1"}"#,
        ];
        for (i, one) in different.iter().enumerate() {
            for other in &different[..i] {
                assert_ne!(print(one), print(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn only_the_actions_count() {
        let of = |text: &str| serde_json::from_str::<Actions>(text).unwrap().0;
        let one = of(r#"{"TransactItems":[{"Put":{"a":1}}],"ReturnConsumedCapacity":"TOTAL"}"#);
        assert_eq!(
            one,
            of(r#"{"ClientRequestToken":"x","TransactItems":[{"Put":{"a":1}}]}"#)
        );
        assert_ne!(one, of(r#"{"TransactItems":[{"Put":{"a":2}}]}"#));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    /// The same value with the members of its objects the other way round, as text.
    fn turned(value: &Value) -> String {
        match value {
            Value::Array(items) => format!("[{}]", items.iter().map(turned).collect::<Vec<_>>().join(",")),
            Value::Object(members) => {
                let mut texts: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), turned(value)))
                    .collect();
                texts.reverse();
                format!("{{{}}}", texts.join(","))
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn two_are_alike_exactly_when_what_they_say_is(one in any_json(), other in any_json()) {
            prop_assert_eq!(print(&one.to_string()), print(&turned(&one)));
            prop_assert_eq!(print(&one.to_string()) == print(&other.to_string()), one == other);
        }
    }
}
