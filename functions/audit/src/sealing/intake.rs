//! What comes in: records of the audit table's stream, and entries as they are read.

use super::plan::NewEntry;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    audit::{EntryItem, customers_in},
    ids::{EntryId, TenantId},
    store::{Item, TENANT_PREFIX},
};
use std::collections::BTreeMap;

/// The function whose entry asks for an export.
pub const CREATE_EXPORT: &str = "audit.create_export";

/// What the sealer needs to know of a body.
#[derive(Deserialize)]
struct Said {
    id: String,
    tenant: String,
    region: String,
    activity: String,
    outcome: String,
    object: Option<String>,
    address: Option<String>,
    #[serde(default)]
    policy_change: bool,
}

/// Looks at an entry. `None` for one of another region, which seals it itself.
///
/// # Errors
/// Why it cannot have been written by a function: it is not sealed.
pub fn admit(
    tenant: &TenantId,
    region: &str,
    id: &str,
    body: String,
) -> Result<Option<NewEntry>, &'static str> {
    let said: Said = serde_json::from_str(&body).map_err(|_| "its body does not parse")?;
    if said.id != id || EntryId::parse(id).is_err() {
        return Err("its body has another id");
    }
    if said.tenant != tenant.as_str() {
        return Err("its body has another tenant");
    }
    if said.region != region {
        return Ok(None);
    }
    // A repeated call leaves another entry about the same export, with the outcome `replayed`.
    let asks = said.activity == CREATE_EXPORT && said.outcome == "succeeded";
    Ok(Some(NewEntry {
        id: said.id,
        touched: customers_in(&body).into_iter().collect(),
        body,
        policy: said.policy_change,
        export: said.object.clone().filter(|_| asks),
        object: said.object,
        address: said.address,
    }))
}

/// Entries of one tenant, and the records that brought them.
#[derive(Debug, Default)]
pub struct Brought {
    /// The entries, in the order of the stream.
    pub entries: Vec<NewEntry>,
    /// Sequence numbers.
    pub records: Vec<String>,
}

/// A batch of stream records, sorted out.
#[derive(Debug, Default)]
pub struct Intake {
    /// What is to be sealed.
    pub tenants: BTreeMap<TenantId, Brought>,
    /// Items that were changed or removed, which nobody may do.
    pub tampered: Vec<Tampered>,
    /// Items that are no entries although they stand where entries do, and why.
    pub malformed: Vec<(String, &'static str)>,
}

/// A record that must not be.
#[derive(Debug, PartialEq, Eq)]
pub struct Tampered {
    /// `MODIFY` or `REMOVE`.
    pub event: String,
    /// Partition key and sort key.
    pub key: String,
    /// Whose item, and which entry's, as far as the key tells.
    pub entry: Option<(TenantId, String)>,
    /// Everything about the record but its number: what tells one tampering from another, and not from its repetition.
    pub images: String,
}

/// A text attribute of an item in a stream record.
pub(crate) fn text<'v>(image: &'v Value, name: &str) -> Option<&'v str> {
    image.get(name)?.get("S")?.as_str()
}

/// The tenant and the id in a partition key of an entry.
pub(crate) fn owner(pk: &str) -> Option<(TenantId, &str)> {
    let mut parts = pk.strip_prefix(TENANT_PREFIX)?.splitn(3, '#');
    let tenant = TenantId::parse(parts.next()?).ok()?;
    (parts.next()? == EntryItem::KIND).then_some(())?;
    Some((tenant, parts.next()?))
}

/// The region whose entry an item was before it was changed or removed.
fn origin(change: &Value) -> Option<String> {
    let body: Value = serde_json::from_str(text(change.get("OldImage")?, "body")?).ok()?;
    Some(body.get("region")?.as_str()?.to_owned())
}

