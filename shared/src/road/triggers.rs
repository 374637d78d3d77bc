//! The events that Lambda hands to workers, as far as workers read them.

use crate::{
    kernel::ids::TenantId,
    store::{Item, Key},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// A new item, from the stream of its table.
pub struct Inserted {
    /// Its place in the stream.
    pub sequence: String,
    /// The item.
    pub image: serde_dynamo::Item,
}

impl Inserted {
    /// Whose it is and its id, if it is an item of type `T`.
    #[must_use]
    pub fn is_a<T: Item>(&self) -> Option<(TenantId, String)> {
        let Some(serde_dynamo::AttributeValue::S(pk)) = self.image.get("pk") else {
            return None;
        };
        let mut parts = pk.splitn(4, '#').skip(1);
        let tenant = TenantId::parse(parts.next()?).ok()?;
        let (_, id) = (parts.next()?, parts.next()?);
        (Key::of::<T>(&tenant, id).pk == *pk).then(|| (tenant, id.to_owned()))
    }
}

/// A message of a queue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub message_id: String,
    /// What was sent.
    pub body: String,
}

#[derive(Deserialize)]
struct Batch<T> {
    #[serde(rename = "Records")]
    records: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamRecord {
    event_name: String,
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    new_image: Option<serde_dynamo::Item>,
}

fn batch<T: serde::de::DeserializeOwned>(event: Value) -> Result<Vec<T>, String> {
    serde_json::from_value::<Batch<T>>(event)
        .map(|b| b.records)
        // The message of the parser may repeat data.
        .map_err(|_| "the event is not one of this trigger".to_owned())
}

/// The inserts among the records of a stream event.
///
/// # Errors
/// When the event is not one of a stream.
pub fn inserts(event: Value) -> Result<Vec<Inserted>, String> {
    let inserted = |r: StreamRecord| {
        let change = r.dynamodb;
        (r.event_name == "INSERT").then_some(())?;
        Some(Inserted {
            sequence: change.sequence_number,
            image: change.new_image?,
        })
    };
    Ok(batch::<StreamRecord>(event)?
        .into_iter()
        .filter_map(inserted)
        .collect())
}

/// The messages of a queue's event.
///
/// # Errors
/// When the event is not one of a queue.
pub fn messages(event: Value) -> Result<Vec<Message>, String> {
    batch(event)
}

/// The answer that names what must come again.
pub fn failures(ids: impl IntoIterator<Item = String>) -> Value {
    let ids: Vec<Value> = ids.into_iter().map(|id| json!({"itemIdentifier": id})).collect();
    json!({"batchItemFailures": ids})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inserts_with_an_image_are_taken() {
        let record = |name: &str, change: Value| json!({"eventID": "1", "eventName": name, "awsRegion": "eu-central-1", "dynamodb": change});
        // Every type that items of these tables hold: one that did not parse would hold up the stream.
        let image = json!({
            "pk": {"S": "T#x"}, "n": {"N": "1"}, "l": {"L": [{"BOOL": true}, {"NULL": true}]},
            "sealed": {"B": "4QEAAA=="}, "versions": {"M": {"1": {"B": ""}}}, "names": {"SS": ["a"]},
        });
        let full = json!({"SequenceNumber": "7", "NewImage": image, "ApproximateCreationDateTime": 1.5e9});
        let event = json!({"Records": [
            record("INSERT", full.clone()),
            record("MODIFY", full.clone()),
            record("REMOVE", json!({"SequenceNumber": "8", "Keys": {}})),
            record("INSERT", json!({"SequenceNumber": "9"})),
        ]});
        let found = inserts(event).unwrap();
        assert_eq!(
            found.iter().map(|i| i.sequence.as_str()).collect::<Vec<_>>(),
            ["7"]
        );
        assert_eq!(
            found[0].image.get("pk"),
            Some(&serde_dynamo::AttributeValue::S("T#x".into()))
        );
        assert!(inserts(json!({"Records": [{}]})).is_err());
        assert!(inserts(json!([])).is_err());
    }

    #[test]
    fn a_record_is_known_by_its_key() {
        let of = |pk: &str| Inserted {
            sequence: "1".into(),
            image: serde_dynamo::Item::from(std::collections::HashMap::from([(
                "pk".to_owned(),
                serde_dynamo::AttributeValue::S(pk.to_owned()),
            )])),
        };
        let tenant = TenantId::platform();
        let found = of(&format!("T#{tenant}#user#usr_1")).is_a::<crate::access::auth::User>();
        assert_eq!(found, Some((tenant.clone(), "usr_1".to_owned())));
        for pk in [
            format!("T#{tenant}#session#usr_1"),
            format!("T#{tenant}#user"),
            "T#x#user#usr_1".into(),
            String::new(),
        ] {
            assert_eq!(of(&pk).is_a::<crate::access::auth::User>(), None, "{pk}");
        }
    }

    #[test]
    fn messages_and_failures() {
        let event = json!({"Records": [{"messageId": "m1", "body": "{}", "receiptHandle": "r"}]});
        assert_eq!(messages(event).unwrap()[0].message_id, "m1");
        assert_eq!(
            failures(["a".to_owned()]),
            json!({"batchItemFailures": [{"itemIdentifier": "a"}]})
        );
        assert_eq!(failures([]), json!({"batchItemFailures": []}));
    }
}
