//! The platform under test: the `ledgerkeep` binary on a data directory of its own.

use super::{Faults, Http, http::client, time};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, OnceLock},
};

/// A running platform. It is killed when this is dropped, and ends by itself when the suites do.
pub struct Platform {
    /// Where it keeps its state.
    pub dir: PathBuf,
    /// How it is called.
    pub http: Http,
    /// How its stand-ins of AWS are made to fail, where it was started for that.
    pub faults: Option<Faults>,
    child: Mutex<Child>,
}

/// The one that the suites share.
pub fn platform() -> &'static Platform {
    static SHARED: OnceLock<Platform> = OnceLock::new();
    SHARED.get_or_init(|| {
        sweep();
        Platform::start(&scratch("shared"), &root())
    })
}

/// Runs a test. Connections outlive a test, so all share one runtime.
pub fn run<F: Future>(test: F) -> F::Output {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime"))
        .block_on(test)
}

/// The repository, as cargo says when it runs this: what it said when it built this may be a clone that is gone.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo");
    Path::new(&package).parent().expect("the repository").to_owned()
}

/// The command, beside the directory of this test's own binary.
pub fn binary() -> PathBuf {
    let found = std::env::var_os("LEDGERKEEP_BIN")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            let own = std::env::current_exe().expect("this binary");
            own.parent()
                .and_then(Path::parent)
                .expect("target/debug")
                .join("ledgerkeep")
        });
    assert!(
        found.is_file(),
        "{} is missing: run `cargo build` first",
        found.display()
    );
    found
}

/// A new directory of this run.
pub fn scratch(name: &str) -> PathBuf {
    let run = std::env::temp_dir().join(format!("ledgerkeep-e2e-{}", std::process::id()));
    let dir = run.join(format!("{name}-{}", super::random(6)));
    fs::create_dir_all(&dir).expect("a temporary directory");
    dir
}

/// Removes what runs that have ended left behind more than an hour ago; until then somebody may want to read it.
fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix("ledgerkeep-e2e-") else {
            continue;
        };
        let made = entry.metadata().and_then(|data| data.modified()).ok();
        let age = made.and_then(|made| made.elapsed().ok()).unwrap_or_default();
        if age.as_secs() > 3_600 && !Path::new("/proc").join(pid).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The directory in which what functions ask of AWS is recorded: the one of `LEDGERKEEP_CALLS`, for whoever reads it after the run.
pub fn calls() -> PathBuf {
    let own = || std::env::temp_dir().join(format!("ledgerkeep-e2e-{}/calls", std::process::id()));
    std::env::var_os("LEDGERKEEP_CALLS").map_or_else(own, PathBuf::from)
}

/// The command `serve`, not yet started.
pub fn serve(dir: &Path, root: &Path, port: u16) -> Command {
    let mut command = serve_as_one(dir, root, port);
    // Every function works under its own roles, and what it does is recorded; a measurement is of the road alone.
    if std::env::var_os("LEDGERKEEP_BENCH").is_none() {
        command.arg("--roles").arg("--calls").arg(calls());
    }
    command
}

/// As [`serve`], with one process for all functions and no roles: for keys that the templates' parameters do not name by default.
pub fn serve_as_one(dir: &Path, root: &Path, port: u16) -> Command {
    let mut command = Command::new(binary());
    command.arg("serve").args(["--port", &port.to_string()]);
    command.arg("--data-dir").arg(dir).arg("--root").arg(root);
    command
        .env("LEDGERKEEP_PARENT", std::process::id().to_string())
        .stdin(Stdio::null());
    command
}

impl Platform {
    /// Starts one and waits until it answers.
    pub fn start(dir: &Path, root: &Path) -> Self {
        Self::run(dir, serve(dir, root, 0))
    }

    /// Starts one whose stand-ins of AWS can be made to fail.
    pub fn faulty(dir: &Path) -> Self {
        let mut command = serve(dir, &root(), 0);
        command.arg("--faults");
        Self::run(dir, command)
    }

    /// Runs a command that serves, and waits until it answers.
    pub fn run(dir: &Path, mut command: Command) -> Self {
        // What an earlier start on the same directory wrote says nothing about this one.
        let ready = dir.join("platform.json");
        let _ = fs::remove_file(&ready);
        let log = File::options()
            .create(true)
            .append(true)
            .open(dir.join("platform.log"))
            .expect("a log file");
        command.stdout(log.try_clone().expect("the log file")).stderr(log);
        let mut child = command.spawn().expect("the platform starts");
        let began = time::Since::now();
        let told = loop {
            if let Some(status) = child.try_wait().expect("the platform's state") {
                panic!("the platform ended with {status}:\n{}", tail(dir));
            }
            if let Some(told) = read(&ready).filter(|_| dir.join("first-sign-in.json").exists()) {
                break told;
            }
            assert!(
                began.elapsed().as_secs() < 120,
                "the platform is not ready:\n{}",
                tail(dir)
            );
            time::block(50);
        };
        let ca = told["ca"].as_str().expect("platform.json names its certificate");
        let ca = if ca.starts_with("-----") {
            ca.to_owned()
        } else {
            fs::read_to_string(ca).expect("the certificate")
        };
        let address = told["address"].as_str().expect("platform.json names its address");
        let address = if address.contains("://") {
            address.to_owned()
        } else {
            format!("https://{address}")
        };
        Self {
            dir: dir.to_owned(),
            http: Http::new(client(&ca), address),
            faults: Faults::told(&told),
            child: Mutex::new(child),
        }
    }

    /// What the first start wrote for people: tenant, administrators, operator.
    pub fn first_sign_in(&self) -> Value {
        read(&self.dir.join("first-sign-in.json")).expect("first-sign-in.json")
    }

    /// How its stand-ins of AWS are made to fail.
    pub fn faults(&self) -> &Faults {
        self.faults
            .as_ref()
            .expect("a platform that was started with --faults")
    }

    /// Waits until it has ended by itself.
    pub fn ends(&self) {
        let began = time::Since::now();
        let mut child = self.child.lock().expect("the child");
        while child.try_wait().expect("the platform's state").is_none() {
            assert!(began.elapsed().as_secs() < 60, "the platform lives on");
            time::block(20);
        }
    }

    /// `kill -9`.
    pub fn kill(&self) {
        let mut child = self.child.lock().expect("the child");
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn tail(dir: &Path) -> String {
    let text = fs::read(dir.join("platform.log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
