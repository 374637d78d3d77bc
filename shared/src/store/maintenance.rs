//! What only maintenance may do: go through a whole table segment by segment, and put a changed item back.

use super::{
    Attrs, Item, Key, StoreError, TENANT_PREFIX, Table,
    client::{Database, Permit, partition_of, reason, sending, units},
};
use crate::{kernel::ids::TenantId, store::meter::Meter};
use aws_sdk_dynamodb::{
    error::SdkError,
    types::{AttributeValue, ReturnConsumedCapacity},
};

/// A part of a table, as parallel scans divide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which, from 0.
    pub number: i32,
    /// Of how many.
    pub of: i32,
}

/// A page of a segment.
pub struct Swept {
    /// Items of the tenant, as they are kept.
    pub items: Vec<Attrs>,
    /// After which key the segment goes on: partition and sort key. `None` at its end.
    pub next: Option<(String, String)>,
    /// Capacity units that the page took.
    pub units: f64,
}

impl Database {
    /// Reads a page of a segment, strongly consistent, and gives what belongs to the tenant. `limit` counts the items
    /// that are looked at, whosever they are.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub(crate) async fn sweep(
        &self,
        meter: &Meter,
        table: Table,
        tenant: &TenantId,
        segment: Segment,
        start: Option<&(String, String)>,
        limit: i32,
    ) -> Result<Swept, StoreError> {
        meter.dynamodb(table, "Scan");
        let wait = meter.wait(&*self.clock);
        let start = start.map(|(pk, sk)| {
            let (table, pk, sk) = (table, pk.clone(), sk.clone());
            Key { table, pk, sk }.attributes()
        });
        let whose = format!("{TENANT_PREFIX}{tenant}#");
        let sent = self
            .client(meter, [whose.as_str()])
            .await?
            .scan()
            .table_name(self.named(table)?)
            .segment(segment.number)
            .total_segments(segment.of)
            .consistent_read(true)
            .limit(limit)
            .set_exclusive_start_key(start)
            .filter_expression("begins_with(#pk, :tenant)")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_values(":tenant", AttributeValue::S(whose.clone()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        drop(wait);
        let answer = sent.map_err(|e| StoreError::Unavailable(reason(&e)))?;
        let units = units(&answer.consumed_capacity);
        meter.read_units(units);
        let text = |key: &Attrs, name: &str| match key.get(name) {
            Some(AttributeValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        let last = answer.last_evaluated_key.filter(|k| !k.is_empty());
        Ok(Swept {
            next: last.and_then(|key| Some((text(&key, "pk")?, text(&key, "sk")?))),
            items: answer.items.unwrap_or_default(),
            units,
        })
    }

    /// Puts an item back with the next revision, if it is still what was read; `false` when it is not. Everything
    /// else of it stays: index keys, expiry, and the id of its last audit entry. Gives the units that it took, too.
    ///
    /// # Errors
    /// When DynamoDB does not answer; the item may have been put all the same.
    pub(crate) async fn put_back(
        &self,
        meter: &Meter,
        permit: &mut dyn Permit,
        table: Table,
        mut attributes: Attrs,
    ) -> Result<(bool, f64), StoreError> {
        meter.dynamodb(table, "PutItem");
        let seen = match attributes.get("rev") {
            Some(AttributeValue::N(n)) => n.parse::<u64>().ok(),
            _ => None,
        };
        let seen = seen.ok_or_else(|| StoreError::Unavailable("an item without a revision".into()))?;
        let number = |n: u64| AttributeValue::N(n.to_string());
        attributes.insert("rev".into(), number(seen.saturating_add(1)));
        let wait = meter.wait(&*self.clock);
        let client = self.client(meter, partition_of(&attributes)).await?;
        self.still(meter, permit).await.map_err(StoreError::Unavailable)?;
        let sent = client
            .put_item()
            .table_name(self.named(table)?)
            .set_item(Some(attributes))
            .condition_expression("rev = :rev")
            .expression_attribute_values(":rev", number(seen))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .customize()
            .config_override(sending())
            .send()
            .await;
        drop(wait);
        match sent {
            Ok(answer) => {
                let units = units(&answer.consumed_capacity);
                meter.write_units(units);
                Ok((true, units))
            }
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                Ok((false, 1.0))
            }
            Err(e) => Err(StoreError::Unavailable(reason(&e))),
        }
    }
}

/// An item as kept, with what differs between two states of it changed.
///
/// # Errors
/// When a state does not encode.
pub(crate) fn patched<T: Item>(raw: &Attrs, old: &T, new: &T) -> Result<Attrs, String> {
    let told = |_| format!("a {} does not encode", T::KIND);
    let before: Attrs = serde_dynamo::to_item(old).map_err(told)?;
    let after: Attrs = serde_dynamo::to_item(new).map_err(told)?;
    let mut patched = raw.clone();
    for (name, value) in after {
        if before.get(&name) == Some(&value) {
            continue;
        }
        match value {
            AttributeValue::Null(_) => drop(patched.remove(&name)),
            value => drop(patched.insert(name, value)),
        }
    }
    Ok(patched)
}
