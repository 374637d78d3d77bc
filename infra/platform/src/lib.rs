//! The local platform: everything the templates describe, in one process on this machine.

#[cfg(test)]
mod alert_tests;
mod apps;
#[cfg(test)]
mod archive_tests;
mod aws_server;
#[cfg(test)]
mod billing_tests;
mod external;
mod faults;
mod first_start;
mod gateway;
#[cfg(test)]
mod home_tests;
mod live;
#[cfg(test)]
mod log_tests;
pub mod mail;
mod member;
pub mod regions;
pub mod regions_command;
mod replica;
#[cfg(test)]
mod review_tests;
mod roles;
#[cfg(test)]
mod rotation_tests;
mod state;
pub use state::sdk;
mod tables;
#[cfg(test)]
mod testing;
pub mod tls;
#[cfg(test)]
mod token_tests;
pub mod top;
mod triggers;
#[cfg(test)]
mod velocity_tests;

use console::say;
use names::{ACCOUNT, PEPPER, REGION};
use services::{SERVICES, worker};
use shared::{
    app::{App, Config, Endpoints},
    crypto::KeyUse,
    store::Table,
    time::{Clock, SystemClock},
};
use standins::{Emulator, KeySpec};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use topology::Topology;

/// The issuer stays the same whatever port is free, so that tokens survive a restart on another one.
const ISSUER: &str = "https://localhost:8443";

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
    /// Have every function work as a process of its own, under its own roles of the templates: what they do not allow is
    /// refused, and every kind of call is recorded in `calls` of the data directory
    #[arg(long)]
    pub roles: bool,
    /// Keys of access tokens by name: the first signs, and both verify. A rotation is three starts: with `token,next`, with
    /// `next,token` once whoever verifies knows both, and with `next` once the last token of the old one has run out
    #[arg(long, value_delimiter = ',', value_parser = key_name, default_value = "token,token-beside")]
    pub token_keys: Vec<String>,
    /// The directory in which those calls are recorded instead, a file for each process; what stands there stays
    #[arg(long, requires = "roles")]
    pub calls: Option<PathBuf>,
    /// Let whoever is on this machine make the stand-ins of AWS fail. For tests
    #[arg(long)]
    pub faults: bool,
    /// Regions, each a process of its own, whose tables are replicated as global tables are
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub regions: u8,
    /// How replication between them behaves
    #[command(flatten)]
    pub replication: regions::ReplicationArgs,
    /// The region to play, among those that another process runs
    #[arg(long, hide = true)]
    pub member_of: Option<String>,
}

fn key_name(text: &str) -> Result<String, String> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=40).contains(&text.len()) && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("a name is lower case letters, digits and dashes".into())
    }
}

