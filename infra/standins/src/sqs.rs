//! A stand-in of AWS SQS: queues in memory. Messages are sent over the API and received in process.
//!
//! A received message stays hidden for its visibility timeout and comes back unless it is acknowledged, as on AWS;
//! so a consumer must bear the same message twice.

use super::Now;
use super::disk::hold;
use super::wire::{self, Answer, Failure, Place, Request};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

const VISIBILITY: Duration = Duration::from_secs(30);
/// The longest message, and the longest batch.
const MOST_BYTES: usize = 1_048_576;
const MOST_DELAY: i64 = 900;
const MOST_ENTRIES: usize = 10;

/// A message that was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The message's id, the same each time it is received.
    pub id: String,
    /// What [`Queues::ack`] takes; another each time it is received.
    pub receipt: String,
    /// What was sent.
    pub body: String,
    /// The message's attributes, as they were sent: `{"<name>": {"DataType": …, "StringValue": …}}`.
    pub attributes: Map<String, Value>,
    /// When it was sent, in unix milliseconds.
    pub sent: i64,
    /// How often it was received, this time included.
    pub receive_count: u32,
}

impl fmt::Debug for Message {
    /// The body may hold anything, so only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("body_bytes", &self.body.len())
            .field("receive_count", &self.receive_count)
            .finish_non_exhaustive()
    }
}

/// A message, and when it is to be seen next.
struct Stored {
    message: Message,
    visible: Instant,
}

#[derive(Default)]
struct Shelf {
    next: u64,
    messages: BTreeMap<u64, Stored>,
    /// The messages' numbers in the order they become visible.
    order: BTreeSet<(Instant, u64)>,
}

impl Shelf {
    fn put(&mut self, message: Message, visible: Instant) {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        self.order.insert((visible, number));
        self.messages.insert(number, Stored { message, visible });
    }

    /// Takes what is due, at most `max`; or says when something will be.
    fn take(&mut self, max: usize, now: Instant) -> (Vec<Message>, Option<Instant>) {
        let due = self.order.iter().take_while(|(at, _)| *at <= now).take(max);
        let due: Vec<(Instant, u64)> = due.copied().collect();
        let mut taken = Vec::with_capacity(due.len());
        for (at, number) in due {
            if let Some(stored) = self.messages.get_mut(&number) {
                self.order.remove(&(at, number));
                stored.visible = now + VISIBILITY;
                self.order.insert((stored.visible, number));
                let message = &mut stored.message;
                message.receive_count = message.receive_count.saturating_add(1);
                message.receipt = format!("{number}.{}.{}", message.receive_count, message.id);
                taken.push(message.clone());
            }
        }
        (taken, self.order.first().map(|(at, _)| *at))
    }

    /// Removes the message that was received last under this receipt.
    fn remove(&mut self, receipt: &str) -> bool {
        let number = receipt.split('.').next().and_then(|number| number.parse().ok());
        let Some((number, stored)) =
            number.and_then(|number: u64| Some((number, self.messages.get(&number)?)))
        else {
            return false;
        };
        if stored.message.receipt != receipt {
            return false;
        }
        self.order.remove(&(stored.visible, number));
        self.messages.remove(&number).is_some()
    }

    /// How many are visible, in flight and delayed.
    fn counts(&self, now: Instant) -> (usize, usize, usize) {
        let hidden = |stored: &&Stored| stored.visible > now;
        let all_hidden = self.messages.values().filter(hidden).count();
        let delayed = self
            .messages
            .values()
            .filter(hidden)
            .filter(|s| s.message.receive_count == 0)
            .count();
        (self.messages.len() - all_hidden, all_hidden - delayed, delayed)
    }
}

#[derive(Default)]
struct Queue {
    created: i64,
    shelf: Mutex<Shelf>,
    changed: Notify,
}

