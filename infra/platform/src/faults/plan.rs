//! Which calls a fault befalls.

use serde::Deserialize;
use serde_json::{Value, json};

/// Most calls that a rule remembers.
const REMEMBERED: usize = 1_000;

/// What happens to a call.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// It is refused with this error of AWS: `ThrottlingException`, `KMSInternalException`, ….
    Error {
        /// The error's name.
        code: String,
        /// What it says.
        message: Option<String>,
        /// HTTP status: 500 for names that begin with `Internal`, else 400.
        status: Option<u16>,
    },
    /// A transaction is cancelled for this reason: `TransactionConflict`, `ThrottlingError`, ….
    Canceled {
        /// The reason's code.
        reason: String,
    },
    /// It is answered, later.
    Slow {
        /// How much later.
        millis: u64,
    },
    /// The connection ends before anything has happened.
    DropBefore,
    /// It takes effect, and the connection ends instead of an answer.
    DropAfter,
    /// The whole platform aborts before anything has happened.
    AbortBefore,
    /// It takes effect, and the whole platform aborts.
    AbortAfter,
}

/// A fault for the calls that fit, or only their count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `dynamodb`, `streams`, `kms`, `secretsmanager`, `sqs`, `ses` or `s3`; any when absent.
    pub service: Option<String>,
    /// `TransactWriteItems`, `Decrypt`, …; any when absent.
    pub operation: Option<String>,
    /// What the request's body holds, all of it: a table's name, a tenant's id, a key's alias.
    #[serde(default)]
    pub contains: Vec<String>,
    /// What it does not hold, none of it.
    #[serde(default)]
    pub without: Vec<String>,
    /// The first call that it befalls, counted from 1 among those that fit.
    pub from: Option<u64>,
    /// The last one; every later one when absent.
    pub to: Option<u64>,
    /// Every so manieth of them; each when absent.
    pub every: Option<u64>,
    /// What befalls them; nothing when absent.
    pub fault: Option<Fault>,
}

impl Rule {
    fn fits(&self, service: &str, operation: &str, body: &str) -> bool {
        self.service.as_deref().is_none_or(|s| s == service)
            && self.operation.as_deref().is_none_or(|o| o == operation)
            && self.contains.iter().all(|part| body.contains(part.as_str()))
            && !self.without.iter().any(|part| body.contains(part.as_str()))
    }

    fn befalls(&self, number: u64) -> bool {
        let from = self.from.unwrap_or(1);
        let every = self.every.unwrap_or(1).max(1);
        number >= from
            && self.to.is_none_or(|to| number <= to)
            && number.saturating_sub(from).is_multiple_of(every)
    }
}

#[derive(Debug)]
struct Counted {
    rule: Rule,
    hits: u64,
    seen: u64,
    calls: Vec<String>,
}

/// Rules, the first one that befalls a call decides.
#[derive(Debug, Default)]
pub struct Plan(Vec<Counted>);

impl Plan {
    /// A plan that has seen nothing yet.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        let counted = |rule| Counted {
            rule,
            hits: 0,
            seen: 0,
            calls: Vec::new(),
        };
        Self(rules.into_iter().map(counted).collect())
    }

    /// Counts a call at every rule that it fits, and gives the fault that befalls it.
    pub fn judge(&mut self, target: &str, body: &[u8]) -> Option<Fault> {
        if self.0.is_empty() {
            return None;
        }
        let (name, operation) = target.split_once('.').unwrap_or(("", target));
        let service = service(name);
        let body = String::from_utf8_lossy(body);
        let mut decided = None;
        for counted in &mut self.0 {
            if !counted.rule.fits(service, operation, &body) {
                continue;
            }
            counted.seen += 1;
            if counted.calls.len() < REMEMBERED {
                counted.calls.push(format!("{service}.{operation}"));
            }
            if decided.is_none() && counted.rule.fault.is_some() && counted.rule.befalls(counted.seen) {
                counted.hits += 1;
                decided.clone_from(&counted.rule.fault);
            }
        }
        decided
    }

    /// What each rule has seen.
    #[must_use]
    pub fn told(&self) -> Value {
        let rules = self.0.iter();
        rules
            .map(|c| json!({"seen": c.seen, "hits": c.hits, "calls": c.calls}))
            .collect()
    }
}

fn service(name: &str) -> &'static str {
    match name {
        "DynamoDB_20120810" => "dynamodb",
        "DynamoDBStreams_20120810" => "streams",
        "TrentService" => "kms",
        "secretsmanager" => "secretsmanager",
        "AmazonSQS" => "sqs",
        "SimpleEmailService" => "ses",
        "S3" => "s3",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rules: Value) -> Plan {
        Plan::new(serde_json::from_value(rules).unwrap())
    }

    #[test]
    fn a_fault_befalls_the_calls_that_are_named() {
        let mut plan = plan(
            json!([{"service": "dynamodb", "operation": "PutItem", "contains": ["a", "b"], "without": ["c"],
            "from": 2, "to": 6, "every": 2, "fault": "drop_after"}]),
        );
        let mut hit = |target: &str, body: &str| plan.judge(target, body.as_bytes()).is_some();
        assert!(!hit("DynamoDB_20120810.GetItem", "ab") && !hit("TrentService.PutItem", "ab"));
        assert!(!hit("DynamoDB_20120810.PutItem", "a") && !hit("DynamoDB_20120810.PutItem", "abc"));
        let hits: Vec<bool> = (0..8).map(|_| hit("DynamoDB_20120810.PutItem", "ab")).collect();
        assert_eq!(hits, [false, true, false, true, false, true, false, false]);
        assert_eq!(plan.told()[0]["seen"], 8);
        assert_eq!(plan.told()[0]["hits"], 3);
    }

    #[test]
    fn what_a_plan_does_not_know_is_refused() {
        for bad in [
            json!([{"servise": "kms"}]),
            json!([{"fault": "explode"}]),
            json!([{"fault": {"slow": {}}}]),
        ] {
            assert!(serde_json::from_value::<Vec<Rule>>(bad.clone()).is_err(), "{bad}");
        }
    }
}
