//! Two regions of this machine in a process of their own, for as long as the drill takes.

use serde_json::Value;
use shared::time::Clock;
use std::{
    fs, io,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinHandle;

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// What the operator's command told.
#[derive(Debug, Default)]
pub struct Told {
    /// Each line, and when it came.
    pub steps: Vec<(Duration, String)>,
    /// What went wrong.
    pub errors: String,
}

/// The regions.
pub struct Pair {
    child: Child,
    dir: PathBuf,
    plain: reqwest::Client,
    clock: Arc<dyn Clock>,
}

fn own() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|e| e.to_string())
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

impl Pair {
    /// Starts them.
    ///
    /// # Errors
    /// When they do not become ready; what they wrote is in `log` of the directory.
    pub async fn start(root: &Path, lag: u64, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let name = format!("ledgerkeep-drill-{}", hex::encode(shared::random::bytes::<6>()));
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let log = fs::File::create(dir.join("log")).map_err(|e| e.to_string())?;
        let child = Command::new(own()?)
            .args(["serve", "--regions", "2", "--port", "0"])
            .args(["--replication-lag", &lag.to_string()])
            .arg("--data-dir")
            .arg(&dir)
            .arg("--root")
            .arg(root)
            .env("LEDGERKEEP_PARENT", std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(|e| e.to_string())?)
            .stderr(log)
            .spawn()
            .map_err(|e| e.to_string())?;
        let plain = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let pair = Self {
            child,
            dir,
            plain: plain.build().map_err(|e| e.to_string())?,
            clock,
        };
        let ready = async || Ok(read(&pair.dir.join("platform.json")).map(drop));
        pair.until("the regions are not ready", ready).await?;
        Ok(pair)
    }

    /// Waits for something.
    ///
    /// # Errors
    /// That it was in vain.
    pub async fn until<T, F>(&self, what: &str, mut ask: F) -> Result<T, String>
    where
        F: AsyncFnMut() -> Result<Option<T>, String>,
    {
        let began = self.clock.monotonic();
        while self.clock.monotonic().saturating_sub(began) < PATIENCE {
            if let Some(found) = ask().await? {
                return Ok(found);
            }
            self.clock.sleep(LOOK).await;
        }
        Err(format!(
            "{what} after {} s; see {}",
            PATIENCE.as_secs(),
            self.dir.join("log").display()
        ))
    }

    /// Where it all is kept.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn told(&self, name: &str) -> Result<Value, String> {
        let told = read(&self.dir.join("platform.json")).unwrap_or_default();
        let found = told.get(name).cloned();
        found.ok_or_else(|| format!("platform.json has no {name}"))
    }

    fn text(&self, name: &str) -> Result<String, String> {
        let value = self.told(name)?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    fn of(&self, region: &str, name: &str) -> Result<String, String> {
        let regions = self.told("regions")?;
        let named = |r: &&Value| r.get("region").and_then(Value::as_str) == Some(region);
        let found = regions.as_array().into_iter().flatten().find(named);
        let value = found.and_then(|r| r.get(name)?.as_str());
        Ok(value.unwrap_or("http://127.0.0.1:9").to_owned())
    }

    /// Where a region is called.
    ///
    /// # Errors
    /// When that is not known.
    pub fn address(&self, region: &str) -> Result<String, String> {
        self.of(region, "address")
    }

    /// Kills or starts a region.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn act(&self, action: &str, region: &str) -> Result<(), String> {
        let url = format!("{}/{action}/{region}", self.text("control")?);
        console::http::json(self.plain.post(url)).await.map(drop)
    }

    /// What is told of the way from a region to the other one.
    ///
    /// # Errors
    /// When nothing is.
    pub async fn link(&self, from: &str) -> Result<Value, String> {
        let told = console::http::json(self.plain.get(self.text("control")?)).await?;
        let links = told
            .get("links")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let found = links
            .into_iter()
            .find(|l| l.get("from").and_then(Value::as_str) == Some(from));
        found.ok_or_else(|| format!("nothing is told of {from}"))
    }

    /// The operator has one region take over from the other.
    ///
    /// # Errors
    /// When the command cannot be run.
    pub fn take_over(&self, from: &str, to: &str) -> Result<JoinHandle<io::Result<Told>>, String> {
        let mut command = Command::new(own()?);
        command.args(["failover", "--all", "--by", "drill", "--from", from, "--to", to]);
        for region in [from, to] {
            let endpoint = format!("{region}={}", self.of(region, "dynamodb")?);
            command.args(["--endpoint", &endpoint]);
        }
        command.env(shared::home::ENDPOINT, self.text("home")?);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let clock = self.clock.clone();
        Ok(tokio::task::spawn_blocking(move || {
            let mut child = command.spawn()?;
            let mut told = Told::default();
            if let Some(out) = child.stdout.take() {
                for line in BufReader::new(out).lines() {
                    told.steps.push((clock.monotonic(), line?));
                }
            }
            told.errors = String::from_utf8_lossy(&child.wait_with_output()?.stderr).into_owned();
            Ok(told)
        }))
    }

    /// What the payment provider has carried out: what, and how much.
    ///
    /// # Errors
    /// When its tables do not answer.
    pub async fn books(&self) -> Result<Vec<(String, i64)>, String> {
        let mut books = Vec::new();
        let mut from = Value::Null;
        loop {
            let mut scan = serde_json::json!({"TableName": "ledgerkeep-local-payments"});
            if let Some(map) = scan.as_object_mut().filter(|_| !from.is_null()) {
                map.insert("ExclusiveStartKey".into(), from);
            }
            let request = self
                .plain
                .post(self.text("home")?)
                .header("x-amz-target", "DynamoDB_20120810.Scan")
                .header("content-type", "application/x-amz-json-1.0")
                .header("x-amz-date", "20260101T000000Z")
                .header(
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
                )
                .body(scan.to_string());
            let page = console::http::json(request).await?;
            let items = page.get("Items").and_then(Value::as_array);
            for item in items.into_iter().flatten() {
                let at = |path: &str| item.pointer(path).and_then(Value::as_str);
                let amount = at("/amount/N").and_then(|n| n.parse().ok());
                if let (None, Some(what), Some(amount)) = (at("/declined/S"), at("/operation/S"), amount) {
                    books.push((what.to_owned(), amount));
                }
            }
            from = page.get("LastEvaluatedKey").cloned().unwrap_or_default();
            if from.is_null() {
                return Ok(books);
            }
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}
