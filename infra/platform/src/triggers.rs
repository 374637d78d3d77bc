//! Streams, queues and schedules, as the templates wire them.

use super::apps::Apps;
use aws_config::SdkConfig;
use aws_sdk_dynamodbstreams::{
    Client,
    types::{AttributeValue, OperationType, Record, ShardIteratorType},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use shared::{
    app::{App, Endpoints},
    store::Table,
    worker::{self, Worker},
};
use standins::Emulator;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use topology::Topology;

/// How long a reader waits when a stream has nothing new.
const IDLE: Duration = Duration::from_millis(100);
/// How long a failed trigger waits.
const FAILED: Duration = Duration::from_secs(1);
/// Batches of one queue that run at the same time.
const QUEUE_WORKERS: usize = 4;

fn find(name: &str) -> Result<&'static Worker, String> {
    super::worker(name).ok_or_else(|| format!("the templates name {name}, which no crate declares"))
}

/// Starts every trigger.
pub fn start(
    apps: &Apps,
    sdk: &SdkConfig,
    endpoints: &Endpoints,
    topology: &Topology,
    emulator: &Arc<Emulator>,
    data_dir: &Path,
) -> Result<(), String> {
    let mut conf = aws_sdk_dynamodbstreams::config::Builder::from(sdk);
    conf.set_endpoint_url(endpoints.dynamodb.clone());
    let client = Client::from_conf(conf.build());
    for trigger in &topology.streams {
        let worker = find(&trigger.function)?;
        let table = Table::ALL
            .into_iter()
            .find(|t| t.name() == trigger.table)
            .ok_or_else(|| format!("{}: there is no table {}", trigger.function, trigger.table))?;
        let name = apps.config().tables.get(&table).cloned().unwrap_or_default();
        let position = data_dir
            .join("streams")
            .join(format!("{}-{}", worker.name, table.name()));
        let reader = Reader {
            app: apps.of(worker.name)?,
            client: client.clone(),
            worker,
            table: name,
            position,
            batch: trigger.batch,
        };
        tokio::spawn(reader.run());
    }
    for trigger in &topology.queues {
        let worker = find(&trigger.function)?;
        for _ in 0..QUEUE_WORKERS {
            tokio::spawn(queue(
                apps.of(worker.name)?,
                emulator.clone(),
                worker,
                trigger.queue.clone(),
                trigger.batch as usize,
            ));
        }
    }
    for trigger in &topology.schedules {
        let worker = find(&trigger.function)?;
        let every = rate(&trigger.expression).ok_or_else(|| {
            format!(
                "{}: cannot run the schedule {}",
                trigger.function, trigger.expression
            )
        })?;
        tokio::spawn(schedule(apps.of(worker.name)?, worker, every));
    }
    Ok(())
}

/// `rate(5 minutes)` as a duration.
fn rate(expression: &str) -> Option<Duration> {
    let (n, unit) = expression
        .strip_prefix("rate(")?
        .strip_suffix(')')?
        .split_once(' ')?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3600,
        "day" => 86400,
        _ => return None,
    };
    Some(Duration::from_secs(n.parse::<u64>().ok()?.checked_mul(seconds)?))
}

async fn schedule(app: Arc<App>, worker: &'static Worker, every: Duration) {
    loop {
        let event = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {},
            "time": shared::time::rfc3339(app.clock.now())});
        if let Err(why) = worker::run(app.clone(), worker, event).await {
            tracing::error!(worker = worker.name, why, "a scheduled run failed");
        }
        app.clock.sleep(every).await;
    }
}

async fn queue(app: Arc<App>, emulator: Arc<Emulator>, worker: &'static Worker, queue: String, batch: usize) {
    loop {
        let messages = emulator.queues.receive(&queue, batch.clamp(1, 10)).await;
        if messages.is_empty() {
            continue;
        }
        let records: Vec<Value> = messages
            .iter()
            .map(|m| {
                json!({"messageId": m.id, "receiptHandle": m.receipt, "body": m.body, "eventSource": "aws:sqs",
                    "attributes": {"ApproximateReceiveCount": m.receive_count.to_string()}})
            })
            .collect();
        let result = worker::run(app.clone(), worker, json!({"Records": records})).await;
        match result {
            Err(why) => {
                // Nothing is acknowledged: the messages come back after their visibility timeout.
                tracing::error!(worker = worker.name, why, "a batch failed");
            }
            Ok(answer) => {
                let failed = failures(&answer);
                for message in messages.iter().filter(|m| !failed.contains(&m.id)) {
                    emulator.queues.ack(&queue, &message.receipt);
                }
            }
        }
    }
}

fn failures(answer: &Value) -> Vec<String> {
    let list = answer
        .get("batchItemFailures")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    list.iter()
        .filter_map(|f| f.get("itemIdentifier").and_then(Value::as_str).map(str::to_owned))
        .collect()
}

struct Reader {
    app: Arc<App>,
    client: Client,
    worker: &'static Worker,
    table: String,
    position: PathBuf,
    batch: u32,
}

impl Reader {
    async fn run(self) {
        loop {
            if let Err(why) = self.follow().await {
                tracing::warn!(
                    worker = self.worker.name,
                    table = self.table,
                    why,
                    "a stream is read again"
                );
                self.app.clock.sleep(FAILED).await;
            }
        }
    }

