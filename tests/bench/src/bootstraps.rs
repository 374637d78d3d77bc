//! `ledgerkeep bootstraps`: every function's release binary, driven through the Lambda Runtime API with its sample event.

pub(crate) mod callers;
pub(crate) mod event;
pub(crate) mod process;
mod runtime;
pub(crate) mod stage;

use console::table::{aligned, cells};
use event::Sample;
use flate2::{Compression, write::DeflateEncoder};
use serde_json::{Value, json};
use shared::{
    endpoint::{Access, Format},
    time::{Clock, SystemClock},
};
use stage::Stage;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Bytes that a ZIP archive of one file with a nine-letter name adds to the deflated content (APPNOTE.TXT 4.3): the local
/// header (30), the central one (46), the end record (22), the name twice.
const ZIP_FRAME: u64 = 30 + 46 + 22 + 2 * 9;
/// Requests after the first one of a process, of which the median is a warm one.
const WARM: usize = 5;

/// Drives every function's binary through the Lambda Runtime API.
#[derive(clap::Args, Debug, Clone)]
pub struct BootstrapsArgs {
    /// Where the binaries are: `<function>` or `<function>/bootstrap`.
    #[arg(long, value_name = "DIR")]
    pub binaries: PathBuf,
    /// Starts of each binary, of which the medians are shown; 0 to measure nothing and only see that each answers its event.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(..=1000))]
    pub runs: u16,
    /// Write the table as JSON too.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Where `template.yaml` and `events/` stand.
    #[arg(long, default_value = ".")]
    pub root: PathBuf,
}

/// What one function showed.
struct Row {
    name: String,
    answered: String,
    zip: u64,
    cold: Duration,
    warm: Duration,
    beyond: Duration,
    peak: u64,
}

/// Runs the command.
///
/// # Errors
/// Names every function that has no binary or no event, does not start, or answers wrongly.
pub async fn run(args: BootstrapsArgs) -> Result<(), String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let mut stage = Stage::set(clock, &args.root, &args.binaries).await?;
    let names: Vec<String> = stage.topology.functions.keys().cloned().collect();
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for name in &names {
        match function(&mut stage, &args, name).await {
            Ok(row) => rows.extend(row),
            Err(why) => failures.push(format!("  {name}: {why}")),
        }
    }
    if args.runs > 0 {
        show(&rows);
    }
    if let Some(path) = &args.json {
        let text = json!({"functions": rows.iter().map(Row::json).collect::<Vec<_>>()}).to_string();
        std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    if failures.is_empty() {
        console::say(&format!("{} functions answer their events", names.len()));
        Ok(())
    } else {
        Err(format!(
            "{} of {} functions:\n{}",
            failures.len(),
            names.len(),
            failures.join("\n")
        ))
    }
}

/// Checks one function's answers, then measures its starts, if any are asked for.
async fn function(stage: &mut Stage, args: &BootstrapsArgs, name: &str) -> Result<Option<Row>, String> {
    let sample = Sample::read(&args.root, name)?;
    let mut process = stage.start(name, &[]).await?;
    let (answered, caller) = check(stage, &mut process, &sample, name).await?;
    let service = stage.topology.functions.get(name).map(|f| f.service.clone());
    process.told_metrics(&service.unwrap_or_default(), name)?;
    let mut peak = process.peak_kilobytes()?;
    drop(process);
    if args.runs == 0 {
        return Ok(None);
    }
    let zip = zipped(&stage.binary(name)?)?;
    let (mut colds, mut firsts, mut warms) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.runs {
        let mut process = stage.start(name, &[]).await?;
        colds.push(process.cold);
        let mut took = Vec::new();
        for _ in 0..=WARM {
            let event = event(stage, &sample, name, caller).await?;
            took.push(process.invoke(event).await?.1);
        }
        let warm = median(took.split_off(1));
        firsts.push(median(took).saturating_sub(warm));
        warms.push(warm);
        peak = peak.max(process.peak_kilobytes()?);
    }
    Ok(Some(Row {
        name: name.to_owned(),
        answered,
        zip,
        cold: median(colds),
        warm: median(warms),
        beyond: median(firsts),
        peak,
    }))
}

/// The event of the caller with this number.
pub(crate) async fn event(
    stage: &mut Stage,
    sample: &Sample,
    name: &str,
    caller: usize,
) -> Result<String, String> {
    let tokens = stage.callers.tokens().await?;
    let Some(function) = services::function(name) else {
        return Ok(sample.of(&tokens));
    };
    let bearer = tokens.bearers.get(caller).map(String::as_str).unwrap_or_default();
    Ok(sample.signed(&function.declaration, bearer, &tokens))
}

