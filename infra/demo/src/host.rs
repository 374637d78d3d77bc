//! The platform that the demo works against: one that runs already, or a child process for as long as the demo takes.

use super::out::note;
use serde_json::Value;
use shared::time::Clock;
use std::{
    fs,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long a platform may take to start.
const START: Duration = Duration::from_secs(60);
/// How long it may take to stop before it is killed. Its state survives both.
const STOP: Duration = Duration::from_secs(5);

/// A platform that answers.
#[derive(Debug)]
pub struct Host {
    /// Where it answers.
    pub address: String,
    child: Option<Child>,
}

/// Where the platform says that it answers.
pub(crate) fn address(data_dir: &Path) -> Option<String> {
    let text = fs::read_to_string(data_dir.join("platform.json")).ok()?;
    let known: Value = serde_json::from_str(&text).ok()?;
    known.get("address")?.as_str().map(str::to_owned)
}

/// The address of a platform of this directory that answers now.
async fn healthy(data_dir: &Path) -> Option<String> {
    let address = address(data_dir)?;
    let client = console::http::client(&data_dir.join("ca.pem")).ok()?;
    let request = client
        .get(format!("{address}/tenancy/v1/health"))
        .timeout(Duration::from_secs(5));
    let answer = console::http::json(request).await.ok()?;
    (answer.get("status")?.as_str()? == "ok").then_some(address)
}

impl Host {
    /// Finds the platform of a data directory, or starts one.
    ///
    /// # Errors
    /// One line: what cannot be written or started, or that it does not answer in time.
    pub async fn find_or_start(clock: &dyn Clock, data_dir: &Path) -> Result<Self, String> {
        if let Some(address) = healthy(data_dir).await {
            note(&format!("using the platform at {address}"));
            return Ok(Self { address, child: None });
        }
        let named = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
        made.map_err(|e| named(data_dir, e))?;
        let log = data_dir.join("serve.log");
        // The platform tells there how to sign in.
        let _ = fs::remove_file(&log);
        let opened = fs::OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&log);
        let out = opened.map_err(|e| named(&log, e))?;
        let err = out.try_clone().map_err(|e| named(&log, e))?;
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        note(&format!(
            "starting a platform; its output goes to {}",
            log.display()
        ));
        let child = Command::new(&program)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(data_dir)
            .env("LEDGERKEEP_PARENT", std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|e| named(&program, e))?;
        let mut host = Self {
            address: String::new(),
            child: Some(child),
        };
        let began = clock.monotonic();
        loop {
            if let Some(child) = &mut host.child
                && let Ok(Some(status)) = child.try_wait()
            {
                let text = fs::read_to_string(&log).unwrap_or_default();
                let last = text
                    .lines()
                    .rfind(|l| !l.trim().is_empty())
                    .unwrap_or("no output");
                return Err(format!("the platform did not start ({status}): {last}"));
            }
            if let Some(address) = healthy(data_dir).await {
                host.address = address;
                return Ok(host);
            }
            if clock.monotonic().saturating_sub(began) > START {
                host.stop(clock).await;
                return Err(format!(
                    "the platform was not ready within 60 s; see {}",
                    log.display()
                ));
            }
            clock.sleep(Duration::from_millis(200)).await;
        }
    }

    /// Stops the platform if the demo started it.
    pub async fn stop(mut self, clock: &dyn Clock) {
        let Some(child) = &mut self.child else { return };
        let _ = Command::new("kill")
            .arg(child.id().to_string())
            .stderr(Stdio::null())
            .status();
        let began = clock.monotonic();
        while clock.monotonic().saturating_sub(began) < STOP {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            clock.sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Host {
    /// Whatever happens, a platform that the demo started does not outlive it.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child
            && matches!(child.try_wait(), Ok(None))
        {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
