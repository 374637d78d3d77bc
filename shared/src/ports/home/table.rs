//! Writes of the home table: one item alone, under a condition on the epoch that was seen.

use super::HomeItem;
use crate::{
    kernel::backoff::Backoff,
    store::{Database, Item, StoreError, Table, encode, meter::Meter, partition, reason, units},
};
use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure},
};

/// Attempts while another region writes the same item.
const ROUNDS: u32 = 10;

impl Database {
    /// Puts the next state of a home, if the item has the epoch that was seen; the first, if there is none. What stands there
    /// already is no failure: an attempt whose answer was lost has put it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] with the item as it is where somebody else was first.
    pub async fn put_home(
        &self,
        meter: &Meter,
        next: &HomeItem,
        seen: Option<u64>,
    ) -> Result<(), StoreError> {
        let item = encode(&next.id, next, next.epoch).map_err(StoreError::Unavailable)?;
        let pk = partition(&next.id, HomeItem::KIND, next.id());
        let mut backoff = Backoff::new(&*self.clock);
        loop {
            meter.dynamodb(Table::Home, "PutItem");
            let request = self
                .client_of(meter, Table::Home, &pk)
                .await?
                .put_item()
                .table_name(self.named(Table::Home)?)
                .set_item(Some(item.clone()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let request = match seen {
                None => request.condition_expression("attribute_not_exists(pk)"),
                Some(epoch) => request
                    .condition_expression("#epoch = :seen")
                    .expression_attribute_names("#epoch", "epoch")
                    .expression_attribute_values(":seen", AttributeValue::N(epoch.to_string())),
            };
            match request.send().await {
                Ok(answer) => {
                    meter.write_units(units(&answer.consumed_capacity));
                    return Ok(());
                }
                Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                    let there = match e.into_err() {
                        PutItemError::ConditionalCheckFailedException(c) => c.item,
                        _ => None,
                    };
                    return if there.as_ref() == Some(&item) {
                        Ok(())
                    } else {
                        Err(StoreError::Condition(there.filter(|i| !i.is_empty())))
                    };
                }
                // Another region is writing the item at this moment.
                Err(e)
                    if e.code() == Some("ReplicatedWriteConflictException") && backoff.losses() < ROUNDS =>
                {
                    backoff.pause().await;
                }
                Err(e) => return Err(StoreError::Unavailable(reason(&e))),
            }
        }
    }
}
