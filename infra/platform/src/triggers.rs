//! Streams, queues and schedules, as the templates wire them.

use super::apps::Apps;
use aws_config::SdkConfig;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use serde_json::{Map, Value, json};
use shared::{
    app::{App, Endpoints},
    aws::{Called, Service},
    store::Table,
    worker::{self, Worker},
};
use standins::Emulator;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use topology::Topology;

/// How long a reader waits when a stream has nothing new.
const IDLE: Duration = Duration::from_millis(100);
/// How long a reader waits for a connection.
const CONNECT: Duration = Duration::from_millis(3100);
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
    let called = Called {
        name: "dynamodb",
        host: "streams.dynamodb",
        endpoint: endpoints.dynamodb.as_deref(),
        timeouts: TimeoutConfig::builder().connect_timeout(CONNECT).build(),
        retries: RetryConfig::standard(),
    };
    let client = Service::new(sdk, called)?;
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
    client: Service,
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

    /// One call of DynamoDB Streams.
    async fn ask(&self, operation: &str, members: &Value) -> Result<Value, String> {
        let target = format!("DynamoDBStreams_20120810.{operation}");
        let answer = self.client.json(&target, members).await;
        answer.map_err(|failed| format!("{operation} {failed}"))
    }

    /// Follows the stream's shards from the kept position until something fails.
    async fn follow(&self) -> Result<(), String> {
        let streams = self.ask("ListStreams", &json!({"TableName": self.table})).await?;
        let arn = text(&streams, "/Streams/0/StreamArn").ok_or("the table has no stream")?;
        let described = self.ask("DescribeStream", &json!({"StreamArn": arn})).await?;
        let shard = described
            .pointer("/StreamDescription/Shards")
            .and_then(Value::as_array)
            .and_then(|shards| text(shards.last()?, "/ShardId"))
            .ok_or("the stream has no shard")?;
        let mut after = std::fs::read_to_string(&self.position)
            .ok()
            .filter(|s| !s.is_empty());
        let mut iterator = self.iterator(&arn, &shard, after.as_deref()).await?;
        loop {
            let asked = json!({"ShardIterator": iterator, "Limit": self.batch.clamp(1, 1000)});
            let got = self.ask("GetRecords", &asked).await?;
            let records = got.get("Records").and_then(Value::as_array);
            let records = records.map(Vec::as_slice).unwrap_or_default();
            if records.is_empty() {
                self.app.clock.sleep(IDLE).await;
            } else {
                after = self.hand_over(&arn, records).await?.or(after);
                if let Some(sequence) = &after {
                    self.keep(sequence)?;
                }
            }
            iterator = match text(&got, "/NextShardIterator") {
                Some(next) => next,
                None => self.iterator(&arn, &shard, after.as_deref()).await?,
            };
        }
    }

    async fn iterator(&self, arn: &str, shard: &str, after: Option<&str>) -> Result<String, String> {
        let mut asked = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
        if let (Some(sequence), Some(asked)) = (after, asked.as_object_mut()) {
            asked.insert("ShardIteratorType".into(), json!("AFTER_SEQUENCE_NUMBER"));
            asked.insert("SequenceNumber".into(), json!(sequence));
        }
        let got = self.ask("GetShardIterator", &asked).await?;
        text(&got, "/ShardIterator").ok_or_else(|| "no shard iterator".to_owned())
    }

    /// Gives records to the worker until all are done; the sequence number of the last one.
    async fn hand_over(&self, arn: &str, records: &[Value]) -> Result<Option<String>, String> {
        let mut events: Vec<Value> = records
            .iter()
            .map(|r| lambda_record(r, arn, &self.app.config.region))
            .collect();
        let last = records.last().and_then(|r| text(r, "/dynamodb/SequenceNumber"));
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

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

/// A record as Lambda hands it over: that of the stream, which has the same form, with what we read of it and the stream's ARN.
fn lambda_record(record: &Value, arn: &str, region: &str) -> Value {
    let member = |name: &str| Some((name.to_owned(), record.get("dynamodb")?.get(name)?.clone()));
    let members = ["Keys", "NewImage", "OldImage", "SequenceNumber"];
    let dynamodb: Map<String, Value> = members.into_iter().filter_map(member).collect();
    json!({"eventID": record.get("eventID"), "eventName": record.get("eventName"), "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": region, "eventSourceARN": arn, "dynamodb": dynamodb})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_handed_over_with_what_is_read_of_it() {
        let keys = json!({"pk": {"S": "T#1"}, "sk": {"B": "AQI="}});
        let record = json!({"eventID": "1", "eventName": "REMOVE", "awsRegion": "ddblocal", "dynamodb":
            {"Keys": keys, "OldImage": keys, "SequenceNumber": "7", "SizeBytes": 9, "ApproximateCreationDateTime": 1.5}});
        assert_eq!(
            lambda_record(&record, "arn", "eu-west-1"),
            json!({"eventID": "1", "eventName": "REMOVE", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
                "awsRegion": "eu-west-1", "eventSourceARN": "arn",
                "dynamodb": {"Keys": keys, "OldImage": keys, "SequenceNumber": "7"}})
        );
    }

    #[test]
    fn rates() {
        assert_eq!(rate("rate(1 minute)"), Some(Duration::from_secs(60)));
        assert_eq!(rate("rate(2 hours)"), Some(Duration::from_secs(7200)));
        assert_eq!(rate("cron(0 * * * ? *)"), None);
    }
}