/// The queues of one account in one region.
pub struct Queues {
    place: Arc<Place>,
    now: Now,
    base_url: Mutex<String>,
    queues: Mutex<BTreeMap<String, Arc<Queue>>>,
}

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queues")
            .field("names", &hold(&self.queues).keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Queues {
    pub(super) fn new(place: Arc<Place>, now: Now) -> Self {
        let base_url = Mutex::new("http://localhost".to_owned());
        Self {
            place,
            now,
            base_url,
            queues: Mutex::new(BTreeMap::new()),
        }
    }

    /// Where the server that answers for the queues is, for example `http://127.0.0.1:4566`.
    pub fn set_base_url(&self, url: &str) {
        url.trim_end_matches('/').clone_into(&mut hold(&self.base_url));
    }

    /// The URL of the queue `name`, which is created when there is none.
    pub fn ensure(&self, name: &str) -> String {
        self.queue(name);
        self.url(name)
    }

    /// Waits until something is due in the queue, then takes at most `max` messages (at least one). What is not
    /// acknowledged within 30 seconds comes back. A queue that does not exist is created.
    pub async fn receive(&self, queue: &str, max: usize) -> Vec<Message> {
        let queue = self.queue(queue);
        loop {
            // Listening starts before looking, so that nothing sent in between is missed.
            let mut changed = pin!(queue.changed.notified());
            changed.as_mut().enable();
            let (taken, next) = hold(&queue.shelf).take(max.max(1), clock());
            if !taken.is_empty() {
                return taken;
            }
            match next {
                // Which of the two it was does not matter.
                Some(at) => drop(timeout_at(at, changed).await),
                None => changed.await,
            }
        }
    }

    /// Removes a received message. `false` when it had come back and was received again, or is gone already.
    pub fn ack(&self, queue: &str, receipt: &str) -> bool {
        let queue = hold(&self.queues).get(queue).cloned();
        queue.is_some_and(|queue| hold(&queue.shelf).remove(receipt))
    }

    /// One call; `None` when there is no such operation.
    pub(super) fn call(&self, operation: &str, request: &Request) -> Option<Answer> {
        Some(match operation {
            "SendMessage" => self.send_message(request),
            "SendMessageBatch" => self.send_message_batch(request),
            "GetQueueUrl" => self.get_queue_url(request),
            "GetQueueAttributes" => self.get_queue_attributes(request),
            _ => return None,
        })
    }

    fn url(&self, name: &str) -> String {
        format!("{}/{}/{name}", hold(&self.base_url), self.place.account)
    }

    fn queue(&self, name: &str) -> Arc<Queue> {
        let mut queues = hold(&self.queues);
        if let Some(queue) = queues.get(name) {
            return Arc::clone(queue);
        }
        let queue = Arc::new(Queue {
            created: (self.now)(),
            ..Queue::default()
        });
        queues.insert(name.to_owned(), Arc::clone(&queue));
        queue
    }

    fn existing(&self, name: &str) -> Result<Arc<Queue>, Failure> {
        let code = "AWS.SimpleQueueService.NonExistentQueue";
        let missing = || Failure::query("QueueDoesNotExist", code, "The specified queue does not exist.");
        hold(&self.queues).get(name).cloned().ok_or_else(missing)
    }

    /// The queue of a request and its name. Only the end of the URL counts: the server may have many addresses.
    fn named<'a>(&self, request: &'a Request) -> Result<(&'a str, Arc<Queue>), Failure> {
        let url = request.text("QueueUrl")?.ok_or_else(|| missing("QueueUrl"))?;
        let mut parts = url.rsplit('/');
        let (name, account) = (parts.next().unwrap_or_default(), parts.next());
        let name = if account == Some(self.place.account.as_str()) {
            name
        } else {
            ""
        };
        Ok((name, self.existing(name)?))
    }

    /// Reads a message and its delay, without sending it.
    fn read(&self, request: &Request) -> Result<(Message, Duration), Failure> {
        let body = request.text("MessageBody")?.unwrap_or_default();
        if body.is_empty() {
            return Err(missing("MessageBody"));
        }
        if body.len() > MOST_BYTES {
            return Err(invalid(
                "One or more parameters are invalid. Reason: Message must be shorter than 1 MiB.",
            ));
        }
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        if let Some(letter) = body.chars().find(|letter| !allowed(*letter)) {
            let message = format!(
                "Invalid binary character '#x{:X}' was found in the message body.",
                u32::from(letter)
            );
            return Err(Failure::query(
                "InvalidMessageContents",
                "InvalidMessageContents",
                message,
            ));
        }
        let delay = request.integer("DelaySeconds")?.unwrap_or(0);
        if !(0..=MOST_DELAY).contains(&delay) {
            return Err(invalid(&format!(
                "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
            )));
        }
        let message = Message {
            id: wire::uuid()?,
            receipt: String::new(),
            body: body.to_owned(),
            attributes: request.object("MessageAttributes")?,
            sent: (self.now)(),
            receive_count: 0,
        };
        Ok((
            message,
            Duration::from_secs(u64::try_from(delay).unwrap_or_default()),
        ))
    }

    fn send_message(&self, request: &Request) -> Answer {
        let (_, queue) = self.named(request)?;
        let (message, delay) = self.read(request)?;
        let id = message.id.clone();
        queue.send(message, delay);
        Ok(json!({"MessageId": id}))
    }

    fn send_message_batch(&self, request: &Request) -> Answer {
        let (_, queue) = self.named(request)?;
        let refuse = |kind, code: &str, message: &str| {
            Err(Failure::query(
                kind,
                &format!("AWS.SimpleQueueService.{code}"),
                message,
            ))
        };
        let entries = request.entries("Entries")?;
        if entries.is_empty() {
            let message = "There should be at least one SendMessageBatchRequestEntry in the request.";
            return refuse("EmptyBatchRequest", "EmptyBatchRequest", message);
        }
        if entries.len() > MOST_ENTRIES {
            let message = format!(
                "Maximum number of entries per request are 10. You have sent {}.",
                entries.len()
            );
            return refuse(
                "TooManyEntriesInBatchRequest",
                "TooManyEntriesInBatchRequest",
                &message,
            );
        }
        let mut ids = BTreeSet::new();
        let mut bytes = 0_usize;
        for entry in &entries {
            let id = entry.text("Id")?.ok_or_else(|| missing("Id"))?;
            let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            if !(1..=80).contains(&id.len()) || !id.chars().all(allowed) {
                let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It \
                               can be at most 80 letters long.";
                return refuse("InvalidBatchEntryId", "InvalidBatchEntryId", message);
            }
            if !ids.insert(id) {
                let message = format!("Id {id} repeated.");
                return refuse("BatchEntryIdsNotDistinct", "BatchEntryIdsNotDistinct", &message);
            }
            bytes = bytes.saturating_add(entry.text("MessageBody")?.map_or(0, str::len));
        }
        if bytes > MOST_BYTES {
            let message = "Batch requests cannot be longer than 1048576 bytes.";
            return refuse("BatchRequestTooLong", "BatchRequestTooLong", message);
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &entries {
            let id = entry.need_text("Id")?;
            match self.read(entry) {
                Ok((message, delay)) => {
                    successful.push(json!({"Id": id, "MessageId": message.id}));
                    queue.send(message, delay);
                }
                Err(failure) => failed.push(json!({
                    "Id": id,
                    "Code": failure.kind(),
                    "Message": failure.message(),
                    "SenderFault": true,
                })),
            }
        }
        let mut answer = json!({"Successful": successful});
        if let (Some(members), false) = (answer.as_object_mut(), failed.is_empty()) {
            members.insert("Failed".to_owned(), Value::Array(failed));
        }
        Ok(answer)
    }

    fn get_queue_url(&self, request: &Request) -> Answer {
        let name = request.text("QueueName")?.ok_or_else(|| missing("QueueName"))?;
        self.existing(name)?;
        Ok(json!({"QueueUrl": self.url(name)}))
    }

    fn get_queue_attributes(&self, request: &Request) -> Answer {
        let (name, queue) = self.named(request)?;
        let names = request.strings("AttributeNames")?;
        let (visible, in_flight, delayed) = hold(&queue.shelf).counts(clock());
        let created = queue.created.div_euclid(1000);
        let known = [
            ("ApproximateNumberOfMessages", visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
            ("CreatedTimestamp", created.to_string()),
            ("DelaySeconds", "0".to_owned()),
            ("MaximumMessageSize", MOST_BYTES.to_string()),
            ("QueueArn", self.place.arn("sqs", name)),
            ("VisibilityTimeout", VISIBILITY.as_secs().to_string()),
        ];
        if let Some(name) = names
            .iter()
            .find(|name| **name != "All" && !known.iter().any(|(known, _)| known == *name))
        {
            let message = format!("Unknown Attribute {name}.");
            return Err(Failure::query(
                "InvalidAttributeName",
                "InvalidAttributeName",
                message,
            ));
        }
        let wanted = known
            .iter()
            .filter(|(name, _)| names.contains(&"All") || names.contains(name));
        let attributes: BTreeMap<&str, &str> = wanted.map(|(name, value)| (*name, value.as_str())).collect();
        Ok(if attributes.is_empty() {
            json!({})
        } else {
            json!({"Attributes": attributes})
        })
    }
}

impl Queue {
    fn send(&self, message: Message, delay: Duration) {
        hold(&self.shelf).put(message, clock() + delay);
        self.changed.notify_waiters();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a queue is the clock of its messages; tests pause tokio's time"
)]
fn clock() -> Instant {
    Instant::now()
}

fn missing(name: &str) -> Failure {
    let message = format!("The request must contain the parameter {name}.");
    Failure::query("MissingParameter", "MissingParameter", message)
}

fn invalid(message: &str) -> Failure {
    Failure::query("InvalidParameterValue", "InvalidParameterValue", message)
}

#[cfg(test)]
mod tests {
    use super::VISIBILITY;
    use crate::Emulator;
    use crate::testing::{Dir, ok, refused};
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::time::{advance, timeout};

    const SEND: &str = "AmazonSQS.SendMessage";
    const BATCH: &str = "AmazonSQS.SendMessageBatch";

    fn start(dir: &Dir) -> (Arc<Emulator>, String) {
        let aws = dir.open();
        aws.queues.set_base_url("http://127.0.0.1:4566/");
        let url = aws.queues.ensure("jobs");
        (Arc::new(aws), url)
    }

    async fn nothing(aws: &Emulator, within: Duration) {
        assert!(timeout(within, aws.queues.receive("jobs", 10)).await.is_err());
    }

    fn counts(aws: &Emulator, url: &str) -> [Value; 3] {
        let all = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let attributes = ok(aws, "AmazonSQS.GetQueueAttributes", all)["Attributes"].clone();
        ["", "NotVisible", "Delayed"]
            .map(|kind| attributes[format!("ApproximateNumberOfMessages{kind}")].clone())
    }

    #[tokio::test(start_paused = true)]
    async fn messages_come_in_order_and_once() {
        let dir = Dir::new();
        let (aws, url) = start(&dir);
        assert_eq!(url, "http://127.0.0.1:4566/111122223333/jobs");
        let attributes = json!({"kind": {"DataType": "String", "StringValue": "x"}});
        for body in ["1", "2", "3"] {
            ok(
                &aws,
                SEND,
                json!({"QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes}),
            );
        }
        let first = aws.queues.receive("jobs", 2).await;
        assert_eq!(
            first.iter().map(|m| m.body.as_str()).collect::<Vec<_>>(),
            ["1", "2"]
        );
        assert_eq!(first[0].attributes["kind"]["StringValue"], "x");
        assert_eq!(first[0].receive_count, 1);
        assert_eq!(counts(&aws, &url), ["1", "2", "0"]);
        let second = aws.queues.receive("jobs", 0).await;
        assert_eq!(second[0].body, "3");
        for message in first.iter().chain(&second) {
            assert!(aws.queues.ack("jobs", &message.receipt));
            assert!(!aws.queues.ack("jobs", &message.receipt));
        }
        assert_eq!(counts(&aws, &url), ["0", "0", "0"]);
        nothing(&aws, VISIBILITY * 3).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_acknowledged_comes_back() {
        let dir = Dir::new();
        let (aws, url) = start(&dir);
        ok(&aws, SEND, json!({"QueueUrl": url, "MessageBody": "a"}));
        let first = aws.queues.receive("jobs", 10).await.remove(0);
        nothing(&aws, VISIBILITY - Duration::from_millis(10)).await;
        let second = aws.queues.receive("jobs", 10).await.remove(0);
        assert_eq!((second.id, second.receive_count), (first.id, 2));
        assert!(!aws.queues.ack("jobs", &first.receipt), "an old receipt");
        assert!(!aws.queues.ack("jobs", "nonsense"));
        assert!(!aws.queues.ack("none", &second.receipt));
        assert!(aws.queues.ack("jobs", &second.receipt));
    }

    #[tokio::test(start_paused = true)]
    async fn delays_are_kept() {
        let dir = Dir::new();
        let (aws, url) = start(&dir);
        ok(
            &aws,
            SEND,
            json!({"QueueUrl": url, "MessageBody": "late", "DelaySeconds": 900}),
        );
        assert_eq!(counts(&aws, &url), ["0", "0", "1"]);
        ok(
            &aws,
            SEND,
            json!({"QueueUrl": url, "MessageBody": "soon", "DelaySeconds": 5}),
        );
        nothing(&aws, Duration::from_secs(4)).await;
        let soon = aws.queues.receive("jobs", 10).await.remove(0);
        assert_eq!(soon.body, "soon");
        assert!(aws.queues.ack("jobs", &soon.receipt));
        nothing(&aws, Duration::from_secs(894)).await;
        assert_eq!(aws.queues.receive("jobs", 10).await[0].body, "late");
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiting_receiver_is_woken() {
        let dir = Dir::new();
        let (aws, url) = start(&dir);
        let waiting = [(); 2].map(|()| {
            let aws = Arc::clone(&aws);
            tokio::spawn(async move { aws.queues.receive("jobs", 1).await.remove(0).body })
        });
        advance(Duration::from_secs(100)).await;
        let entries = json!([{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2"}]);
        ok(&aws, BATCH, json!({"QueueUrl": url, "Entries": entries}));
        let mut bodies = Vec::new();
        for task in waiting {
            bodies.push(task.await.unwrap());
        }
        bodies.sort();
        assert_eq!(bodies, ["1", "2"]);
    }

    #[tokio::test(start_paused = true)]
    async fn batches_succeed_in_part() {
        let dir = Dir::new();
        let (aws, url) = start(&dir);
        let batch = |entries: Value| json!({"QueueUrl": url, "Entries": entries});
        let entries = json!([
            {"Id": "good", "MessageBody": "x"},
            {"Id": "late", "MessageBody": "x", "DelaySeconds": 901},
            {"Id": "empty"},
            {"Id": "binary", "MessageBody": "\u{1}"},
        ]);
        let answer = ok(&aws, BATCH, batch(entries));
        assert_eq!(answer["Successful"][0]["Id"], "good");
        let codes: Vec<_> = answer["Failed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["Code"])
            .collect();
        assert_eq!(
            codes,
            [
                "InvalidParameterValue",
                "MissingParameter",
                "InvalidMessageContents"
            ]
        );
        assert_eq!(counts(&aws, &url), ["1", "0", "0"]);
        let many: Vec<Value> = (0..11)
            .map(|i| json!({"Id": i.to_string(), "MessageBody": "x"}))
            .collect();
        let half = "x".repeat(600_000);
        for (entries, kind) in [
            (json!([]), "EmptyBatchRequest"),
            (json!(many), "TooManyEntriesInBatchRequest"),
            (json!([many[0], many[0]]), "BatchEntryIdsNotDistinct"),
            (json!([{"Id": "a b", "MessageBody": "x"}]), "InvalidBatchEntryId"),
            (
                json!([{"Id": "a", "MessageBody": half}, {"Id": "b", "MessageBody": half}]),
                "BatchRequestTooLong",
            ),
        ] {
            let reply = refused(&aws, BATCH, batch(entries), kind);
            assert_eq!(
                reply.query_error,
                Some(format!("AWS.SimpleQueueService.{kind};Sender"))
            );
        }
        assert_eq!(counts(&aws, &url), ["1", "0", "0"]);
    }

    #[tokio::test(start_paused = true)]
    async fn queues_have_urls_and_attributes() {
        let dir = Dir::new();
        let (aws, url) = start(&dir);
        let get = "AmazonSQS.GetQueueUrl";
        assert_eq!(ok(&aws, get, json!({"QueueName": "jobs"}))["QueueUrl"], url);
        let reply = refused(&aws, get, json!({"QueueName": "none"}), "QueueDoesNotExist");
        assert_eq!(
            reply.query_error.as_deref(),
            Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
        );
        for url in [
            "http://127.0.0.1:4566/111122223333/none",
            "http://127.0.0.1:4566/9/jobs",
            "jobs",
            "",
        ] {
            refused(
                &aws,
                SEND,
                json!({"QueueUrl": url, "MessageBody": "x"}),
                "QueueDoesNotExist",
            );
        }
        refused(&aws, SEND, json!({"QueueUrl": url}), "MissingParameter");
        for delay in [-1, 901] {
            let body = json!({"QueueUrl": url, "MessageBody": "x", "DelaySeconds": delay});
            refused(&aws, SEND, body, "InvalidParameterValue");
        }
        let only = json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]});
        let answer = ok(&aws, "AmazonSQS.GetQueueAttributes", only);
        assert_eq!(
            answer["Attributes"],
            json!({"QueueArn": "arn:aws:sqs:eu-central-1:111122223333:jobs"})
        );
        let wrong = json!({"QueueUrl": url, "AttributeNames": ["Colour"]});
        refused(
            &aws,
            "AmazonSQS.GetQueueAttributes",
            wrong,
            "InvalidAttributeName",
        );
    }
}
