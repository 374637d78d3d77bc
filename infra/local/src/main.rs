//! The `ledgerkeep` command.

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
    Serve(ledgerkeep::platform::ServeArgs),
    /// Do the main job on real input and show it
    Demo(ledgerkeep::demo::DemoArgs),
    /// Verify an audit bundle offline, with the public key alone
    Verify(ledgerkeep::verify::VerifyArgs),
    /// Show the mail that the local platform has sent
    Mail(ledgerkeep::mail::MailArgs),
    /// Show what the local platform is doing, live
    Top(ledgerkeep::top::TopArgs),
    /// Kill the home region again and again, have the other one take over, and count what that cost
    Drill(ledgerkeep::drill::DrillArgs),
    /// Show the regions of `serve --regions 2`, or make one of them fail
    Regions(ledgerkeep::regions::RegionsArgs),
    /// Have keys of the local platform rotated, and show how far it is
    Rotate(ledgerkeep::rotate::RotateArgs),
    /// Rotate the pepper of passwords, here or in an account
    Pepper(ledgerkeep::pepper::PepperArgs),
    /// Have a region take over the tenants of one that is lost
    Failover(ledgerkeep::failover::FailoverArgs),
    /// Move a tenant to another region
    Tenant {
        /// What to do
        #[command(subcommand)]
        act: ledgerkeep::failover::TenantAct,
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
    Bootstraps(ledgerkeep::bootstraps::BootstrapsArgs),
    /// Measure what the platform costs and compare it with its goals
    Bench(ledgerkeep::bench::BenchArgs),
    /// Hold what functions were seen to do against what their roles allow
    Permissions(ledgerkeep::iam::replay::PermissionsArgs),
    /// Compare the contracts of the services with those that were released, or release what is new
    Contracts(ledgerkeep::contracts::ContractsArgs),
    /// Show every endpoint: method, path, right, audit code
    Endpoints,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    ledgerkeep::logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed(&e.to_string()),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => ledgerkeep::platform::serve(args).await.map(|()| true),
            Command::Demo(args) => ledgerkeep::demo::run(args).await.map(|()| true),
            Command::Mail(args) => ledgerkeep::mail::run(&args).map(|()| true),
            Command::Top(args) => ledgerkeep::top::run(args).await.map(|()| true),
            Command::Drill(args) => ledgerkeep::drill::run(args).await,
            Command::Regions(args) => ledgerkeep::regions::run(&args).await.map(|()| true),
            Command::Rotate(args) => ledgerkeep::rotate::run(&args).await.map(|()| true),
            Command::Pepper(args) => ledgerkeep::pepper::run(&args).await.map(|()| true),
            Command::Failover(args) => ledgerkeep::failover::run(args).await,
            Command::Tenant { act } => ledgerkeep::failover::tenant(act).await,
            Command::Verify(args) => ledgerkeep::verify::run(args),
            Command::Reset { data_dir } => ledgerkeep::reset(&data_dir).map(|()| true),
            Command::Templates { write, root } => ledgerkeep::write_templates(&root, write).map(|()| true),
            Command::Bootstraps(args) => ledgerkeep::bootstraps::run(args).await.map(|()| true),
            Command::Bench(args) => ledgerkeep::bench::run(args).await.map(|()| true),
            Command::Permissions(args) => ledgerkeep::iam::replay::run(&args),
            Command::Contracts(args) => ledgerkeep::contracts::run(&args),
            Command::Endpoints => {
                ledgerkeep::print_endpoints();
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

fn failed(why: &str) -> ExitCode {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "ledgerkeep: {why}");
    ExitCode::FAILURE
}
