//! `ledgerkeep verify`: checks an exported audit bundle offline, with nothing but the public key.

mod archive;
mod checker;
mod checkpoints;
pub mod journal;
mod keys;
mod lines;
mod prepare;
mod purges;
pub mod report;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
mod tree;

pub use keys::PublicKey;
pub use report::Report;

use prepare::{Lines, Next, Prepared};

use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Entries between two calls of `progress`.
const STEP: u64 = 1024;

/// Most threads that check lines, and batches that each may have before it: with those of a quarter of a megabyte, a bound of memory.
const MOST_THREADS: usize = 8;
const AHEAD: usize = 2;

/// Bytes read at once.
const BUFFER: usize = 1 << 18;

/// Checks an audit bundle offline.
#[derive(clap::Args, Debug)]
pub struct VerifyArgs {
    /// The bundle, JSON Lines, plain or compressed with gzip; or a folder with the objects of an archive's `entries`.
    pub bundle: PathBuf,
    /// A public key that signs checkpoints, PEM or DER (repeated for several).
    #[arg(long = "key", value_name = "FILE", required = true)]
    pub keys: Vec<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Checks a bundle in the format of `infra/audit-bundle-format.md` as it is read.
///
/// Every entry is checked, also after a finding. Memory does not grow with the bundle: lines of at most 16 MiB, a few for each thread, 1,000 findings of each
/// kind, the ids of the entries since the last checkpoint and of about four million before it (300 MB), and what is missing so far. `progress` is called with the number of entries read, now and then and at the end.
///
/// This thread reads, and checks what depends on the lines before; others check lines by themselves. Batches of lines go round
/// these threads in turn, so that they come back in their order.
pub fn verify(mut reader: impl BufRead, keys: &[PublicKey], progress: &dyn Fn(u64)) -> Report {
    let mut checker = checker::Checker::new(keys);
    let ids = checker.id_keys();
    let mut told = 0;
    let mut take = |checker: &mut checker::Checker<'_>, prepared: Prepared| {
        prepared.each(|next| {
            if checker.stopped {
                return;
            }
            match next {
                Next::Entry(entry) => checker.prepared(entry),
                Next::Line(line, ended) => checker.line(line, ended),
                Next::TooLong => checker.too_long(),
            }
            if checker.entries() >= told + STEP {
                told = checker.entries();
                progress(told);
            }
        });
    };
    // What fits into one batch is not worth a thread.
    let mut first = Lines::default();
    let mut error = None;
    let mut goes_on = first.read(&mut reader).unwrap_or_else(|reason| {
        error = Some(reason);
        false
    });
    take(&mut checker, first.prepare(&ids));
    let count = thread::available_parallelism().map_or(1, |n| n.get().min(MOST_THREADS));
    thread::scope(|scope| {
        let mut threads: Vec<(SyncSender<Lines>, Receiver<Prepared>)> = Vec::new();
        let (mut sent, mut taken) = (0usize, 0usize);
        while goes_on && !checker.stopped {
            if threads.len() < count {
                let (give, lines) = sync_channel::<Lines>(AHEAD);
                let (done, prepared) = sync_channel(AHEAD);
                let ids = &ids;
                scope.spawn(move || {
                    for lines in lines {
                        if done.send(lines.prepare(ids)).is_err() {
                            return;
                        }
                    }
                });
                threads.push((give, prepared));
            }
            let mut lines = Lines::default();
            goes_on = lines.read(&mut reader).unwrap_or_else(|reason| {
                error = Some(reason);
                false
            });
            // Until all threads are there, batch n goes to thread n.
            if let Some((give, _)) = threads.get(sent % count) {
                let _ = give.send(lines);
            }
            sent += 1;
            if sent - taken >= count * AHEAD
                && let Some((_, done)) = threads.get(taken % count)
            {
                done.iter()
                    .take(1)
                    .for_each(|prepared| take(&mut checker, prepared));
                taken += 1;
            }
        }
        while taken < sent && !checker.stopped {
            if let Some((_, done)) = threads.get(taken % count) {
                done.iter()
                    .take(1)
                    .for_each(|prepared| take(&mut checker, prepared));
            }
            taken += 1;
        }
    });
    progress(checker.entries());
    checker.finish(error.as_ref())
}

/// Checks a folder with the objects of an archive's `entries`.
///
/// # Errors
/// When a file cannot be read, or no checkpoint is in any of them.
pub fn verify_folder(folder: &Path, keys: &[PublicKey]) -> std::io::Result<Report> {
    let joined = archive::join(folder)?;
    let reader = BufReader::with_capacity(BUFFER, joined.reader);
    Ok(verify(reader, keys, &|_| {}))
}

/// Runs the command: prints the report, with a progress bar on a terminal, and says whether the bundle is clean.
///
/// # Errors
/// A sentence for the terminal, when a key or the bundle cannot be opened or the report cannot be written.
pub fn run(args: VerifyArgs) -> Result<bool, String> {
    let mut keys = Vec::new();
    for path in &args.keys {
        let named = |why: String| format!("{}: {why}", path.display());
        let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
        keys.extend(PublicKey::from_file(&bytes).map_err(named)?);
    }
    let named = |error: std::io::Error| format!("{}: {error}", args.bundle.display());
    let (file, bytes): (Box<dyn Read>, u64) = if args.bundle.is_dir() {
        let joined = archive::join(&args.bundle).map_err(named)?;
        (Box::new(joined.reader), joined.bytes)
    } else {
        let file = File::open(&args.bundle).map_err(named)?;
        let bytes = file.metadata().map_err(named)?.len();
        (Box::new(file), bytes)
    };
    let bar = ProgressBar::new(bytes);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {percent:>3} %  {binary_bytes_per_sec}  {msg}  {eta} left")
    {
        bar.set_style(style);
    }
    let mut reader = BufReader::with_capacity(BUFFER, bar.wrap_read(file));
    let progress = |entries| bar.set_message(format!("{entries} entries"));
    // The two bytes of RFC 1952, section 2.3.1; no JSON begins with them.
    let report = if reader.fill_buf().map_err(named)?.starts_with(&[0x1f, 0x8b]) {
        let unpacked = flate2::bufread::MultiGzDecoder::new(reader);
        verify(BufReader::with_capacity(BUFFER, unpacked), &keys, &progress)
    } else {
        verify(reader, &keys, &progress)
    };
    bar.finish_and_clear();
    let text = if args.json {
        serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?
    } else {
        report.to_string()
    };
    writeln!(std::io::stdout().lock(), "{text}").map_err(|error| error.to_string())?;
    Ok(report.clean())
}
