//! `ledgerkeep bench`: what the platform costs, beside the goals that were set for it. Nothing here fails for being slow; a
//! figure that cannot be measured does.

pub mod bootstraps;
mod cold;
mod cost;
mod decision;
pub mod drill;
mod entries;
mod field;
mod keys;
mod load;
mod proof;
mod screening;
mod sealing;
mod sign_in;
mod soap;
mod verify;

use console::table::{aligned, cells};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Measures, compares with the goals, and writes both down.
#[derive(clap::Args, Debug, Clone)]
pub struct BenchArgs {
    /// Where the functions' release binaries are.
    #[arg(long, value_name = "DIR")]
    pub binaries: PathBuf,
    /// What the end-to-end suite measured of each endpoint.
    #[arg(long, value_name = "FILE", default_value = "target/bench-endpoints.json")]
    pub endpoints: PathBuf,
    /// Measure these only; all without it.
    #[arg(long, value_enum)]
    pub only: Vec<Part>,
    /// Requests through the local platform.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(10..))]
    pub requests: u64,
    /// Audit entries that are sealed; ten times as many are verified.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000))]
    pub entries: u64,
    /// Write everything as JSON too.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Where `template.yaml` and `events/` stand.
    #[arg(long, default_value = ".")]
    pub root: PathBuf,
}

/// What can be measured by itself.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Calls of every endpoint: time, counts, money.
    Endpoints,
    /// Sealing and opening a field.
    Field,
    /// Deciding what a caller may.
    Decision,
    /// Deciding whether a payment may go on.
    Screening,
    /// Re-encryption and erasure.
    Keys,
    /// Starts of functions.
    Cold,
    /// Requests per second, and memory.
    Load,
    /// Sealing audit entries.
    Sealing,
    /// Proving an audit entry.
    Proof,
    /// Verifying an audit bundle.
    Verify,
    /// Time of sign-ins, and whether it tells known users from unknown ones.
    SignIn,
    /// What SOAP costs beyond REST, and the worst envelopes.
    Soap,
}

/// A figure and what it should be.
struct Goal {
    name: String,
    value: f64,
    bound: Bound,
    unit: &'static str,
}

/// What a figure should keep to.
enum Bound {
    Most(f64),
    Least(f64),
}

impl Goal {
    fn most(name: &str, value: f64, most: f64, unit: &'static str) -> Self {
        Self::new(name, value, Bound::Most(most), unit)
    }

    fn least(name: &str, value: f64, least: f64, unit: &'static str) -> Self {
        Self::new(name, value, Bound::Least(least), unit)
    }

    fn new(name: &str, value: f64, bound: Bound, unit: &'static str) -> Self {
        let name = name.to_owned();
        Self {
            name,
            value,
            bound,
            unit,
        }
    }

    fn is_met(&self) -> bool {
        match self.bound {
            Bound::Most(most) => self.value <= most,
            Bound::Least(least) => self.value >= least,
        }
    }

    fn met(&self) -> &'static str {
        if self.is_met() { "met" } else { "NOT MET" }
    }

    fn bound(&self) -> String {
        match self.bound {
            Bound::Most(most) => format!("at most {most} {}", self.unit),
            Bound::Least(least) => format!("at least {least} {}", self.unit),
        }
    }

    fn json(&self) -> Value {
        let (name, bound) = match self.bound {
            Bound::Most(most) => ("most", most),
            Bound::Least(least) => ("least", least),
        };
        json!({"goal": self.name, "value": self.value, name: bound, "unit": self.unit, "met": self.is_met()})
    }
}

/// Runs the command.
///
/// # Errors
/// Names what could not be measured. A goal that is not met is no error.
pub async fn run(args: BenchArgs) -> Result<(), String> {
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    let (mut goals, mut all) = (Vec::new(), serde_json::Map::new());
    let mut add = |name: &str, (more, shown): (Vec<Goal>, Value)| {
        goals.extend(more);
        all.insert(name.to_owned(), shown);
    };
    if wanted(Part::Endpoints) {
        add("endpoints", cost::measure(&args.root, &args.endpoints)?);
    }
    if wanted(Part::Field) {
        add("field", field::measure()?);
    }
    if wanted(Part::Decision) {
        add("decision", decision::measure()?);
    }
    if wanted(Part::Screening) {
        add("screening", screening::measure()?);
    }
    if wanted(Part::Keys) {
        add("keys", keys::measure(&args.root).await?);
    }
    if wanted(Part::Cold) {
        add("cold", cold::measure(&args.root, &args.binaries).await?);
    }
    if wanted(Part::Load) {
        add("load", load::measure(args.requests).await?);
    }
    if wanted(Part::Sealing) {
        add("sealing", sealing::measure(&args.root, args.entries).await?);
    }
    if wanted(Part::Proof) {
        add("proof", proof::measure(&args.root).await?);
    }
    if wanted(Part::Verify) {
        add("verify", verify::measure(args.entries.saturating_mul(10)).await?);
    }
    if wanted(Part::SignIn) {
        add("sign_in", sign_in::measure().await?);
    }
    if wanted(Part::Soap) {
        add("soap", soap::measure().await?);
    }

    let mut rows = vec![cells(["goal", "measured", "wanted", ""])];
    for goal in &goals {
        rows.push(vec![
            goal.name.clone(),
            format!("{:.2} {}", goal.value, goal.unit),
            goal.bound(),
            goal.met().to_owned(),
        ]);
    }
    console::say(aligned(&rows).trim_end());
    if let Some(path) = &args.json {
        let goals: Value = goals.iter().map(Goal::json).collect();
        all.insert("goals".to_owned(), goals);
        let text = serde_json::to_string_pretty(&all).map_err(|e| e.to_string())?;
        std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// A figure of `X-Ledgerkeep-Calls`.
fn figure(calls: &str, name: &str) -> Result<f64, String> {
    let pairs = calls.split(';').filter_map(|p| p.trim().split_once('='));
    let mut found = pairs.filter(|(n, _)| *n == name).map(|(_, v)| v.parse());
    match found.next() {
        Some(Ok(value)) => Ok(value),
        _ => Err(format!("no {name} in {calls:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_goals() {
        assert_eq!(figure("dynamodb=3;read=1.5", "read"), Ok(1.5));
        assert!(figure("dynamodb=3", "read").is_err());
        assert!(figure("read=x", "read").is_err());
        assert_eq!(Goal::most("a", 4.0, 4.0, "x").met(), "met");
        assert_eq!(Goal::most("a", 4.1, 4.0, "x").met(), "NOT MET");
        assert_eq!(Goal::most("a", f64::NAN, 4.0, "x").met(), "NOT MET");
        assert_eq!(Goal::least("a", f64::NAN, 4.0, "x").met(), "NOT MET");
        let goal = Goal::least("a", 4.0, 4.0, "x");
        assert_eq!((goal.met(), goal.bound()), ("met", "at least 4 x".to_owned()));
        assert_eq!(Goal::least("a", 3.9, 4.0, "x").met(), "NOT MET");
    }
}
