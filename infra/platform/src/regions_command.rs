//! `ledgerkeep regions`: what the regions of `ledgerkeep serve --regions 2` do, and how one of them is made to fail.

use console::say;
use serde_json::Value;
use std::{fs, path::PathBuf, time::Duration};

/// `ledgerkeep regions`.
#[derive(clap::Args, Debug, Clone)]
pub struct RegionsArgs {
    /// What to do with a region: without it, all are shown
    #[arg(requires = "region")]
    pub action: Option<Action>,
    /// The region: `eu-west-1` or `eu-central-1`
    pub region: Option<String>,
    /// The data directory of the platform
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
}

/// What can be done with a region.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// End its process at once, as `kill -9` does
    Kill,
    /// Start it again, on what it left behind
    Start,
    /// Cut it off from the home table and from the other region
    Isolate,
    /// End that
    Rejoin,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Start => "start",
            Self::Isolate => "isolate",
            Self::Rejoin => "rejoin",
        }
    }
}

/// Does it, or shows the regions.
///
/// # Errors
/// One line when no platform with regions runs there, or the region is not in a state for it.
pub async fn run(args: &RegionsArgs) -> Result<(), String> {
    let none = || format!("no platform with regions runs in {}", args.data_dir.display());
    let told = fs::read(args.data_dir.join("platform.json")).map_err(|_| none())?;
    let told: Value = serde_json::from_slice(&told).map_err(|_| none())?;
    let control = told.get("control").and_then(Value::as_str).ok_or_else(none)?;
    if let (Some(action), Some(region)) = (args.action, &args.region) {
        call("POST", &format!("{control}/{}/{region}", action.name())).await?;
        return Ok(());
    }
    let told: Value = serde_json::from_str(&call("GET", control).await?).map_err(|e| e.to_string())?;
    let list = |name: &str| {
        told.get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "null".into(),
    };
    for region in list("regions") {
        let state = match (
            region.get("pid").is_some_and(Value::is_u64),
            text(&region, "isolated") == "true",
        ) {
            (false, _) => "dead",
            (true, true) => "isolated",
            (true, false) => "up",
        };
        say(&format!(
            "{:<13} {:<9} {}",
            text(&region, "region"),
            state,
            text(&region, "address")
        ));
    }
    for link in list("links") {
        say(&format!(
            "{} to {}: {} on their way, replication_lag_ms {}, lost and sent again {}, superseded {}",
            text(&link, "from"),
            text(&link, "to"),
            text(&link, "waiting"),
            text(&link, "replication_lag_ms"),
            text(&link, "lost_and_sent_again"),
            text(&link, "superseded"),
        ));
        if let Some(left) = link.get("left_behind").and_then(Value::as_u64) {
            let (from, to) = (text(&link, "from"), text(&link, "to"));
            say(&format!(
                "{left} writes of {from} had not reached {to} when it last died"
            ));
        }
    }
    Ok(())
}

async fn call(method: &str, url: &str) -> Result<String, String> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(120));
    let client = client.build().map_err(|e| e.to_string())?;
    let request = if method == "GET" {
        client.get(url)
    } else {
        client.post(url)
    };
    let answer = request.send().await.map_err(|e| format!("no answer: {e}"))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| format!("no answer: {e}"))?;
    if status.is_success() { Ok(text) } else { Err(text) }
}
