//! The tables of the crate `tables`, served on a free port of this machine.

use super::{live::Live, replica::Replica};
use shared::time::{Clock, SystemClock};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tables::{Engine, Server, Time};

/// Threads that answer: while one has the file, another reads requests and writes answers. The services work on other threads.
const THREADS: usize = 2;

/// The machine's clock.
#[derive(Default)]
pub struct Machine(SystemClock);

impl Time for Machine {
    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
    fn sleep<'a>(&'a self, how_long: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.0.sleep(how_long)
    }
}

/// Opens the tables' file and serves DynamoDB on a free port of this machine; gives the address.
///
/// # Errors
/// One line: a file that cannot be used, or no free port.
pub fn start(dir: &Path) -> Result<String, String> {
    let (engine, path) = open(dir)?;
    let (listener, address) = free_port()?;
    serve(engine, &path, listener, None)?;
    Ok(address)
}

/// The same for a region whose tables are replicated: also gives where the other region's writes are taken and this
/// one's are given out.
///
/// # Errors
/// One line: a file that cannot be used, or no free port.
pub fn start_replicated(
    dir: &Path,
    region: &str,
    tables: &[String],
    live: Arc<Live>,
) -> Result<(String, String), String> {
    let (engine, path) = open(dir)?;
    let replica = Replica::open(engine.clone(), &path, region, tables, live)
        .map_err(|e| format!("{}: {e}", path.display()))?;
    let (beside, address_beside) = free_port()?;
    let (listener, address) = free_port()?;
    serve(engine, &path, listener, Some((replica, beside)))?;
    Ok((address, address_beside))
}

fn free_port() -> Result<(TcpListener, String), String> {
    let told = |e: std::io::Error| format!("tables: {e}");
    let listener = TcpListener::bind("127.0.0.1:0").map_err(told)?;
    listener.set_nonblocking(true).map_err(told)?;
    let address = format!("http://{}", listener.local_addr().map_err(told)?);
    Ok((listener, address))
}

fn open(dir: &Path) -> Result<(Arc<Engine>, PathBuf), String> {
    let path = dir.join("tables.sqlite");
    let engine = Engine::open(&path, Arc::new(Machine::default())).map_err(|e| damaged(&path, &e))?;
    Ok((engine, path))
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> String {
    format!(
        "the state file {} cannot be used ({why}); `make reset` starts anew",
        path.display()
    )
}

/// Answers on threads of its own, whose work is mostly not to wait: on those of the functions it would stop everything else for as
/// long, until their calls of other stand-ins ran into their time limits.
fn serve(
    engine: Arc<Engine>,
    path: &Path,
    listener: TcpListener,
    replica: Option<(Arc<Replica>, TcpListener)>,
) -> Result<(), String> {
    let text = path.to_str().ok_or("the data directory's name is not UTF-8")?;
    let whole = dynoxide::Database::new(text).map_err(|e| damaged(path, &e))?;
    // What the engine sets for its own connection; its name is another matter.
    whole.enable_bulk_loading().map_err(|e| damaged(path, &e))?;
    let others = super::apart("tables-others", |listener| async move {
        let _ = dynoxide::server::serve_with_shutdown(listener, whole, std::future::pending()).await;
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("tables")
        .enable_all()
        .build()
        .map_err(|e| format!("tables: {e}"))?;
    let run = move || {
        runtime.block_on(async {
            if let Some((replica, beside)) = replica {
                tokio::spawn(replica.serve(beside));
            }
            if let (Ok(listener), Ok(server)) = (
                tokio::net::TcpListener::from_std(listener),
                Server::new(engine, others, Arc::new(Machine::default())),
            ) {
                server.serve(listener).await;
            }
        });
    };
    std::thread::Builder::new()
        .name("tables-accept".into())
        .spawn(run)
        .map_err(|e| format!("tables: {e}"))?;
    Ok(())
}
