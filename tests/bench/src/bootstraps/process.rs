//! One process of a function's binary, started as Lambda starts it.

use super::runtime::{Runtime, Said};
use serde_json::Value;
use shared::time::Clock;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

/// How long a start, or an answer, may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running binary that waits for its next event.
pub(crate) struct Process {
    clock: Arc<dyn Clock>,
    runtime: Runtime,
    child: Child,
    log: std::path::PathBuf,
    /// Events that it answered.
    answered: usize,
    /// From its start to its first poll.
    pub(crate) cold: Duration,
}

impl Process {
    /// Starts a binary with this environment and nothing else, and waits for its first poll.
    pub(crate) async fn start(
        clock: &Arc<dyn Clock>,
        binary: &Path,
        environment: &BTreeMap<String, String>,
        scratch: &Path,
    ) -> Result<Self, String> {
        let name = binary
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let runtime = Runtime::start(clock, &name).await?;
        let log = scratch.join(format!("{name}.log"));
        let file = File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        let errors = file.try_clone().map_err(|e| format!("{}: {e}", log.display()))?;
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors);
        let began = clock.monotonic();
        let child = command
            .spawn()
            .map_err(|e| format!("{}: {e}", binary.display()))?;
        let mut process = Self {
            clock: clock.clone(),
            runtime,
            child,
            log,
            answered: 0,
            cold: Duration::ZERO,
        };
        match process.next().await? {
            (Said::Poll, at) => process.cold = at.saturating_sub(began),
            (Said::Answer(_), _) => return Err(process.told("answered before there was an event")),
            (Said::Error(why), _) => return Err(process.told(&format!("did not start: {why}"))),
        }
        Ok(process)
    }

    /// Hands it an event: its answer, and how long that took.
    pub(crate) async fn invoke(&mut self, event: String) -> Result<(bytes::Bytes, Duration), String> {
        let began = self.clock.monotonic();
        self.runtime.hand_out(event)?;
        let answer = match self.next().await? {
            (Said::Answer(answer), at) => (answer, at.saturating_sub(began)),
            (Said::Error(why), _) => return Err(self.told(&format!("failed: {why}"))),
            (Said::Poll, _) => return Err(self.told("asked for an event without answering the one it had")),
        };
        match self.next().await? {
            (Said::Poll, _) => {
                self.answered += 1;
                Ok(answer)
            }
            _ => Err(self.told("answered twice")),
        }
    }

    /// Checks that it wrote one line of metrics for each event, which name it and no other function.
    pub(crate) fn told_metrics(&self, service: &str, function: &str) -> Result<(), String> {
        let text = fs::read_to_string(&self.log).map_err(|e| format!("{}: {e}", self.log.display()))?;
        let parsed = text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
        let lines: Vec<Value> = parsed.filter(|l| l.get("_aws").is_some()).collect();
        if lines.len() != self.answered {
            return Err(format!(
                "told metrics {} times of {} invocations",
                lines.len(),
                self.answered
            ));
        }
        let own = |line: &Value| {
            let is = |name: &str, value: &str| line.get(name).and_then(Value::as_str) == Some(value);
            let namespace = line
                .pointer("/_aws/CloudWatchMetrics/0/Namespace")
                .and_then(Value::as_str);
            is("Service", service) && is("Function", function) && namespace == Some("Ledgerkeep/local")
        };
        match lines.iter().find(|line| !own(line)) {
            Some(line) => Err(format!("told metrics of another function: {line}")),
            None => Ok(()),
        }
    }

    /// Its peak resident memory so far, in kilobytes (`VmHWM` of proc(5)).
    pub(crate) fn peak_kilobytes(&self) -> Result<u64, String> {
        memory(self.child.id(), "VmHWM:")
    }

    async fn next(&mut self) -> Result<(Said, Duration), String> {
        let began = self.clock.monotonic();
        loop {
            let nap = self.clock.sleep(Duration::from_millis(200));
            let heard = tokio::select! {
                heard = self.runtime.hear() => Some(heard?),
                () = nap => None,
            };
            if let Some(heard) = heard {
                return Ok((heard.said, heard.at));
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.told(&format!("ended with {status}")));
            }
            if self.clock.monotonic().saturating_sub(began) > PATIENCE {
                return Err(self.told("says nothing"));
            }
        }
    }

    /// What went wrong, with the end of what it wrote.
    fn told(&self, what: &str) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.get(lines.len().saturating_sub(5)..).unwrap_or_default();
        if end.is_empty() {
            what.to_owned()
        } else {
            format!("{what}\n    {}", end.join("\n    "))
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of `/proc/<pid>/status` that counts kilobytes.
pub(crate) fn memory(pid: u32, line: &str) -> Result<u64, String> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let found = text.lines().find_map(|l| l.strip_prefix(line));
    found
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| format!("{path} has no {line}"))
}
