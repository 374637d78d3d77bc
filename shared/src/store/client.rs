//! The DynamoDB client behind the store: few operations, each counted, with retries under jitter. What the SDK does to send one is
//! boxed: its futures nest deeply, and those who call us would be more than the compiler looks into.

use super::{
    Table,
    item::{Attrs, Key, list_partition, partition},
    write::Update,
};
use crate::{
    kernel::{backoff::Backoff, ids::TenantId, problem::Problem, random, time::Clock},
    store::{data_role::Reach, meter::Meter},
};
use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        put_item::PutItemError, transact_write_items::TransactWriteItemsError, update_item::UpdateItemError,
    },
    types::{
        AttributeValue, ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity, ReturnValue,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    },
};
use aws_smithy_types::timeout::TimeoutConfig;
use futures::{FutureExt, future::BoxFuture};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Rounds of retry on throttling and transaction conflicts before the call answers 503.
const ROUNDS: u32 = 10;
/// Time after which a transaction that DynamoDB does not take is given up.
const PATIENCE: Duration = Duration::from_secs(8);
/// Names the reservation that an item was last updated by, so that one whose answer was lost is known again.
const RESERVED_BY: &str = "reserved_by";

/// How long the client of the tables tries to send one write, its own repetitions included, before the store looks at the permit
/// again.
pub const SENDING: Duration = Duration::from_secs(3);

/// What a write is sent under, such as the lease of a home region: it is looked at right before every attempt.
pub trait Permit: Send {
    /// Whether a write may be sent now; it may ask the table that it speaks of.
    ///
    /// # Errors
    /// Why nothing may be sent any more.
    fn stands<'a>(
        &'a mut self,
        database: &'a Database,
        meter: &'a Meter,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<(), String>>;
}

/// Demands nothing: for what each region writes for itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unguarded;

impl Permit for Unguarded {
    fn stands<'a>(
        &'a mut self,
        _: &'a Database,
        _: &'a Meter,
        _: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// DynamoDB did not do what was asked.
#[derive(Debug)]
pub enum StoreError {
    /// The condition of a single write failed; the item as it is, where there is one.
    Condition(Option<Attrs>),
    /// No answer, throttled for too long, or refused.
    Unavailable(String),
}

impl StoreError {
    /// What is answered where a call that set no condition fails.
    #[must_use]
    pub fn problem(self) -> Problem {
        match self {
            Self::Unavailable(why) => Problem::unavailable(why),
            Self::Condition(_) => Problem::internal(self.told()),
        }
    }

    /// What people are told of a call that set no condition.
    #[must_use]
    pub fn told(self) -> String {
        match self {
            Self::Unavailable(why) => why,
            Self::Condition(_) => "a condition where none was set".into(),
        }
    }
}

/// A transaction did not happen.
#[derive(Debug)]
pub enum TransactError {
    /// The conditions of these actions failed.
    Conditions(Vec<usize>),
    /// Not written, or no answer came that says whether it was.
    Unavailable(String),
}

/// One list to read.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The table.
    pub table: Table,
    /// Whose.
    pub tenant: &'a TenantId,
    /// Which list; `None` reads a partition of the table itself, named by `partition`.
    pub index: Option<u8>,
    /// The list's name, or kind and id of the partition.
    pub partition: String,
    /// Sort keys between these, inclusive.
    pub between: Option<(String, String)>,
    /// Newest first.
    pub descending: bool,
    /// At most this many.
    pub limit: i32,
    /// Where to go on.
    pub start: Option<Attrs>,
}

/// The pages of a list that are still to be read.
pub struct Pages<'a> {
    database: &'a Database,
    meter: &'a Meter,
    query: Option<Query<'a>>,
}

impl Pages<'_> {
    /// The next page; none after the last one.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn next(&mut self) -> Result<Option<Vec<Attrs>>, StoreError> {
        let Some(mut query) = self.query.take() else {
            return Ok(None);
        };
        let (items, start) = self.database.query(self.meter, query.clone()).await?;
        if start.is_some() {
            query.start = start;
            self.query = Some(query);
        }
        Ok(Some(items))
    }
}

/// The tables.
#[derive(Clone)]
pub struct Database {
    reach: Reach,
    names: Arc<HashMap<Table, String>>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Capacity units of an answer.
pub(crate) fn units<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed
        .into_iter()
        .filter_map(ConsumedCapacity::capacity_units)
        .sum()
}

