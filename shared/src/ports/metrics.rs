//! What an invocation tells about itself: one line in CloudWatch's embedded metric format, which CloudWatch takes from the log.
//!
//! Dimensions are service, function and region, and nothing that grows with tenants or people. Only what is watched of each
//! function has it as a dimension; the rest is summed up over a service, and stays in the line for queries of the log.

pub use crate::store::meter::Gauge;
use crate::{kernel::time::Timestamp, store::meter::Meter};
use serde_json::{Map, Value, json};
use std::{io::Write, time::Duration};

/// Most values of one metric in a document (embedded metric format, "target members").
pub const VALUES: usize = 100;
/// The dimensions of what is watched of each function.
const EACH: &[&[&str]] = &[&["Service", "Region"], &["Service", "Function", "Region"]];
/// The dimensions of what is watched of a service.
const WHOLE: &[&[&str]] = &[&["Service", "Region"]];

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was asked for.
    Succeeded,
    /// The caller was refused: a status of 4xx.
    Refused,
    /// We failed: a status of 5xx, or a worker's error.
    Failed,
}

impl Outcome {
    /// What a status means.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        match status {
            ..400 => Self::Succeeded,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }
}

/// What was invoked.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// An endpoint.
    Call {
        /// Status of the answer.
        status: u16,
        /// `X-Request-Id`.
        request: &'a str,
        /// `traceparent`.
        trace: &'a str,
    },
    /// A worker.
    Run {
        /// Records or messages that must come again.
        returned: usize,
    },
}

/// One invocation.
pub struct Invocation<'a> {
    /// Environment: `dev`, `prod`.
    pub env: &'a str,
    /// Region.
    pub region: &'a str,
    /// Service.
    pub service: &'a str,
    /// Function.
    pub function: &'a str,
    /// What was invoked.
    pub subject: Subject<'a>,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Its counters.
    pub meter: &'a Meter,
}

/// Where invocations are told.
pub trait Sink: Send + Sync {
    /// Takes one.
    fn take(&self, invocation: &Invocation<'_>);
}

/// Standard output, which Lambda sends to the function's log: a line for each invocation.
pub struct Stdout;

impl Sink for Stdout {
    fn take(&self, invocation: &Invocation<'_>) {
        let mut line = invocation.emf().to_string();
        line.push('\n');
        // Without its line an invocation is answered all the same.
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}

/// Milliseconds with three digits.
fn millis(d: Duration) -> f64 {
    let micros = u32::try_from(d.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1e3
}

/// So many values at most, spread evenly over the sorted ones, the highest and the lowest among them.
fn thinned(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    if count <= VALUES {
        return values;
    }
    (0..VALUES)
        .filter_map(|n| values.get(n.saturating_mul(count.saturating_sub(1)) / VALUES.saturating_sub(1)))
        .copied()
        .collect()
}

#[derive(Default)]
struct Document {
    members: Map<String, Value>,
    directives: Vec<Value>,
}

impl Document {
    fn directive(&mut self, namespace: &str, dimensions: &[&[&str]], metrics: Vec<(&str, &str, Value)>) {
        let named: Vec<Value> = metrics
            .iter()
            .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
            .collect();
        self.directives
            .push(json!({"Namespace": namespace, "Dimensions": dimensions, "Metrics": named}));
        let values = metrics
            .into_iter()
            .map(|(name, _, value)| (name.to_owned(), value));
        self.members.extend(values);
    }
}

impl Invocation<'_> {
    /// How long it took without waiting for DynamoDB, KMS and the outside.
    #[must_use]
    pub fn own(&self) -> Duration {
        self.took.saturating_sub(self.meter.waited())
    }

    /// As a document of CloudWatch's embedded metric format.
    #[must_use]
    pub fn emf(&self) -> Value {
        let namespace = format!("Ledgerkeep/{}", self.env);
        let [dynamodb, kms, sign, mac] = self.meter.counts();
        let [read, write] = self.meter.unit_tenths();
        #[allow(clippy::cast_precision_loss, reason = "units of one invocation")]
        let units = |tenths: u64| json!(tenths as f64 / 10.0);
        let is = |outcome| json!(u8::from(self.outcome == outcome));
        let took = json!(millis(self.took));
        let mut document = Document::default();
        for (name, value) in [
            ("Service", self.service),
            ("Function", self.function),
            ("Region", self.region),
        ] {
            document.members.insert(name.to_owned(), json!(value));
        }
        let mut whole = vec![
            ("DynamoDBCalls", "Count", json!(dynamodb)),
            ("ReadUnits", "Count", units(read)),
            ("WriteUnits", "Count", units(write)),
            ("KmsCalls", "Count", json!(kms + sign + mac)),
            ("KmsErrors", "Count", json!(self.meter.kms_errors())),
        ];
        match self.subject {
            Subject::Call {
                status,
                request,
                trace,
            } => {
                let each = vec![
                    ("Latency", "Milliseconds", took),
                    ("Refused", "Count", is(Outcome::Refused)),
                    ("Failed", "Count", is(Outcome::Failed)),
                ];
                document.directive(&namespace, EACH, each);
                whole.push(("OwnTime", "Milliseconds", json!(millis(self.own()))));
                for (name, value) in [
                    ("request_id", json!(request)),
                    ("trace", json!(trace)),
                    ("status", json!(status)),
                ] {
                    document.members.insert(name.to_owned(), value);
                }
            }
            Subject::Run { returned } => {
                let each = vec![
                    ("RunTime", "Milliseconds", took),
                    ("RunFailed", "Count", is(Outcome::Failed)),
                ];
                document.directive(&namespace, EACH, each);
                whole.push(("Returned", "Count", json!(returned)));
            }
        }
        for gauge in Gauge::ALL {
            let values = self.meter.noted(gauge);
            if !values.is_empty() {
                whole.push((gauge.name(), gauge.unit(), json!(thinned(values))));
            }
        }
        document.directive(&namespace, WHOLE, whole);
        let Document {
            mut members,
            directives,
        } = document;
        let at = self.at.as_millisecond();
        members.insert(
            "_aws".to_owned(),
            json!({"Timestamp": at, "CloudWatchMetrics": directives}),
        );
        Value::Object(members)
    }
}

#[cfg(test)]
mod tests;
