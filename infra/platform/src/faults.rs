//! Faults on purpose: the stand-ins of AWS answer chosen calls as AWS does on a bad day. Only with `--faults`.

mod plan;
mod server;

pub use plan::{Fault, Plan, Rule};
pub use server::{admin, proxy};
pub(super) use server::{listen, plain};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};
use shared::time::Clock;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The connection ends without an answer.
#[derive(Debug)]
pub struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// The plan that is in force, shared by every stand-in.
pub struct Faults {
    plan: Mutex<Plan>,
    clock: Arc<dyn Clock>,
}

impl Faults {
    /// No faults yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            plan: Mutex::default(),
            clock,
        })
    }

    /// Sets these rules and forgets all earlier ones.
    pub fn set(&self, rules: Vec<Rule>) {
        *self.plan() = Plan::new(rules);
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one call: as `act` does, or with the fault that the plan has for it.
    ///
    /// # Errors
    /// When the plan drops the connection.
    pub async fn around(
        &self,
        target: &str,
        body: &[u8],
        act: impl Future<Output = Response<Full<Bytes>>>,
    ) -> Result<Response<Full<Bytes>>, Dropped> {
        let fault = self.plan().judge(target, body);
        match fault {
            None => Ok(act.await),
            Some(Fault::Error {
                code,
                message,
                status,
            }) => {
                let status = status.unwrap_or(if code.starts_with("Internal") { 500 } else { 400 });
                let message = message.unwrap_or_else(|| "A fault on purpose.".into());
                Ok(refusal(status, &code, json!({"message": message})))
            }
            Some(Fault::Canceled { reason }) => Ok(refusal(
                400,
                "TransactionCanceledException",
                canceled(&reason, body),
            )),
            Some(Fault::Slow { millis }) => {
                self.clock.sleep(Duration::from_millis(millis)).await;
                Ok(act.await)
            }
            Some(Fault::DropBefore) => Err(Dropped),
            Some(Fault::DropAfter) => {
                act.await;
                Err(Dropped)
            }
            Some(Fault::AbortBefore) => std::process::abort(),
            Some(Fault::AbortAfter) => {
                act.await;
                std::process::abort()
            }
        }
    }
}

/// One reason for each action, the first of them the one that is asked for, as DynamoDB lists them.
fn canceled(reason: &str, body: &[u8]) -> Value {
    let actions = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|b| Some(b.get("TransactItems")?.as_array()?.len()))
        .unwrap_or(1);
    let reasons: Vec<Value> = (0..actions)
        .map(|i| json!({"Code": if i == 0 { reason } else { "None" }}))
        .collect();
    json!({"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons})
}

fn refusal(status: u16, code: &str, mut body: Value) -> Response<Full<Bytes>> {
    if let Value::Object(map) = &mut body {
        map.insert("__type".into(), json!(format!("com.amazonaws#{code}")));
    }
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-errortype", code)
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap_or_default()
}
