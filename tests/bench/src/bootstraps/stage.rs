//! What the binaries run against: the local stand-ins of AWS, a first tenant, and each function's own environment.

use super::{callers::Callers, process::Process};
use names::{ACCOUNT, DATA_ROLE, REGION};
use platform::StandIns;
use shared::time::Clock;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use topology::{Function, Topology};

/// Stand-ins in a directory that goes away with this.
pub(crate) struct Stage {
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// What the templates say.
    pub(crate) topology: Topology,
    /// Who calls.
    pub(crate) callers: Callers,
    stand_ins: StandIns,
    scratch: Scratch,
    binaries: PathBuf,
}

/// A directory that goes away.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    /// A new one.
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let unique = hex::encode(shared::random::bytes::<8>());
        let path = std::env::temp_dir().join(format!("ledgerkeep-{name}-{unique}"));
        fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Stage {
    /// Starts them. The triggers stay off: only the binaries work.
    pub(crate) async fn set(clock: Arc<dyn Clock>, root: &Path, binaries: &Path) -> Result<Self, String> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let topology = Topology::read(root)?;
        topology.agree(services::SERVICES)?;
        let scratch = Scratch::new("bootstraps")?;
        let stand_ins = StandIns::start(&topology, &scratch.0, clock.clone()).await?;
        let (first, address) = stand_ins.first_start(&topology, &scratch.0).await?;
        let callers = Callers::new(&clock, &scratch.0, &address, first).await?;
        Ok(Self {
            clock,
            topology,
            callers,
            stand_ins,
            scratch,
            binaries: binaries.to_owned(),
        })
    }

    /// A function's binary.
    pub(crate) fn binary(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.binaries.join(name);
        // As `cargo lambda build` leaves it, or as cargo does.
        let path = if path.is_dir() {
            path.join("bootstrap")
        } else {
            path
        };
        if path.is_file() {
            Ok(path)
        } else {
            Err(format!("{} is missing", path.display()))
        }
    }

    /// Starts a function with exactly the variables that its template names and those that Lambda itself sets; beyond them
    /// only the addresses of the stand-ins.
    pub(crate) async fn start(&self, name: &str, more: &[(&str, &str)]) -> Result<Process, String> {
        let function = self.topology.functions.get(name);
        let function = function.ok_or_else(|| format!("the templates have no function {name}"))?;
        let mut environment = self.environment(name, function)?;
        environment.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        Process::start(&self.clock, &self.binary(name)?, &environment, &self.scratch.0).await
    }

    /// Starts a binary that is no function of the templates, with what Lambda itself sets.
    pub(crate) async fn start_bare(&self, binary: &Path) -> Result<Process, String> {
        let environment = lambda("hello", 256);
        Process::start(&self.clock, binary, &environment, &self.scratch.0).await
    }

    fn environment(&self, name: &str, function: &Function) -> Result<BTreeMap<String, String>, String> {
        let mut environment = lambda(name, function.memory);
        let role = self.topology.roles.get(name).map(|r| r.data.arn.clone());
        environment.extend(role.map(|arn| (DATA_ROLE.to_owned(), arn)));
        for variable in function.variables.iter().filter(|v| *v != DATA_ROLE) {
            let value = self.stand_ins.variables.get(variable);
            let value = value.ok_or_else(|| format!("the local platform has no value for {variable}"))?;
            environment.insert(variable.clone(), value.clone());
        }
        let endpoints = &self.stand_ins.endpoints;
        for (service, address) in [
            ("DYNAMODB", &endpoints.dynamodb),
            ("KMS", &endpoints.kms),
            ("SECRETS_MANAGER", &endpoints.secrets),
            ("SQS", &endpoints.queues),
            ("SESV2", &endpoints.mail),
            ("STS", &endpoints.sts),
            ("S3", &endpoints.archive),
        ] {
            let address = address.clone().unwrap_or_default();
            environment.insert(format!("AWS_ENDPOINT_URL_{service}"), address);
        }
        Ok(environment)
    }
}

/// The variables that Lambda sets for every function.
fn lambda(name: &str, memory: u32) -> BTreeMap<String, String> {
    [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCOUNT_ID", ACCOUNT),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", name),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("_HANDLER", "bootstrap"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .into()
}
