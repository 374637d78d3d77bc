//! `ledgerkeep drill`: the home region is killed in the middle of payments and the other one takes over, again and again; what that
//! cost is counted.

mod load;
mod pair;

use console::say;
use load::{Again, Load};
use pair::Pair;
use platform::regions::REGIONS;
use serde_json::Value;
use shared::time::{Clock, SystemClock};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// How long payments are made before the kill.
const WORK: Duration = Duration::from_millis(2_500);
/// How often it is tried whether the other region accepts writes.
const TRY: Duration = Duration::from_millis(100);
/// What it should not take longer than from the kill to the first accepted write.
const GOAL: Duration = Duration::from_secs(10);

/// `ledgerkeep drill`.
#[derive(clap::Args, Debug, Clone)]
pub struct DrillArgs {
    /// How often the home region is killed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub runs: u16,
    /// Milliseconds that a write takes to the other region, on average
    #[arg(long, default_value_t = 500, value_name = "MS")]
    pub replication_lag: u64,
    /// Where `template.yaml` stands
    #[arg(long, default_value = ".")]
    pub root: PathBuf,
}

/// What one run came to.
struct Run {
    first_write: Duration,
    asked: usize,
    left_behind: u64,
    /// Payments that were answered, and have another id now: they had not arrived.
    redone: usize,
    /// Such payments that were answered longer ago than the lag can be.
    lost: usize,
    open: usize,
    doubled: usize,
}

/// Runs it. `false` when something took effect twice, or was lost that the lag does not account for.
///
/// # Errors
/// What kept it from being done.
pub async fn run(args: DrillArgs) -> Result<bool, String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let pair = Pair::start(&args.root, args.replication_lag, clock.clone()).await?;
    let load = Load::prepare(&pair, REGIONS[0], clock.clone()).await?;
    settled(&pair).await?;
    say("run  killed         first write  asked  not arrived  redone  lost beyond lag  open  twice");
    let [mut home, mut away] = REGIONS;
    let (mut good, mut slowest, mut sum) = (true, Duration::ZERO, Duration::ZERO);
    let mut doubled = 0;
    for number in 1..=args.runs {
        let run = once(&pair, &load, &clock, args.replication_lag, [home, away], doubled).await?;
        say(&format!(
            "{number:>3}  {home:<13} {:>10.1} s {:>6} {:>12} {:>7} {:>16} {:>5} {:>6}",
            run.first_write.as_secs_f64(),
            run.asked,
            run.left_behind,
            run.redone,
            run.lost,
            run.open,
            run.doubled,
        ));
        good &= run.lost == 0 && run.doubled == 0;
        doubled += run.doubled;
        slowest = slowest.max(run.first_write);
        sum += run.first_write;
        (home, away) = (away, home);
    }
    let met = |met: bool| if met { "met" } else { "missed" };
    say(&format!(
        "first accepted write after {:.1} s on average, {:.1} s at most (goal {} s: {}); {doubled} double effects (goal 0: {})",
        sum.as_secs_f64() / f64::from(args.runs),
        slowest.as_secs_f64(),
        GOAL.as_secs(),
        met(slowest <= GOAL),
        met(doubled == 0),
    ));
    Ok(good)
}

async fn once(
    pair: &Pair,
    load: &Load,
    clock: &Arc<dyn Clock>,
    lag: u64,
    [home, away]: [&str; 2],
    doubled: usize,
) -> Result<Run, String> {
    let (here, there) = (pair.address(home)?, pair.address(away)?);
    let token = load.token(&here).await?;
    settled(pair).await?;
    let kill = async {
        clock.sleep(WORK).await;
        pair.act("kill", home).await.map(|()| clock.monotonic())
    };
    let (asked, killed) = tokio::join!(load.pay(&here, &token), kill);
    let killed = killed?;
    let takes_over = pair.take_over(home, away)?;
    let mut refusals: Vec<(Duration, String)> = Vec::new();
    let accepts = async || {
        clock.sleep(TRY).await;
        let tried = clock.monotonic();
        let Err(why) = load.accepted(&there, &token).await else {
            return Ok(Some(clock.monotonic()));
        };
        if refusals.last().is_none_or(|(_, last)| *last != why) {
            refusals.push((tried, why));
        }
        Ok(None)
    };
    let first_write = pair.until("the other region accepts no write", accepts).await?;
    let over = takes_over
        .await
        .map_err(|e| e.to_string())?
        .map_err(|e| e.to_string())?;
    if !over.steps.iter().any(|(_, line)| line.contains("since epoch")) {
        return Err(over.errors);
    }
    let first_write = first_write.saturating_sub(killed);
    if first_write > GOAL {
        show(killed, over.steps, refusals);
    }
    // The longest that a write can be on its way, and what it takes to hand it over.
    let longest = Duration::from_millis(lag * 3 / 2 + 500);
    let (mut redone, mut lost, mut open) = (0, 0, 0);
    for one in &asked {
        match (load.again(&there, &token, one).await?, &one.heard) {
            (Again::Open, _) => open += 1,
            (Again::Done(id), Some((heard, at))) if id != *heard => {
                redone += 1;
                lost += usize::from(killed.saturating_sub(*at) > longest);
            }
            (Again::Done(_), _) => {}
        }
    }
    let books = pair.books().await?;
    let once: BTreeSet<&(String, i64)> = books.iter().collect();
    let left = pair.link(home).await?;
    pair.act("start", home).await?;
    Ok(Run {
        first_write,
        asked: asked.len(),
        left_behind: left.get("left_behind").and_then(Value::as_u64).unwrap_or(0),
        redone,
        lost,
        open,
        doubled: (books.len() - once.len()).saturating_sub(doubled),
    })
}

/// Shows where the time since the kill went: what the operator's command told, and how writes were refused meanwhile.
fn show(killed: Duration, mut steps: Vec<(Duration, String)>, refusals: Vec<(Duration, String)>) {
    let refused = |(at, why)| (at, format!("a write is refused: {why}"));
    steps.extend(refusals.into_iter().map(refused));
    steps.sort();
    say("     where the time went, from the kill:");
    for (at, step) in steps {
        let after = at.saturating_sub(killed).as_secs_f64();
        say(&format!("     {after:>5.1} s  {step}"));
    }
}

/// Waits until nothing is on its way between the regions.
async fn settled(pair: &Pair) -> Result<(), String> {
    let mut seen: BTreeMap<&str, Value> = BTreeMap::new();
    let quiet = async || {
        let mut quiet = true;
        for from in REGIONS {
            let link = pair.link(from).await?;
            let waiting = link.get("waiting").and_then(Value::as_u64);
            let count = link
                .pointer("/replication_lag_ms/count")
                .cloned()
                .unwrap_or_default();
            quiet &= waiting == Some(0) && seen.insert(from, count.clone()) == Some(count);
        }
        Ok(quiet.then_some(()))
    };
    pair.until("something is still on its way", quiet).await
}