pub(crate) fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(e) => format!("dynamodb: {}", e.err().code().unwrap_or("unknown")),
        SdkError::TimeoutError(_) => "dynamodb: timeout".into(),
        SdkError::DispatchFailure(_) => "dynamodb: not reachable".into(),
        _ => "dynamodb: no valid answer".into(),
    }
}

impl Database {
    /// Tables by their physical names.
    #[must_use]
    pub fn new(reach: Reach, names: HashMap<Table, String>, clock: Arc<dyn Clock>) -> Self {
        Self {
            reach,
            names: Arc::new(names),
            clock,
        }
    }

    /// The physical name of a table.
    ///
    /// # Errors
    /// When the function's environment does not name it.
    pub fn name(&self, table: Table) -> Result<&str, String> {
        self.names
            .get(&table)
            .map(String::as_str)
            .ok_or_else(|| format!("{} is not set", table.variable()))
    }

    pub(crate) fn named(&self, table: Table) -> Result<&str, StoreError> {
        self.name(table).map_err(StoreError::Unavailable)
    }

    /// The client that reaches these partition keys and no other tenant's.
    pub(crate) async fn client<'k>(
        &self,
        meter: &Meter,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Result<Client, StoreError> {
        let session = self.reach.to(meter, keys).await;
        session.map(|s| s.dynamodb).map_err(StoreError::Unavailable)
    }

    /// As [`Self::client`], of where a table is.
    pub(crate) async fn client_of(
        &self,
        meter: &Meter,
        table: Table,
        key: &str,
    ) -> Result<Client, StoreError> {
        let session = self
            .reach
            .to(meter, [key])
            .await
            .map_err(StoreError::Unavailable)?;
        Ok(match table {
            Table::Home => session.home,
            _ => session.dynamodb,
        })
    }

    /// The last look before something is sent.
    pub(super) async fn still(&self, meter: &Meter, permit: &mut dyn Permit) -> Result<(), String> {
        permit.stands(self, meter, &*self.clock).await
    }

    /// Opens the connection ahead of the first request, by a read of nothing in a table that the function reads.
    pub async fn warm(&self, table: Table) {
        let pk = partition(&TenantId::platform(), "warm", "-");
        let (Ok(name), Ok(client)) = (
            self.name(table),
            self.client(&Meter::default(), [pk.as_str()]).await,
        ) else {
            return;
        };
        let sk = "-".to_owned();
        let key = Key { table, pk, sk }.attributes();
        let _ = client.get_item().table_name(name).set_key(Some(key)).send().await;
    }