/// Runs a stand-in of AWS on a thread of its own, at a free port of this machine; gives its address. The tables
/// hold their thread while they write to the disk. On the threads of the functions that would stop everything
/// else for as long, until their calls of other stand-ins ran into their time limits.
fn apart<F>(
    name: &str,
    serve: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
) -> Result<String, String>
where
    F: Future<Output = ()>,
{
    let told = |e: std::io::Error| format!("{name}: {e}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(told)?;
    listener.set_nonblocking(true).map_err(told)?;
    let address = format!("http://{}", listener.local_addr().map_err(told)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(told)?;
    let run = move || {
        runtime.block_on(async {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                serve(listener).await;
            }
        });
    };
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .map_err(told)?;
    Ok(address)
}

/// Serves until it is told to stop.
///
/// # Errors
/// One clear line: a taken port, a broken template, a damaged state file.
pub async fn serve(args: ServeArgs) -> Result<(), String> {
    if args.regions > 1 {
        return regions::serve(args).await;
    }
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let live = live::Live::new(clock.clone());
    let member = args.member_of.as_deref();
    let member = member
        .map(|region| member::Member::told(region, live.clone()))
        .transpose()?;
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

    if args.faults && external::address().is_some() {
        return Err("--faults is for the stand-ins of AWS: unset AWS_ENDPOINT_URL, or leave it out".into());
    }
    if args.roles && external::address().is_some() {
        return Err("--roles is for the stand-ins of AWS: unset AWS_ENDPOINT_URL, or leave it out".into());
    }
    let faults = args.faults.then(|| faults::Faults::new(clock.clone()));
    let StandIns {
        emulator,
        endpoints,
        sdk,
        variables,
        app,
        replica,
    } = StandIns::signing(
        &topology,
        &args.data_dir,
        clock.clone(),
        faults.clone(),
        &args.token_keys,
        member.as_ref(),
    )
    .await?;
    let _ = app.metrics.set(live.clone());
    let app_region = app.config.region.clone();
    let apps = match args.roles {
        false => apps::Apps::one(app),
        true => {
            let calls = args.calls.clone().unwrap_or_else(|| args.data_dir.join("calls"));
            let each = apps::Each {
                judge: roles::Judge::new(&topology, emulator.clone(), &calls)?,
                sdk: sdk.clone(),
                endpoints: endpoints.clone(),
                variables,
                topology: topology.clone(),
                clock: clock.clone(),
                metrics: live.clone(),
            };
            apps::Apps::each(app, each)
        }
    };
    let control = match faults {
        None => None,
        Some(faults) => Some(faults::admin(faults).await?),
    };
    // Where secrets are, unless they are somebody else's.
    let aws = endpoints
        .secrets
        .clone()
        .filter(|_| external::address().is_none());
    let told = serde_json::json!({
        "dynamodb": endpoints.dynamodb, "aws": aws, "faults": control, "live": live::serve(live).await?,
        "region": app_region, "replica": replica,
    });
    let routes = gateway::Routes::new(&topology)?;
    let tls = tls::server(&args.data_dir)?;
    gateway::start(listener, tls, apps.clone(), routes);
    // The second region gets from the first what there is.
    let first = match app_region == REGION {
        true => Some(first_start::prepare(&apps, &address, &args.data_dir).await?),
        false => None,
    };
    triggers::start(&apps, &sdk, &endpoints, &topology, &emulator, &args.data_dir)?;
    state::ready(&args.data_dir, &address, told)?;

    let took = clock.monotonic().saturating_sub(started);
    let endpoints = topology.routes.len();
    say(&format!(
        "Ledgerkeep at {address}: {endpoints} endpoints, ready in {:.1} s",
        took.as_secs_f64()
    ));
    if let Some(control) = control {
        say(&format!(
            "WARNING: started with --faults. Whoever is on this machine can make it fail, at {control}. For tests only."
        ));
    }
    if let Some(first) = first {
        first_start::print(&first, &address, &args.data_dir);
    }
    until_stopped(&*clock, member.is_some()).await;
    say("stopped; the state is kept");
    Ok(())
}

/// The services of AWS that this machine plays, with the tables, keys, secrets and queues of the templates, and a process that
/// works with them.
pub struct StandIns {
    /// KMS, Secrets Manager and SQS.
    pub emulator: Arc<standins::Emulator>,
    /// Where they and DynamoDB answer.
    pub endpoints: Endpoints,
    /// How the SDK reaches them.
    pub sdk: aws_config::SdkConfig,
    /// Every environment variable that a template may name, with its local value.
    pub variables: BTreeMap<String, String>,
    /// The process.
    pub app: Arc<App>,
    /// Where the tables of a region are replicated from and to.
    pub replica: Option<String>,
}

impl StandIns {
    /// Starts them on a data directory.
    ///
    /// # Errors
    /// One line: a damaged state file, or a stand-in that does not start.
    pub async fn start(topology: &Topology, data_dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, String> {
        Self::signing(topology, data_dir, clock, None, &[], None).await
    }

    /// Starts them with these keys of access tokens; the usual ones where none is named. A member of several regions has its keys,
    /// secrets and payment provider elsewhere.
    pub(crate) async fn signing(
        topology: &Topology,
        data_dir: &Path,
        clock: Arc<dyn Clock>,
        faults: Option<Arc<faults::Faults>>,
        token_keys: &[String],
        member: Option<&member::Member>,
    ) -> Result<Self, String> {
        state::prepare(data_dir)?;
        let external = external::address();
        let region = member.map_or(REGION, |m| m.region.as_str());
        let emulator = Arc::new(aws_server::open(data_dir, region)?);
        let aws = aws_server::start(emulator.clone(), faults.clone())?;
        let mut replica = None;
        let tables = match (&external, member) {
            (Some(url), _) => url.clone(),
            (None, None) => tables::start(data_dir)?,
            (None, Some(member)) => {
                let (tables, beside) = member.start_dynamodb(data_dir, topology)?;
                replica = Some(beside);
                tables
            }
        };
        let dynamodb = match faults.filter(|_| external.is_none()) {
            None => tables,
            Some(faults) => faults::proxy(faults, tables).await?,
        };
        let others = external.clone().or_else(|| member.map(|m| m.keys.clone()));
        let others = others.unwrap_or_else(|| aws.clone());
        let endpoints = Endpoints {
            home: std::env::var(shared::home::ENDPOINT)
                .ok()
                .filter(|url| !url.is_empty())
                .or_else(|| Some(dynamodb.clone())),
            dynamodb: Some(dynamodb),
            kms: Some(others.clone()),
            secrets: Some(others),
            queues: Some(aws.clone()),
            mail: Some(aws.clone()),
            sts: Some(aws.clone()),
            archive: Some(aws),
            provider: member.map(|m| m.provider.clone()),
        };
        let mut variables = variables(data_dir, &emulator, topology, region)?;
        if let Some(member) = member {
            variables.insert(shared::home::ADDRESSES.into(), member.addresses.clone());
        }
        token_variables(&mut variables, token_keys);
        let config = Config::from_vars(&variables)?;
        let sdk = match &external {
            None => {
                // Those of several regions are made by who runs them.
                if member.is_none() {
                    make_own(&emulator, &config)?;
                }
                state::sdk_in(region).await
            }
            Some(url) => {
                let sdk = external::sdk(url).await;
                external::prepare(&sdk, url, &config, &keys(&config)).await?;
                sdk
            }
        };
        state::create_tables(&sdk, &endpoints, topology, &config, &|_| true).await?;
        let app = App::new(config, &sdk, &endpoints, clock);
        Ok(Self {
            emulator,
            endpoints,
            sdk,
            variables,
            app,
            replica,
        })
    }

    /// Starts streams, queues and schedules, as the platform does.
    ///
    /// # Errors
    /// One line: what the templates name and no crate declares, or what does not start.
    pub fn start_triggers(&self, topology: &Topology, data_dir: &Path) -> Result<(), String> {
        let Self {
            app,
            sdk,
            endpoints,
            emulator,
            ..
        } = self;
        let apps = apps::Apps::one(app.clone());
        triggers::start(&apps, sdk, endpoints, topology, emulator, data_dir)
    }

    /// Serves the routes over HTTPS on a free port and makes the first tenant: what the first start printed, and where.
    ///
    /// # Errors
    /// One line: what the templates name and no crate declares, or what does not start.
    pub async fn first_start(
        &self,
        topology: &Topology,
        data_dir: &Path,
    ) -> Result<(serde_json::Value, String), String> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let address = format!("https://localhost:{port}");
        let routes = gateway::Routes::new(topology)?;
        let apps = apps::Apps::one(self.app.clone());
        gateway::start(listener, tls::server(data_dir)?, apps.clone(), routes);
        let first = first_start::prepare(&apps, &address, data_dir).await?;
        Ok((first, address))
    }
}

/// Waits for Ctrl-C, SIGTERM, or the end of the process named by `LEDGERKEEP_PARENT`; a member of several regions also for the end
/// of its input, which is how it is told to stop.
async fn until_stopped(clock: &dyn Clock, member: bool) {
    let (over, told) = tokio::sync::oneshot::channel::<()>();
    if member {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            let _ = over.send(());
        });
    } else {
        // Never told: whoever waits for this end waits for ever.
        std::mem::forget(over);
    }
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
        _ = told => {}
    }
}