    /// Follows the stream's shards from the kept position until something fails.
    async fn follow(&self) -> Result<(), String> {
        let streams = self
            .client
            .list_streams()
            .table_name(&self.table)
            .send()
            .await
            .map_err(text)?;
        let arn = streams
            .streams()
            .first()
            .and_then(|s| s.stream_arn())
            .ok_or("the table has no stream")?
            .to_owned();
        let described = self
            .client
            .describe_stream()
            .stream_arn(&arn)
            .send()
            .await
            .map_err(text)?;
        let shard = described
            .stream_description()
            .and_then(|d| d.shards().last())
            .and_then(|s| s.shard_id())
            .ok_or("the stream has no shard")?
            .to_owned();
        let mut after = std::fs::read_to_string(&self.position)
            .ok()
            .filter(|s| !s.is_empty());
        let mut iterator = self.iterator(&arn, &shard, after.as_deref()).await?;
        loop {
            let batch = i32::try_from(self.batch.clamp(1, 1000)).unwrap_or(100);
            let got = self
                .client
                .get_records()
                .shard_iterator(&iterator)
                .limit(batch)
                .send()
                .await
                .map_err(text)?;
            let records = got.records();
            if records.is_empty() {
                self.app.clock.sleep(IDLE).await;
            } else {
                after = self.hand_over(&arn, records).await?.or(after);
                if let Some(sequence) = &after {
                    self.keep(sequence)?;
                }
            }
            iterator = match got.next_shard_iterator() {
                Some(next) => next.to_owned(),
                None => self.iterator(&arn, &shard, after.as_deref()).await?,
            };
        }
    }

    async fn iterator(&self, arn: &str, shard: &str, after: Option<&str>) -> Result<String, String> {
        let kind = if after.is_some() {
            ShardIteratorType::AfterSequenceNumber
        } else {
            ShardIteratorType::TrimHorizon
        };
        let got = self
            .client
            .get_shard_iterator()
            .stream_arn(arn)
            .shard_id(shard)
            .shard_iterator_type(kind)
            .set_sequence_number(after.map(str::to_owned))
            .send()
            .await
            .map_err(text)?;
        got.shard_iterator()
            .map(str::to_owned)
            .ok_or_else(|| "no shard iterator".to_owned())
    }

    /// Gives records to the worker until all are done; the sequence number of the last one.
    async fn hand_over(&self, arn: &str, records: &[Record]) -> Result<Option<String>, String> {
        let mut events: Vec<Value> = records
            .iter()
            .map(|r| lambda_record(r, arn, &self.app.config.region))
            .collect();
        let last = records
            .last()
            .and_then(|r| r.dynamodb())
            .and_then(|d| d.sequence_number())
            .map(str::to_owned);
        for _ in 0..50 {
            let run = worker::run(self.app.clone(), self.worker, json!({"Records": events})).await;
            match run {
                Ok(answer) => {
                    let failed = failures(&answer);
                    // The first failure and everything after it comes again, as Lambda does it.
                    let at = events.iter().position(|e| {
                        let sequence = e.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str);
                        sequence.is_some_and(|s| failed.iter().any(|f| f == s))
                    });
                    match at {
                        None => return Ok(last),
                        Some(at) => drop(events.drain(..at)),
                    }
                }
                Err(why) => tracing::error!(worker = self.worker.name, why, "a stream batch failed"),
            }
            self.app.clock.sleep(FAILED).await;
        }
        Err("a batch of records does not go through".into())
    }

    fn keep(&self, sequence: &str) -> Result<(), String> {
        if let Some(dir) = self.position.parent() {
            std::fs::create_dir_all(dir).map_err(|e| e.to_string())?;
        }
        let temporary = self.position.with_extension("tmp");
        std::fs::write(&temporary, sequence)
            .and_then(|()| std::fs::rename(&temporary, &self.position))
            .map_err(|e| format!("{}: {e}", self.position.display()))
    }
}

fn text<E: std::error::Error>(e: E) -> String {
    format!("{}", aws_sdk_dynamodb::error::DisplayErrorContext(&e))
}

fn lambda_record(record: &Record, arn: &str, region: &str) -> Value {
    let name = match record.event_name() {
        Some(OperationType::Insert) => "INSERT",
        Some(OperationType::Remove) => "REMOVE",
        _ => "MODIFY",
    };
    let data = record.dynamodb();
    let image = |map: Option<&HashMap<String, AttributeValue>>| map.map(attributes);
    let mut dynamodb = Map::new();
    for (member, value) in [
        ("Keys", image(data.and_then(|d| d.keys()))),
        ("NewImage", image(data.and_then(|d| d.new_image()))),
        ("OldImage", image(data.and_then(|d| d.old_image()))),
        (
            "SequenceNumber",
            data.and_then(|d| d.sequence_number()).map(|s| json!(s)),
        ),
    ] {
        if let Some(value) = value {
            dynamodb.insert(member.into(), value);
        }
    }
    json!({"eventID": record.event_id(), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": region, "eventSourceARN": arn, "dynamodb": dynamodb})
}

fn attributes(map: &HashMap<String, AttributeValue>) -> Value {
    Value::Object(map.iter().map(|(k, v)| (k.clone(), attribute(v))).collect())
}

fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(s) => json!({"S": s}),
        AttributeValue::N(n) => json!({"N": n}),
        AttributeValue::Bool(b) => json!({"BOOL": b}),
        AttributeValue::B(b) => json!({"B": STANDARD.encode(b.as_ref())}),
        AttributeValue::L(list) => json!({"L": list.iter().map(attribute).collect::<Vec<_>>()}),
        AttributeValue::M(map) => json!({"M": attributes(map)}),
        AttributeValue::Ss(set) => json!({"SS": set}),
        AttributeValue::Ns(set) => json!({"NS": set}),
        _ => json!({"NULL": true}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        assert_eq!(rate("rate(1 minute)"), Some(Duration::from_secs(60)));
        assert_eq!(rate("rate(2 hours)"), Some(Duration::from_secs(7200)));
        assert_eq!(rate("cron(0 * * * ? *)"), None);
    }
}
