//! The events that Lambda hands to workers, as far as these workers read them.

use serde::Deserialize;
use serde_json::{Value, json};

/// A new item, from the stream of its table.
pub(crate) struct Inserted {
    /// Its place in the stream.
    pub(crate) sequence: String,
    /// The item.
    pub(crate) image: serde_dynamo::Item,
}

/// A message of a queue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    /// Its id.
    pub(crate) message_id: String,
    /// What was sent.
    pub(crate) body: String,
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
pub(crate) fn inserts(event: Value) -> Result<Vec<Inserted>, String> {
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
pub(crate) fn messages(event: Value) -> Result<Vec<Message>, String> {
    batch(event)
}

/// The answer that names what must come again.
pub(crate) fn failures(ids: impl IntoIterator<Item = String>) -> Value {
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