/// The physical name of a table.
fn table_name(table: Table) -> String {
    format!("ledgerkeep-local-{}", table.name())
}

/// The environment of every function, as the templates name it, with local values.
fn variables(
    data_dir: &Path,
    emulator: &Emulator,
    topology: &Topology,
    region: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut vars = BTreeMap::from([
        ("LEDGERKEEP_ENV".to_owned(), "local".to_owned()),
        ("AWS_REGION".to_owned(), region.to_owned()),
        ("ISSUER".to_owned(), ISSUER.to_owned()),
        ("EGRESS_ALLOW".to_owned(), "127.0.0.0/8,::1/128".to_owned()),
        ("REPORT_CALLS".to_owned(), "1".to_owned()),
        ("MAIL_SENDER".to_owned(), names::MAIL_SENDER.to_owned()),
        (
            "ARCHIVE_BUCKET".to_owned(),
            format!("ledgerkeep-local-archive-{ACCOUNT}-{region}"),
        ),
        ("EGRESS_ROOTS_PEM".to_owned(), tls::authority(data_dir)?),
    ]);
    // A list of one's own, to try it out.
    let own = std::env::var("LEDGERKEEP_ALLOWED_NETWORKS").unwrap_or_default();
    vars.insert("ALLOWED_NETWORKS".into(), own);
    let addresses = std::env::var(shared::home::ADDRESSES).unwrap_or_default();
    vars.insert(shared::home::ADDRESSES.into(), addresses);
    for table in Table::ALL {
        vars.insert(table.variable(), table_name(table));
    }
    for key in KeyUse::ALL {
        vars.insert(key.variable(), format!("alias/ledgerkeep-local-{}", key.name()));
    }
    vars.insert("SECRET_PEPPER".into(), PEPPER.into());
    for trigger in &topology.queues {
        let url = emulator.queues.ensure(&trigger.queue);
        vars.insert(format!("QUEUE_{}", trigger.queue.to_uppercase()), url);
    }
    Ok(vars)
}

