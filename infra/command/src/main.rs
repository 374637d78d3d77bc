//! The `ledgerkeep` command: everything that this repository does, under one name.

mod endpoints;
mod reset;
mod templates;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// A sixth of what the platform did was glibc's malloc and free (`infra/decisions/0029-tables.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "ledgerkeep",
    version,
    about = "Ledgerkeep on this machine: platform, demo, audit verifier, templates"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve everything on https://localhost, without an account or a network
    Serve(platform::ServeArgs),
    /// Do the main job on real input and show it
    Demo(demo::DemoArgs),
    /// Verify an audit bundle offline, with the public key alone
    Verify(verifier::VerifyArgs),
    /// Verify an exported journal offline: that it balances, and that nothing of it was altered
    VerifyJournal(verifier::journal::JournalArgs),
    /// Fetch a bundle of the audit log, and the key that it is verified with
    Export(operate::export::ExportArgs),
    /// Open the copy that an access request of a person brought
    OpenArchive(operate::open_archive::OpenArchiveArgs),
    /// Show the mail that the local platform has sent
    Mail(platform::mail::MailArgs),
    /// Show what the local platform is doing, live
    Top(platform::top::TopArgs),
    /// Kill the home region again and again, have the other one take over, and count what that cost
    Drill(bench::drill::DrillArgs),
    /// Show the regions of `serve --regions 2`, or make one of them fail
    Regions(platform::regions_command::RegionsArgs),
    /// Have keys of the local platform rotated, and show how far it is
    Rotate(operate::rotate::RotateArgs),
    /// Rotate the pepper of passwords, here or in an account
    Pepper(operate::pepper::PepperArgs),
    /// Compare the portal that browsers get with the one of this build, headers and all
    CheckPortal(operate::check_portal::CheckPortalArgs),
    /// Have a region take over the tenants of one that is lost
    Failover(operate::failover::FailoverArgs),
    /// Move a tenant to another region
    Tenant {
        /// What to do
        #[command(subcommand)]
        act: operate::failover::TenantAct,
    },
    /// Forget what the local platform has stored
    Reset {
        /// The data directory to remove
        #[arg(long, default_value = ".ledgerkeep")]
        data_dir: PathBuf,
    },
    /// Show the SAM templates that the declarations make, or write them
    Templates {
        /// Write them into the repository
        #[arg(long)]
        write: bool,
        /// Where `template.yaml` stands
        #[arg(long, default_value = ".")]
        root: PathBuf,
    },
    /// Drive every function's binary through the Lambda Runtime API with its sample event
    Bootstraps(bench::bootstraps::BootstrapsArgs),
    /// Measure what the platform costs and compare it with its goals
    Bench(bench::BenchArgs),
    /// Hold what functions were seen to do against what their roles allow
    Permissions(grants::replay::PermissionsArgs),
    /// Compare the contracts of the services with those that were released, or release what is new
    Contracts(compatibility::ContractsArgs),
    /// Show every endpoint: method, path, right, audit code
    Endpoints,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed(&e.to_string()),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => platform::serve(args).await.map(|()| true),
            Command::Demo(args) => demo::run(args).await.map(|()| true),
            Command::Mail(args) => platform::mail::run(&args).map(|()| true),
            Command::Top(args) => platform::top::run(args).await.map(|()| true),
            Command::Drill(args) => bench::drill::run(args).await,
            Command::Regions(args) => platform::regions_command::run(&args).await.map(|()| true),
            Command::Rotate(args) => operate::rotate::run(&args).await.map(|()| true),
            Command::Pepper(args) => operate::pepper::run(&args).await.map(|()| true),
            Command::CheckPortal(args) => operate::check_portal::run(&args).await,
            Command::Failover(args) => operate::failover::run(args).await,
            Command::Tenant { act } => operate::failover::tenant(act).await,
            Command::Export(args) => operate::export::run(&args).await.map(|()| true),
            Command::OpenArchive(args) => operate::open_archive::run(&args).map(|()| true),
            Command::Verify(args) => verifier::run(args),
            Command::VerifyJournal(args) => verifier::journal::run_journal(&args),
            Command::Reset { data_dir } => reset::run(&data_dir).map(|()| true),
            Command::Templates { write, root } => templates::run(&root, write).map(|()| true),
            Command::Bootstraps(args) => bench::bootstraps::run(args).await.map(|()| true),
            Command::Bench(args) => bench::run(args).await.map(|()| true),
            Command::Permissions(args) => grants::replay::run(&args),
            Command::Contracts(args) => compatibility::run(&args),
            Command::Endpoints => {
                endpoints::show();
                Ok(true)
            }
        }
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => failed(&why),
    }
}

/// Starts logging to standard error. `LOG` sets the filter, `warn` by default, but for conditions of DynamoDB that do not hold.
fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,dynoxide::server=error"));
    let _ = tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .try_init();
}

fn failed(why: &str) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "ledgerkeep: {why}");
    ExitCode::FAILURE
}
