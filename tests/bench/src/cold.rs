//! Cold starts against a bare function in the same run, and what the first request of a process costs beyond a warm one.

use super::{Goal, figure};
use crate::bootstraps::{
    check,
    event::{self, SIGN_IN, Sample},
    median, micros, millis,
    stage::Stage,
};
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

/// Starts of each binary.
const RUNS: usize = 15;
/// Requests after the first one of a process.
const WARM: usize = 20;
/// Functions that together use everything that a function can: nothing, a read, a write, card data, an effect, passwords.
const FUNCTIONS: [&str; 8] = [
    "read_health",
    "read_customer",
    "create_customer",
    "search_customers",
    "create_payment_method",
    "create_payment",
    "issue_token",
    SIGN_IN,
];
/// The one that opens a page of sealed items and not one.
const PAGE: &str = "search_customers";

/// A function that is measured, and what was seen of it.
struct Measured {
    name: &'static str,
    sample: Sample,
    /// The number of a caller that may call it.
    caller: usize,
    /// To the first poll.
    colds: Vec<Duration>,
    /// Of the first request of a process beyond a warm one, own time.
    beyonds: Vec<Duration>,
    /// Of a warm request, own time.
    warms: Vec<Duration>,
}

/// Measures. The starts of all binaries take turns, so that what else the machine does meets all of them.
pub(super) async fn measure(root: &Path, binaries: &Path) -> Result<(Vec<Goal>, Value), String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let mut stage = Stage::set(clock, root, binaries).await?;
    let bare = stage.binary("bare")?;
    let mut functions = Vec::new();
    for name in FUNCTIONS {
        let sample = Sample::read(root, name)?;
        let mut process = stage.start(name, &[]).await?;
        let (_, caller) = check(&mut stage, &mut process, &sample, name).await?;
        functions.push(Measured {
            name,
            sample,
            caller,
            colds: Vec::new(),
            beyonds: Vec::new(),
            warms: Vec::new(),
        });
    }
    let mut bares = Vec::new();
    for _ in 0..RUNS {
        bares.push(stage.start_bare(&bare).await?.cold);
        for of in &mut functions {
            let mut process = stage.start(of.name, &[("REPORT_CALLS", "1")]).await?;
            of.colds.push(process.cold);
            let mut own = Vec::new();
            for _ in 0..=WARM {
                let event = crate::bootstraps::event(&mut stage, &of.sample, of.name, of.caller).await?;
                let answer = event::answer(&process.invoke(event).await?.0)?;
                let calls = answer.calls.ok_or("no X-Ledgerkeep-Calls")?;
                let spent = figure(&calls, "waited")? + figure(&calls, "hashed")?;
                own.push(figure(&calls, "micros")? - spent);
            }
            let first = own.remove(0);
            own.sort_by(f64::total_cmp);
            let warm = own.get(own.len() / 2).copied().unwrap_or_default();
            of.beyonds
                .push(Duration::from_secs_f64(((first - warm) / 1e6).max(0.0)));
            of.warms.extend(
                own.iter()
                    .map(|micros| Duration::from_secs_f64(micros.max(0.0) / 1e6)),
            );
        }
    }
    let bare = median(bares);
    let mut lines = vec![format!("cold start, median of {RUNS}: bare {} ms", millis(bare))];
    let mut shown = Vec::new();
    let (mut worst, mut slowest) = (0.0_f64, Duration::ZERO);
    let mut warms = BTreeMap::new();
    for of in functions {
        let (name, cold, beyond, warm) = (of.name, median(of.colds), median(of.beyonds), median(of.warms));
        let ratio = cold.as_secs_f64() / bare.as_secs_f64().max(1e-9);
        lines.push(format!(
            "  {name}: {} ms, {ratio:.2} x; own time of a warm request {} µs, of the first one {} ms more",
            millis(cold),
            micros(warm),
            millis(beyond)
        ));
        shown.push(json!({"function": name, "cold_micros": micros(cold), "ratio": ratio, "warm_micros": micros(warm), "first_beyond_warm_micros": micros(beyond)}));
        worst = worst.max(ratio);
        // What argon2id takes is not the road's.
        slowest = slowest.max(beyond);
        warms.insert(name, warm);
    }
    console::say(&lines.join("\n"));
    let sign_in = warms.remove(SIGN_IN).unwrap_or_default();
    warms.remove(PAGE);
    let typical = median(warms.values().copied().collect());
    let longest = warms.into_values().max().unwrap_or_default();
    let goals = vec![
        Goal::most(
            "cold start to first poll against a bare function, worst",
            worst,
            3.5,
            "x",
        ),
        Goal::most(
            "first request of a process beyond a warm one, own time, worst",
            slowest.as_secs_f64() * 1e3,
            5.0,
            "ms",
        ),
        Goal::most(
            "own time of a warm request in a process of its own, p50, median of the functions",
            typical.as_secs_f64() * 1e6,
            300.0,
            "µs",
        ),
        Goal::most(
            "own time of a warm request in a process of its own, p50, worst beside lists",
            longest.as_secs_f64() * 1e6,
            300.0,
            "µs",
        ),
        Goal::most(
            "a sign-in in a process of its own, beside argon2id, DynamoDB and KMS, p50",
            sign_in.as_secs_f64() * 1e3,
            1.0,
            "ms",
        ),
    ];
    Ok((goals, json!({"bare_micros": micros(bare), "functions": shown})))
}