/// The keys of access tokens in the environment: the first signs, and both verify.
fn token_variables(variables: &mut BTreeMap<String, String>, names: &[String]) {
    if let Some(first) = names.first() {
        let alias = |name: &String| format!("alias/ledgerkeep-local-{name}");
        let beside = names.get(1).unwrap_or(first);
        variables.insert(KeyUse::Token.variable(), alias(first));
        variables.insert(KeyUse::TokenBeside.variable(), alias(beside));
    }
}

/// The keys of a configuration, and what each is for.
fn keys(config: &Config) -> Vec<(String, KeySpec)> {
    KeyUse::ALL
        .into_iter()
        .filter_map(|key| {
            let spec = match key {
                KeyUse::Wrap(_) => KeySpec::SymmetricDefault,
                KeyUse::Token | KeyUse::TokenBeside | KeyUse::Checkpoint => KeySpec::EccNistP256,
                KeyUse::Fingerprint => KeySpec::Hmac256,
            };
            Some((config.keys.get(&key)?.clone(), spec))
        })
        .collect()
}

/// Makes the keys and the pepper in the local stand-ins, unless an earlier start did.
fn make_own(emulator: &Emulator, config: &Config) -> Result<(), String> {
    for (alias, spec) in keys(config) {
        let made = emulator.kms.ensure_key(&alias, spec, true);
        made.map_err(|e| format!("{alias}: {e}"))?;
    }
    for name in config.secrets.values() {
        let made = emulator.secrets.ensure(name, first_start::new_pepper);
        made.map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}
