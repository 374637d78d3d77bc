//! The local platform: everything the templates describe, in one process on this machine.

mod aws_server;
mod first_start;
mod gateway;
mod state;
pub mod tls;
mod triggers;

use crate::topology::Topology;
use shared::{
    app::{App, Config, Endpoints},
    crypto::KeyUse,
    endpoint::{Function, Service},
    store::Table,
    time::{Clock, SystemClock},
    worker::Worker,
};
use std::{
    collections::BTreeMap,
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Every service that this platform serves.
pub static SERVICES: &[&Service] = &[
    &identity::SERVICE,
    &tenancy::SERVICE,
    &billing::SERVICE,
    &vault::SERVICE,
    &payments::SERVICE,
    &notifications::SERVICE,
    &audit::SERVICE,
];

/// The region that the platform plays.
pub const REGION: &str = "eu-west-1";
/// The issuer stays the same whatever port is free, so that tokens survive a restart on another one.
const ISSUER: &str = "https://localhost:8443";
/// The account that the platform plays.
pub const ACCOUNT: &str = "000000000000";

/// `ledgerkeep serve`.
#[derive(clap::Args, Debug, Clone)]
pub struct ServeArgs {
    /// Port on localhost; 0 takes a free one.
    #[arg(long, default_value_t = 8443)]
    pub port: u16,
    /// Where tables, keys, secrets and certificates are kept.
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
    /// Where `template.yaml` stands.
    #[arg(long, default_value = ".")]
    pub root: PathBuf,
}

/// A function by its name.
#[must_use]
pub fn function(name: &str) -> Option<&'static Function> {
    SERVICES
        .iter()
        .flat_map(|s| s.endpoints)
        .find(|f| f.declaration.name == name)
}

/// A worker by its name.
#[must_use]
pub fn worker(name: &str) -> Option<&'static Worker> {
    SERVICES.iter().flat_map(|s| s.workers).find(|w| w.name == name)
}

/// Writes a line for people.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// Serves until it is told to stop.
///
/// # Errors
/// One clear line: a taken port, a broken template, a damaged state file.
pub async fn serve(args: ServeArgs) -> Result<(), String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let started = clock.monotonic();
    let topology = Arc::new(Topology::read(&args.root)?);
    topology.agree(SERVICES)?;
    let listener = tokio::net::TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), args.port))
        .await
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "port {} is taken: stop what listens there, or choose another with --port",
                args.port
            ),
            _ => format!("port {}: {e}", args.port),
        })?;
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    let address = format!("https://localhost:{port}");

    state::prepare(&args.data_dir)?;
    let external = std::env::var("AWS_ENDPOINT_URL").ok().filter(|u| !u.is_empty());
    let emulator = Arc::new(aws_server::open(&args.data_dir)?);
    let aws = aws_server::start(emulator.clone()).await?;
    let dynamodb = match &external {
        Some(url) => url.clone(),
        None => state::start_dynamodb(&args.data_dir).await?,
    };
    let others = external.clone().unwrap_or_else(|| aws.clone());
    let endpoints = Endpoints {
        dynamodb: Some(dynamodb.clone()),
        others: Some(others),
        queues: Some(aws),
    };
    let config = configuration(&args.data_dir, &emulator, &topology, external.is_some())?;
    let sdk = state::sdk(external.is_some()).await;
    state::create_tables(&sdk, &endpoints, &topology, &config).await?;
    let app = App::new(config, &sdk, &endpoints, clock.clone());

    let routes = gateway::Routes::new(&topology)?;
    let tls = tls::server(&args.data_dir)?;
    gateway::start(listener, tls, app.clone(), routes);
    let first = first_start::prepare(&app, &address, &args.data_dir).await?;
    triggers::start(&app, &sdk, &endpoints, &topology, &emulator, &args.data_dir)?;
    state::ready(&args.data_dir, &address, &dynamodb)?;

    let took = clock.monotonic().saturating_sub(started);
    let endpoints = topology.routes.len();
    say(&format!(
        "Ledgerkeep at {address}: {endpoints} endpoints, ready in {:.1} s",
        took.as_secs_f64()
    ));
    first_start::print(&first, &address, &args.data_dir);
    until_stopped(&*clock).await;
    say("stopped; the state is kept");
    Ok(())
}

/// Waits for Ctrl-C, SIGTERM, or the end of the process named by `LEDGERKEEP_PARENT`.
async fn until_stopped(clock: &dyn Clock) {
    let parent = std::env::var("LEDGERKEEP_PARENT")
        .ok()
        .map(|pid| Path::new("/proc").join(pid));
    let orphaned = async {
        match parent {
            Some(path) => {
                while path.exists() {
                    clock.sleep(Duration::from_millis(500)).await;
                }
            }
            None => std::future::pending().await,
        }
    };
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = orphaned => {}
        () = terminated => {}
    }
}

/// The environment of every function, as the templates name it, with local values.
fn configuration(
    data_dir: &Path,
    emulator: &crate::aws::Emulator,
    topology: &Topology,
    external: bool,
) -> Result<Config, String> {
    let mut vars = BTreeMap::from([
        ("LEDGERKEEP_ENV".to_owned(), "local".to_owned()),
        ("AWS_REGION".to_owned(), REGION.to_owned()),
        ("ISSUER".to_owned(), ISSUER.to_owned()),
        ("EGRESS_ALLOW".to_owned(), "127.0.0.0/8,::1/128".to_owned()),
        ("REPORT_CALLS".to_owned(), "1".to_owned()),
        ("EGRESS_ROOTS_PEM".to_owned(), tls::authority(data_dir)?),
    ]);
    for table in Table::ALL {
        vars.insert(table.variable(), format!("ledgerkeep-local-{}", table.name()));
    }
    for key in KeyUse::ALL {
        let spec = match key {
            KeyUse::Wrap(_) => crate::aws::KeySpec::SymmetricDefault,
            KeyUse::Token | KeyUse::Checkpoint => crate::aws::KeySpec::EccNistP256,
            KeyUse::Fingerprint => crate::aws::KeySpec::Hmac256,
        };
        let alias = format!("alias/ledgerkeep-local-{}", key.name());
        if !external {
            emulator
                .kms
                .ensure_key(&alias, spec, true)
                .map_err(|e| format!("{alias}: {e}"))?;
        }
        vars.insert(key.variable(), alias);
    }
    let pepper = "ledgerkeep/local/pepper";
    if !external {
        emulator
            .secrets
            .ensure(pepper, first_start::new_pepper)
            .map_err(|e| format!("{pepper}: {e}"))?;
    }
    vars.insert("SECRET_PEPPER".into(), pepper.into());
    for trigger in &topology.queues {
        let url = emulator.queues.ensure(&trigger.queue);
        vars.insert(format!("QUEUE_{}", trigger.queue.to_uppercase()), url);
    }
    Config::from_vars(&vars)
}