/// Hands the sample event out, as it is and then with real credentials; says what came back, and which caller may call.
pub(crate) async fn check(
    stage: &mut Stage,
    process: &mut process::Process,
    sample: &Sample,
    name: &str,
) -> Result<(String, usize), String> {
    let Some(function) = services::function(name) else {
        let event = event(stage, sample, name, 0).await?;
        event::result(&process.invoke(event).await?.0)?;
        return Ok(("result".into(), 0));
    };
    let (bytes, _) = process.invoke(sample.plain()).await?;
    // An envelope says by itself who sends it.
    let public =
        matches!(function.declaration.access, Access::Public) || function.declaration.format == Format::Soap;
    let plain = event::answer(&bytes)?.status;
    let fits = if public { plain < 500 } else { plain == 401 };
    if !fits {
        return Err(format!(
            "answers {plain} to its sample event, whose token is a placeholder"
        ));
    }
    let callers = stage.callers.tokens().await?.bearers.len();
    let mut best: Option<(u16, usize)> = None;
    for caller in 0..callers {
        let event = event(stage, sample, name, caller).await?;
        let status = event::answer(&process.invoke(event).await?.0)?.status;
        if status >= 500 {
            return Err(format!("answers {status} to a caller with a token"));
        }
        // Refused for its rights, a caller got past authentication; somebody else may get further.
        let rank = |status: u16| match status {
            401 => 2,
            403 => 1,
            _ => 0,
        };
        if best.is_none_or(|(found, _)| rank(status) < rank(found)) {
            best = Some((status, caller));
        }
        if rank(status) == 0 {
            break;
        }
    }
    match best {
        Some((401, _)) if !public => Err("answers 401 to every caller's token".into()),
        Some((status, caller)) => Ok((status.to_string(), caller)),
        None => Err("nobody calls it".into()),
    }
}

/// The size of the archive that is deployed.
fn zipped(binary: &Path) -> Result<u64, String> {
    struct Count(u64);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let failed = |e: io::Error| format!("{}: {e}", binary.display());
    let mut file = std::fs::File::open(binary).map_err(failed)?;
    let mut encoder = DeflateEncoder::new(Count(ZIP_FRAME), Compression::default());
    io::copy(&mut file, &mut encoder).map_err(failed)?;
    Ok(encoder.finish().map_err(failed)?.0)
}

/// The middle one; of an even number the lower of the two.
pub(crate) fn median<T: Ord + Default>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.into_iter().nth(middle).unwrap_or_default()
}

/// Milliseconds with two decimals.
pub(crate) fn millis(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1e3)
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn show(rows: &[Row]) {
    let heads = [
        "function",
        "answers",
        "zip MB",
        "cold ms",
        "first beyond warm ms",
        "warm ms",
        "peak MB",
    ];
    let mut table = vec![cells(heads)];
    for row in rows {
        let megabytes = |bytes: u64| format!("{:.2}", bytes as f64 / 1e6);
        table.push(vec![
            row.name.clone(),
            row.answered.clone(),
            megabytes(row.zip),
            millis(row.cold),
            millis(row.beyond),
            millis(row.warm),
            megabytes(row.peak.saturating_mul(1024)),
        ]);
    }
    let of = |value: fn(&Row) -> Duration| rows.iter().map(value).collect::<Vec<_>>();
    let colds = of(|r| r.cold);
    console::say(aligned(&table).trim_end());
    console::say(&format!(
        "{} functions: zip at most {:.2} MB, cold start median {} ms and at most {} ms, peak at most {:.0} MB",
        rows.len(),
        rows.iter().map(|r| r.zip).max().unwrap_or(0) as f64 / 1e6,
        millis(median(colds.clone())),
        millis(colds.into_iter().max().unwrap_or_default()),
        rows.iter().map(|r| r.peak).max().unwrap_or(0) as f64 * 1024.0 / 1e6,
    ));
}

impl Row {
    fn json(&self) -> Value {
        json!({
            "function": self.name,
            "answers": self.answered,
            "zip_bytes": self.zip,
            "cold_micros": micros(self.cold),
            "first_beyond_warm_micros": micros(self.beyond),
            "warm_micros": micros(self.warm),
            "peak_kilobytes": self.peak,
        })
    }
}

/// Whole microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
