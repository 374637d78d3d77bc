//! What only take-over may do: shut gates, and put items into one region as the other keeps them.

use super::GateItem;
use crate::{
    kernel::ids::TenantId,
    store::{Attrs, Database, Item, Key, StoreError, Table, encode, meter::Meter, partition_of, reason},
};
use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};
use std::collections::HashMap;

fn number(n: u64) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

/// The condition that an item is what was seen, or is not there.
fn as_seen(seen: Option<u64>) -> (&'static str, Option<Attrs>) {
    match seen {
        None => ("attribute_not_exists(pk)", None),
        Some(rev) => (
            "rev = :seen",
            Some(HashMap::from([(":seen".to_owned(), number(rev))])),
        ),
    }
}

/// What became of a conditional write: `false` where its condition failed.
fn unless_changed<T, E: ProvideErrorMetadata>(sent: Result<T, SdkError<E>>) -> Result<bool, StoreError> {
    match sent {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(e)) if e.err().code() == Some("ConditionalCheckFailedException") => {
            Ok(false)
        }
        Err(e) => Err(StoreError::Unavailable(reason(&e))),
    }
}

impl Database {
    /// Shuts a gate for older epochs; one that is shut for newer ones stays.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn shut(&self, meter: &Meter, tenant: &TenantId, gate: &GateItem) -> Result<(), StoreError> {
        let item = encode(tenant, gate, gate.epoch).map_err(StoreError::Unavailable)?;
        let values = Some(HashMap::from([(":new".to_owned(), number(gate.epoch))]));
        let condition = "attribute_not_exists(pk) OR epoch < :new";
        self.put_if(meter, GateItem::TABLE, item, condition, values)
            .await
            .map(drop)
    }

    /// Puts an item as the other region keeps it, if this region's is what was seen; `false` where it is not.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn put_copy(
        &self,
        meter: &Meter,
        table: Table,
        item: Attrs,
        seen: Option<u64>,
    ) -> Result<bool, StoreError> {
        let (condition, values) = as_seen(seen);
        self.put_if(meter, table, item, condition, values).await
    }

    /// Removes an item that the other region has removed, if this region's is what was seen; `false` where it is not.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn remove_copy(&self, meter: &Meter, key: &Key, seen: u64) -> Result<bool, StoreError> {
        meter.dynamodb(key.table, "DeleteItem");
        let (condition, values) = as_seen(Some(seen));
        let sent = self
            .client(meter, [key.pk.as_str()])
            .await?
            .delete_item()
            .table_name(self.named(key.table)?)
            .set_key(Some(key.attributes()))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .send()
            .await;
        unless_changed(sent)
    }

    async fn put_if(
        &self,
        meter: &Meter,
        table: Table,
        item: Attrs,
        condition: &str,
        values: Option<Attrs>,
    ) -> Result<bool, StoreError> {
        meter.dynamodb(table, "PutItem");
        let sent = self
            .client(meter, partition_of(&item))
            .await?
            .put_item()
            .table_name(self.named(table)?)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .send()
            .await;
        unless_changed(sent)
    }
}
