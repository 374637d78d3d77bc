//! `ledgerkeep demo`: the main job on real input, from card transactions to an audit log that is verified offline.

mod access;
mod api;
mod bill;
mod books;
mod card;
mod charge;
mod generate;
mod hooks;
pub mod host;
mod ledger;
mod out;
mod proof;
mod rows;
mod settle;
mod summary;
mod tally;

use rows::Dataset;
use shared::time::{Clock, SystemClock};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Does the main job and shows what came of it.
#[derive(clap::Args, Debug, Clone)]
pub struct DemoArgs {
    /// Card transactions, CSV, plain or compressed with gzip; without it they are generated, always the same.
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub input: OsString,
    /// At most this many rows.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub rows: u64,
    /// Where the local platform keeps its state.
    #[arg(long, value_name = "DIR", default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
    /// Customers that are charged at the same time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// Write the result as JSON too.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// One line: what could not be done, or what would have to hold and does not.
pub async fn run(args: DemoArgs) -> Result<(), String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let dataset = Dataset::load(Some(Path::new(&args.input)), args.rows)?;
    if dataset.rows.is_empty() {
        return Err(format!("{} has no row that can be used", dataset.source));
    }
    let host = host::Host::find_or_start(&*clock, &args.data_dir).await?;
    let result = work(&args, &clock, dataset, host.address.clone()).await;
    host.stop(&*clock).await;
    let summary = result?;
    summary.show();
    if let Some(path) = &args.json {
        summary.write(path)?;
    }
    match summary.failures().as_slice() {
        [] => Ok(()),
        failures => Err(failures.join("; ")),
    }
}

/// Everything that needs a platform.
async fn work(
    args: &DemoArgs,
    clock: &Arc<dyn Clock>,
    dataset: Dataset,
    address: String,
) -> Result<summary::Summary, String> {
    let began = clock.monotonic();
    let concurrency = usize::from(args.concurrency);
    let api = api::Api::new(clock.clone(), &args.data_dir, address)?;
    let mut access = access::Access::obtain(&api, &args.data_dir).await?;
    let hooks = hooks::Hooks::listen(&args.data_dir, access.port()).await?;
    let webhook = access.webhook(&api, hooks.port).await?;
    hooks.verify_with(&webhook.secret)?;

    let before = clock.monotonic();
    let mut tally = charge::charge(&api, &access.integration, &dataset, concurrency).await?;
    let charging = clock.monotonic().saturating_sub(before);
    let unsettled = settle::outcomes(&api, &access.integration, &mut tally, concurrency).await?;
    let invoices = bill::bill(&api, &access.integration, &dataset.name, &mut tally, concurrency).await?;
    let webhooks = settle::webhooks(&api, &access.webhooks, &hooks, &webhook.id, &tally.expected).await?;
    let audit = proof::prove(&api, &access.auditor, &args.data_dir).await?;
    let books = books::check(&api, &access.auditor, &args.data_dir, &audit.bundle).await?;

    let count = u64::try_from(dataset.rows.len()).unwrap_or(u64::MAX);
    let input = tally::Sum {
        count,
        minor: dataset.sum(),
    };
    let ledger = api.ledger();
    Ok(summary::Summary {
        source: dataset.source,
        input,
        broken: dataset.broken,
        unsettled,
        invoices,
        replayed: ledger.replayed,
        retries: ledger.retries,
        webhooks,
        audit,
        books,
        costs: ledger.costs().clone(),
        seconds: clock.monotonic().saturating_sub(began).as_secs_f64(),
        ..summary::Summary::of_tally(tally, charging)
    })
}