    /// Reads one item, strongly consistent.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn get(&self, meter: &Meter, key: &Key) -> Result<Option<Attrs>, StoreError> {
        meter.dynamodb(key.table, "GetItem");
        meter.items(1);
        let wait = meter.wait(&*self.clock);
        let sent = self
            .client_of(meter, key.table, &key.pk)
            .await?
            .get_item()
            .table_name(self.named(key.table)?)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await;
        drop(wait);
        let answer = sent.map_err(|e| StoreError::Unavailable(reason(&e)))?;
        meter.read_units(units(&answer.consumed_capacity));
        Ok(answer.item)
    }

    /// Reads up to 100 items of any tables in one call, strongly consistent. Absent ones are left out.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn batch_get(&self, meter: &Meter, keys: &[Key]) -> Result<HashMap<Key, Attrs>, StoreError> {
        let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
        let mut by_name: HashMap<String, Table> = HashMap::new();
        let mut unique: Vec<&Key> = keys.iter().collect();
        unique.sort();
        unique.dedup();
        meter.items(unique.len());
        for table in Table::ALL {
            let of_table: Vec<Attrs> = unique
                .iter()
                .filter(|k| k.table == table)
                .map(|k| k.attributes())
                .collect();
            if !of_table.is_empty() {
                meter.dynamodb_table(table, "BatchGetItem");
                let name = self.named(table)?.to_owned();
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(of_table))
                    .consistent_read(true)
                    .build();
                wanted.insert(
                    name.clone(),
                    keys.map_err(|e| StoreError::Unavailable(e.to_string()))?,
                );
                by_name.insert(name, table);
            }
        }
        let mut found = HashMap::new();
        let mut backoff = Backoff::new(&*self.clock);
        while backoff.losses() < ROUNDS {
            if wanted.is_empty() {
                return Ok(found);
            }
            meter.call();
            let wait = meter.wait(&*self.clock);
            let sent = self
                .client(meter, unique.iter().map(|k| k.pk.as_str()))
                .await?
                .batch_get_item()
                .set_request_items(Some(wanted))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .boxed()
                .await;
            drop(wait);
            let answer = sent.map_err(|e| StoreError::Unavailable(reason(&e)))?;
            meter.read_units(units(answer.consumed_capacity()));
            for (name, items) in answer.responses.unwrap_or_default() {
                let Some(table) = by_name.get(&name) else { continue };
                for attributes in items {
                    if let (Some(AttributeValue::S(pk)), Some(AttributeValue::S(sk))) =
                        (attributes.get("pk"), attributes.get("sk"))
                    {
                        found.insert(
                            Key {
                                table: *table,
                                pk: pk.clone(),
                                sk: sk.clone(),
                            },
                            attributes,
                        );
                    }
                }
            }
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if !wanted.is_empty() {
                backoff.pause().await;
            }
        }
        Err(StoreError::Unavailable("dynamodb: throttled".into()))
    }

    /// Reads a page of a list.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn query(
        &self,
        meter: &Meter,
        q: Query<'_>,
    ) -> Result<(Vec<Attrs>, Option<Attrs>), StoreError> {
        self.query_where(meter, q, &[]).await
    }

    /// Reads a page of a list, of which DynamoDB hands out only items with these texts. The limit counts what it
    /// looks at.
    ///
    /// # Errors
    /// When DynamoDB does not answer.
    pub async fn query_where(
        &self,
        meter: &Meter,
        q: Query<'_>,
        equal: &[(&str, String)],
    ) -> Result<(Vec<Attrs>, Option<Attrs>), StoreError> {
        meter.dynamodb(q.table, "Query");
        let (pk, sk) = match q.index {
            Some(n) => (format!("gsi{n}pk"), format!("gsi{n}sk")),
            None => ("pk".to_owned(), "sk".to_owned()),
        };
        let list = list_partition(q.tenant, &q.partition);
        let wait = meter.wait(&*self.clock);
        let client = self.client(meter, [list.as_str()]).await?;
        let mut request = client
            .query()
            .table_name(self.named(q.table)?)
            .set_index_name(q.index.map(|n| format!("gsi{n}")))
            .set_consistent_read(q.index.is_none().then_some(true))
            .scan_index_forward(!q.descending)
            .limit(q.limit)
            .set_exclusive_start_key(q.start)
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", AttributeValue::S(list));
        let mut condition = "#pk = :pk".to_owned();
        if let Some((from, to)) = q.between {
            condition.push_str(" AND #sk BETWEEN :from AND :to");
            request = request
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":from", AttributeValue::S(from))
                .expression_attribute_values(":to", AttributeValue::S(to));
        }
        let mut filters = Vec::new();
        for (n, (name, value)) in equal.iter().enumerate() {
            filters.push(format!("#f{n} = :f{n}"));
            request = request
                .expression_attribute_names(format!("#f{n}"), *name)
                .expression_attribute_values(format!(":f{n}"), AttributeValue::S(value.clone()));
        }
        let sent = request
            .set_filter_expression((!filters.is_empty()).then(|| filters.join(" AND ")))
            .key_condition_expression(condition)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await;
        drop(wait);
        let answer = sent.map_err(|e| StoreError::Unavailable(reason(&e)))?;
        meter.read_units(units(&answer.consumed_capacity));
        let items = answer.items.unwrap_or_default();
        meter.items(items.len());
        Ok((items, answer.last_evaluated_key.filter(|k| !k.is_empty())))
    }

    /// Reads a list to its end, page after page.
    pub fn pages<'a>(&'a self, meter: &'a Meter, query: Query<'a>) -> Pages<'a> {
        Pages {
            database: self,
            meter,
            query: Some(query),
        }
    }

    /// Writes one new item, refused if its key is taken: how audit entries of reads are appended. An attempt
    /// whose answer was lost and that took effect all the same is recognised by what stands there.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the key is taken.
    pub async fn put_new(&self, meter: &Meter, table: Table, attributes: Attrs) -> Result<(), StoreError> {
        meter.dynamodb(table, "PutItem");
        if table == Table::Audit {
            meter.for_audit();
        }
        let wait = meter.wait(&*self.clock);
        let sent = self
            .client(meter, partition_of(&attributes))
            .await?
            .put_item()
            .table_name(self.named(table)?)
            .set_item(Some(attributes.clone()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await;
        drop(wait);
        match sent {
            Ok(answer) => {
                meter.write_units(units(&answer.consumed_capacity));
                Ok(())
            }
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                let there = match e.into_err() {
                    PutItemError::ConditionalCheckFailedException(c) => c.item,
                    _ => None,
                };
                if there.as_ref() == Some(&attributes) {
                    Ok(())
                } else {
                    Err(StoreError::Condition(there))
                }
            }
            Err(e) => Err(StoreError::Unavailable(reason(&e))),
        }
    }

    /// One conditional update that gives the item as it is afterwards: how attempts are reserved. Each attempt is sent only while
    /// the permit stands.
    ///
    /// # Errors
    /// [`StoreError::Condition`] with the item as it is when the condition fails.
    pub async fn update(
        &self,
        meter: &Meter,
        permit: &mut dyn Permit,
        key: &Key,
        update: &Update,
    ) -> Result<Attrs, StoreError> {
        meter.dynamodb(key.table, "UpdateItem");
        let name = hex::encode(random::bytes::<16>());
        let mine = AttributeValue::S(name.clone());
        // The SDK repeats a call that it got no answer to; what it has done must not be done again.
        let update = update.clone().add("rev", 1).text(RESERVED_BY, &name).when(
            "attribute_not_exists(#reserved_by) OR #reserved_by <> :reserved_by",
            &[(":reserved_by", mine.clone())],
        );
        let end = self.clock.monotonic().saturating_add(PATIENCE);
        let mut backoff = Backoff::new(&*self.clock);
        while backoff.losses() < ROUNDS {
            let wait = meter.wait(&*self.clock);
            let client = self.client(meter, [key.pk.as_str()]).await?;
            self.still(meter, permit).await.map_err(StoreError::Unavailable)?;
            let sent = client
                .update_item()
                .table_name(self.named(key.table)?)
                .set_key(Some(key.attributes()))
                .update_expression(update.expression())
                .set_condition_expression(update.condition())
                .set_expression_attribute_names(Some(update.names()))
                .set_expression_attribute_values(Some(update.values()))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .customize()
                .config_override(sending())
                .send()
                .boxed()
                .await;
            drop(wait);
            match sent {
                Ok(answer) => {
                    meter.write_units(units(&answer.consumed_capacity));
                    return Ok(answer.attributes.unwrap_or_default());
                }
                Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                    let item = match e.into_err() {
                        UpdateItemError::ConditionalCheckFailedException(c) => c.item,
                        _ => None,
                    };
                    if let Some(done) = item.as_ref().filter(|i| i.get(RESERVED_BY) == Some(&mine)) {
                        return Ok(done.clone());
                    }
                    return Err(StoreError::Condition(item.filter(|i| !i.is_empty())));
                }
                Err(SdkError::ServiceError(e)) if e.err().is_transaction_conflict_exception() => {
                    backoff.pause().await;
                }
                // Whether it took effect is told by who it was done by.
                Err(SdkError::TimeoutError(_)) if self.clock.monotonic() < end => backoff.pause().await,
                Err(e) => return Err(StoreError::Unavailable(reason(&e))),
            }
        }
        Err(StoreError::Unavailable("dynamodb: conflicts".into()))
    }

    /// All or nothing, at most 100 actions, sent only while the permit stands. Every attempt bears the same token, so that one whose answer was
    /// lost takes effect once, and a repetition is answered as it was.
    ///
    /// # Errors
    /// Which conditions failed, or that DynamoDB did not take it or did not say so.
    pub async fn transact(
        &self,
        meter: &Meter,
        permit: &mut dyn Permit,
        tables: &[Table],
        actions: Vec<TransactWriteItem>,
    ) -> Result<(), TransactError> {
        if tables.contains(&Table::Home) {
            return Err(TransactError::Unavailable(
                "the home table knows no transactions".into(),
            ));
        }
        meter.call();
        if tables == [Table::Audit] {
            meter.for_audit();
        }
        for table in tables {
            meter.dynamodb_table(*table, "TransactWriteItems");
        }
        let token = hex::encode(random::bytes::<16>());
        let end = self.clock.monotonic().saturating_add(PATIENCE);
        let mut backoff = Backoff::new(&*self.clock);
        loop {
            let wait = meter.wait(&*self.clock);
            let session = self.reach.to(meter, actions.iter().flat_map(partitions)).await;
            let client = session.map_err(TransactError::Unavailable)?.dynamodb;
            self.still(meter, permit)
                .await
                .map_err(TransactError::Unavailable)?;
            let sent = client
                .transact_write_items()
                .client_request_token(&token)
                .set_transact_items(Some(actions.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .customize()
                .config_override(sending())
                .send()
                .boxed()
                .await;
            drop(wait);
            let why = match sent {
                Ok(answer) => {
                    meter.write_units(units(answer.consumed_capacity()));
                    return Ok(());
                }
                Err(e) => match outcome(&e) {
                    Verdict::Conditions(which) => return Err(TransactError::Conditions(which)),
                    Verdict::Final(why) => return Err(TransactError::Unavailable(why)),
                    Verdict::Again(why) => why,
                },
            };
            if backoff.losses() >= ROUNDS || self.clock.monotonic() >= end {
                return Err(TransactError::Unavailable(why));
            }
            backoff.pause().await;
        }
    }
}

/// For writes that are sent under a permit: they are given up before the wait of a take-over counts on it.
pub(super) fn sending() -> aws_sdk_dynamodb::config::Builder {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(SENDING)
        .operation_timeout(SENDING)
        .build();
    aws_sdk_dynamodb::config::Builder::new().timeout_config(timeouts)
}

/// The partition key among attributes.
pub(crate) fn partition_of(attributes: &Attrs) -> Option<&str> {
    attributes
        .get("pk")
        .and_then(|pk| pk.as_s().ok())
        .map(String::as_str)
}

/// The partition key of an action, whatever it is.
fn partitions(action: &TransactWriteItem) -> impl Iterator<Item = &str> {
    let put = action.put().map(|a| a.item());
    let update = action.update().map(|a| a.key());
    let delete = action.delete().map(|a| a.key());
    let check = action.condition_check().map(|a| a.key());
    let there = [put, update, delete, check].into_iter().flatten();
    there.filter_map(partition_of)
}

enum Verdict {
    Conditions(Vec<usize>),
    Again(String),
    Final(String),
}

fn outcome(error: &SdkError<TransactWriteItemsError>) -> Verdict {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            let codes: Vec<&str> = canceled
                .cancellation_reasons()
                .iter()
                .map(|r| r.code().unwrap_or("None"))
                .collect();
            let failed: Vec<usize> = codes
                .iter()
                .enumerate()
                .filter(|(_, c)| **c == "ConditionalCheckFailed")
                .map(|(i, _)| i)
                .collect();
            if !failed.is_empty() {
                return Verdict::Conditions(failed);
            }
            let passing = [
                "None",
                "TransactionConflict",
                "ThrottlingError",
                "ProvisionedThroughputExceeded",
            ];
            if codes.iter().all(|c| passing.contains(c)) {
                Verdict::Again(format!("dynamodb: transaction {codes:?}"))
            } else {
                Verdict::Final(format!("dynamodb: transaction {codes:?}"))
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
            Verdict::Again("dynamodb: transaction in progress".into())
        }
        Some(e) if passes(e.code(), error.raw_response().map(|r| r.status().as_u16())) => {
            Verdict::Again(reason(error))
        }
        Some(_) => Verdict::Final(reason(error)),
        None if matches!(error, SdkError::ConstructionFailure(_)) => Verdict::Final(reason(error)),
        // Whether it took effect is not known; under the same token it may be sent again.
        None => Verdict::Again(reason(error)),
    }
}

/// Whether DynamoDB refuses only for now.
fn passes(code: Option<&str>, status: Option<u16>) -> bool {
    let throttled = [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
    ];
    code.is_some_and(|c| throttled.contains(&c)) || status.is_some_and(|s| s >= 500)
}