/// Sorts out an event of the audit table's stream, as Lambda hands it over.
///
/// # Errors
/// When it is no such event.
pub fn read(event: &Value, region: &str) -> Result<Intake, String> {
    let records = event
        .get("Records")
        .and_then(Value::as_array)
        .ok_or("not an event of a stream")?;
    let mut intake = Intake::default();
    for record in records {
        let change = record.get("dynamodb").unwrap_or(&Value::Null);
        let keys = change.get("Keys").unwrap_or(&Value::Null);
        let (pk, sk) = (
            text(keys, "pk").unwrap_or_default(),
            text(keys, "sk").unwrap_or_default(),
        );
        let event = record
            .get("eventName")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if event != "INSERT" {
            // Both regions' streams bring it; the one whose entry it was tells of it. Where that cannot be seen, both do.
            if origin(change).is_some_and(|origin| origin != region) {
                continue;
            }
            intake.tampered.push(Tampered {
                event: event.to_owned(),
                key: format!("{pk}/{sk}"),
                entry: owner(pk).map(|(tenant, id)| (tenant, id.to_owned())),
                images: json!([change.get("OldImage"), change.get("NewImage")]).to_string(),
            });
            continue;
        }
        let Some((tenant, id)) = owner(pk) else {
            intake
                .malformed
                .push((pk.to_owned(), "it has no key of an entry"));
            continue;
        };
        if sk != "-" {
            continue; // A chunk: the entry holds its hash.
        }
        let body = change
            .get("NewImage")
            .and_then(|image| text(image, "body"))
            .unwrap_or_default();
        match admit(&tenant, region, id, body.to_owned()) {
            Err(why) => intake.malformed.push((pk.to_owned(), why)),
            Ok(None) => {}
            Ok(Some(entry)) => {
                let brought = intake.tenants.entry(tenant).or_default();
                brought.entries.push(entry);
                let number = change
                    .get("SequenceNumber")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                brought.records.push(number.to_owned());
            }
        }
    }
    Ok(intake)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
    const ENTRY: &str = "aud_01JD3X8M9V5T2Q4R6S8W0Y1Z2B";

    fn body(change: &[(&str, Value)]) -> String {
        let mut body = json!({"id": ENTRY, "tenant": TENANT, "region": "eu-central-1",
            "activity": "billing.read_customer", "outcome": "succeeded", "details": {}});
        for (name, value) in change {
            body[*name] = value.clone();
        }
        body.to_string()
    }

    fn record(event: &str, sk: &str, body: &str, number: &str) -> Value {
        json!({"eventName": event, "dynamodb": {
            "Keys": {"pk": {"S": format!("T#{TENANT}#audit-entry#{ENTRY}")}, "sk": {"S": sk}},
            "NewImage": {"body": {"S": body}, "id": {"S": ENTRY}, "rev": {"N": "1"}},
            "SequenceNumber": number}})
    }

    #[test]
    fn a_stream_event_is_sorted_out() {
        let event = json!({"Records": [
            record("INSERT", "-", &body(&[]), "1"),
            record("INSERT", "chunk#0000", "", "2"),
            record("INSERT", "-", &body(&[("region", json!("us-east-1"))]), "3"),
            record("MODIFY", "-", &body(&[]), "4"),
            record("REMOVE", "chunk#0000", "gone", "5"),
            record("INSERT", "-", "{", "6"),
            record("INSERT", "-", &body(&[("tenant", json!("ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2C"))]), "7"),
            {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "T#x#audit-entry#y"}, "sk": {"S": "-"}}}},
        ]});
        let intake = read(&event, "eu-central-1").unwrap();
        let brought = &intake.tenants[&TenantId::parse(TENANT).unwrap()];
        assert_eq!((intake.tenants.len(), brought.entries.len()), (1, 1));
        assert_eq!(brought.records, ["1"]);
        assert_eq!(
            brought.entries[0],
            NewEntry {
                id: ENTRY.into(),
                body: body(&[]),
                policy: false,
                export: None,
                object: None,
                address: None,
                touched: Vec::new(),
            }
        );
        let tampered: Vec<&str> = intake.tampered.iter().map(|t| t.event.as_str()).collect();
        assert_eq!(tampered, ["MODIFY", "REMOVE"]);
        let named = intake
            .tampered
            .iter()
            .map(|t| t.entry.as_ref().map(|(_, id)| id.as_str()));
        assert!(named.into_iter().all(|id| id == Some(ENTRY)));
        assert_ne!(intake.tampered[0].images, intake.tampered[1].images);
        assert!(
            intake.tampered[0]
                .key
                .ends_with(&format!("#audit-entry#{ENTRY}/-"))
        );
        assert_eq!(intake.malformed.len(), 3);
        assert!(read(&json!({}), "eu-central-1").is_err());
    }

    #[test]
    fn a_tampering_is_told_by_the_region_whose_entry_it_was_and_by_both_where_that_is_not_seen() {
        let told = |old: &str, region: &str| {
            let mut record = record("REMOVE", "-", "", "1");
            record["dynamodb"]["OldImage"] = json!({"body": {"S": old}});
            let event = json!({"Records": [record]});
            read(&event, region).unwrap().tampered.len()
        };
        let entry = body(&[]);
        assert_eq!((told(&entry, "eu-central-1"), told(&entry, "eu-west-1")), (1, 0));
        for unseen in ["{", "{}", ""] {
            assert_eq!(told(unseen, "eu-west-1"), 1, "{unseen}");
        }
    }

    #[test]
    fn only_the_call_that_made_an_export_asks_for_it() {
        let tenant = TenantId::parse(TENANT).unwrap();
        let export = |outcome: &str, activity: &str| {
            let body = body(&[
                ("activity", json!(activity)),
                ("outcome", json!(outcome)),
                ("object", json!("exp_1")),
            ]);
            admit(&tenant, "eu-central-1", ENTRY, body)
                .unwrap()
                .unwrap()
                .export
        };
        assert_eq!(export("succeeded", CREATE_EXPORT).as_deref(), Some("exp_1"));
        assert_eq!(export("replayed", CREATE_EXPORT), None);
        assert_eq!(export("succeeded", "audit.read_export"), None);
    }
}
