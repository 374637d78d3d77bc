//! The process of a region.

use super::{REGIONS, world::World};
use crate::{
    ServeArgs,
    member::{KEYS, PROVIDER},
    state::{prepare, write_private},
};
use console::say;
use serde_json::{Value, json};
use shared::{home, time::Clock};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How long a region may take until it is ready, and until it has stopped.
const STARTS: Duration = Duration::from_secs(90);
const STOPS: Duration = Duration::from_secs(5);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// One region.
pub struct Region {
    /// Its name.
    pub name: &'static str,
    /// Where it keeps its state.
    pub dir: PathBuf,
    /// Where it is called.
    pub address: String,
    /// Whether it is cut off from the home table and from the other region.
    pub cut: watch::Sender<bool>,
    port: u16,
    args: ServeArgs,
    environment: Vec<(&'static str, String)>,
    running: Mutex<Option<Running>>,
}

struct Running {
    child: Child,
    /// What it wrote when it was ready.
    told: Option<Value>,
}

/// A port: the one that is asked for, or a free one. It stays the region's, so that its address does.
fn port(wanted: u16) -> Result<u16, String> {
    let taken = |e| format!("port {wanted}: {e}; stop what listens there, or choose another with --port");
    let listener = TcpListener::bind(("127.0.0.1", wanted)).map_err(taken)?;
    listener.local_addr().map(|a| a.port()).map_err(taken)
}

impl Region {
    /// All regions, none of them running.
    ///
    /// # Errors
    /// One line: a taken port, a directory that cannot be written.
    pub async fn all(args: &ServeArgs, data_dir: &Path, world: &World) -> Result<Vec<Arc<Self>>, String> {
        let mut ports = Vec::new();
        for (number, _) in (0_u16..).zip(REGIONS) {
            let wanted = if args.port == 0 {
                0
            } else {
                args.port.saturating_add(number)
            };
            ports.push(port(wanted)?);
        }
        let address = |port: u16| format!("https://localhost:{port}");
        let listed: Vec<String> = REGIONS
            .iter()
            .zip(&ports)
            .map(|(name, port)| format!("{name}={}", address(*port)))
            .collect();
        let mut regions = Vec::new();
        for (name, port) in REGIONS.into_iter().zip(ports) {
            let dir = data_dir.join(name);
            prepare(&dir)?;
            // One authority for all, so that a client of one region is a client of the other.
            for file in ["ca.pem", "ca-key.pem"] {
                let pem = fs::read(data_dir.join(file)).map_err(|e| format!("{file}: {e}"))?;
                write_private(&dir.join(file), &pem)?;
            }
            let (cut, seen) = watch::channel(false);
            let environment = vec![
                ("AWS_REGION", name.to_owned()),
                (KEYS, world.keys.clone()),
                (PROVIDER, world.tables.clone()),
                (home::ENDPOINT, world.way_home(seen).await?),
                (home::ADDRESSES, listed.join(",")),
                ("LEDGERKEEP_PARENT", std::process::id().to_string()),
            ];
            regions.push(Arc::new(Self {
                name,
                address: address(port),
                cut,
                port,
                args: args.clone(),
                environment,
                running: Mutex::default(),
                dir,
            }));
        }
        Ok(regions)
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts its process.
    ///
    /// # Errors
    /// When it runs already, or cannot be started.
    pub fn spawn(&self) -> Result<(), String> {
        let mut running = self.running();
        if running.is_some() {
            return Err(format!("{} runs already", self.name));
        }
        // Who reads this knows by it that the region is up.
        let _ = fs::remove_file(self.dir.join("platform.json"));
        let own = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut command = Command::new(own);
        command
            .arg("serve")
            .args(["--member-of", self.name, "--port", &self.port.to_string()]);
        command
            .arg("--data-dir")
            .arg(&self.dir)
            .arg("--root")
            .arg(&self.args.root);
        command.args(["--token-keys", &self.args.token_keys.join(",")]);
        for (wanted, flag) in [(self.args.roles, "--roles"), (self.args.faults, "--faults")] {
            if wanted {
                command.arg(flag);
            }
        }
        if let Some(calls) = &self.args.calls {
            command.arg("--calls").arg(calls);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // In a group of its own: Ctrl-C is for this process, which tells it to stop by the end of its input.
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", self.name))?;
        let (name, output) = (self.name, child.stdout.take());
        std::thread::spawn(move || {
            let lines = output.into_iter().flat_map(|o| BufReader::new(o).lines());
            for line in lines.map_while(Result::ok) {
                say(&format!("{name} | {line}"));
            }
        });
        *running = Some(Running { child, told: None });
        Ok(())
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// When it ends, or takes too long.
    pub async fn ready(&self, clock: &dyn Clock) -> Result<(), String> {
        let began = clock.monotonic();
        let file = self.dir.join("platform.json");
        while clock.monotonic().saturating_sub(began) < STARTS {
            let told = fs::read(&file)
                .ok()
                .and_then(|t| serde_json::from_slice::<Value>(&t).ok());
            {
                let mut running = self.running();
                let Some(one) = running.as_mut() else {
                    return Err(format!("{} does not run", self.name));
                };
                let ours =
                    |t: &Value| t.get("pid").and_then(Value::as_u64) == Some(u64::from(one.child.id()));
                if let Some(told) = told.filter(ours) {
                    one.told = Some(told);
                    return Ok(());
                }
                if let Ok(Some(status)) = one.child.try_wait() {
                    *running = None;
                    return Err(format!("{} ended: {status}", self.name));
                }
            }
            clock.sleep(LOOK).await;
        }
        Err(format!("{} is not ready after {} s", self.name, STARTS.as_secs()))
    }

    /// Where it takes and gives writes; none while it does not run.
    pub fn replica(&self) -> Option<String> {
        let running = self.running();
        let told = running.as_ref()?.told.as_ref()?;
        told.get("replica").and_then(Value::as_str).map(str::to_owned)
    }

    /// Whether writes come to it and from it.
    pub fn is_cut(&self) -> bool {
        *self.cut.borrow()
    }

    /// What is known of it, for `platform.json`.
    pub fn told(&self) -> Value {
        let running = self.running();
        let mut told = running
            .as_ref()
            .and_then(|r| r.told.clone())
            .unwrap_or_else(|| json!({"pid": null}));
        if let Some(map) = told.as_object_mut() {
            map.insert("region".into(), json!(self.name));
            map.insert("address".into(), json!(self.address));
            map.insert("data_dir".into(), json!(self.dir));
        }
        told
    }

    /// How it ended, once, if it has ended by itself after it was ready.
    pub fn ended(&self) -> Option<String> {
        let mut running = self.running();
        let one = running.as_mut().filter(|r| r.told.is_some())?;
        let status = one.child.try_wait().ok()??;
        *running = None;
        Some(match status.signal() {
            Some(signal) => format!("by signal {signal}"),
            None => format!("{status}"),
        })
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self) -> Result<(), String> {
        let mut running = self.running();
        let one = running
            .as_mut()
            .ok_or_else(|| format!("{} does not run", self.name))?;
        one.child.kill().map_err(|e| e.to_string())
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(&self, clock: &dyn Clock) {
        let Some(mut one) = self.running().take() else {
            return;
        };
        drop(one.child.stdin.take());
        let began = clock.monotonic();
        while matches!(one.child.try_wait(), Ok(None)) {
            if clock.monotonic().saturating_sub(began) > STOPS {
                let _ = one.child.kill();
                let _ = one.child.wait();
                return;
            }
            clock.sleep(LOOK).await;
        }
    }
}
