//! `ledgerkeep top`: what the local platform is doing, live, in a terminal.

mod screen;
mod terminal;

use serde_json::Value;
use shared::time::{Clock, SystemClock};
use std::{io::IsTerminal, path::PathBuf, time::Duration};

/// `ledgerkeep top`.
#[derive(clap::Args, Debug, Clone)]
pub struct TopArgs {
    /// Show the figures once and end; so it is too where the output is no terminal
    #[arg(long)]
    pub once: bool,
    /// The figures as JSON, once
    #[arg(long)]
    pub json: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub every: u64,
    /// The data directory of the platform
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
}

/// A platform that tells its figures.
struct Source {
    http: reqwest::Client,
    address: String,
    live: String,
    dir: String,
}

impl Source {
    fn find(args: &TopArgs) -> Result<Self, String> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let dir = args.data_dir.display().to_string();
        let path = args.data_dir.join("platform.json");
        let text = std::fs::read_to_string(&path).map_err(|_| none(&dir))?;
        let told: Value =
            serde_json::from_str(&text).map_err(|_| format!("{} is damaged", path.display()))?;
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        let live = text("live").ok_or("the platform is of an older version: restart it")?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build();
        Ok(Self {
            http: http.map_err(|e| e.to_string())?,
            address: text("address").unwrap_or_default(),
            live,
            dir,
        })
    }

    async fn figures(&self) -> Result<Value, String> {
        // A platform that was killed leaves its file behind.
        let gone = |_| none(&self.dir);
        let answer = self.http.get(&self.live).send().await.map_err(gone)?;
        if !answer.status().is_success() {
            // Somebody else has its port by now.
            return Err(none(&self.dir));
        }
        let text = answer.text().await.map_err(gone)?;
        serde_json::from_str(&text).map_err(|_| none(&self.dir))
    }
}

fn none(dir: &str) -> String {
    format!("no platform runs on {dir}; `make run` starts one")
}

/// Shows the figures, until somebody presses q or Ctrl-C, or the platform ends.
///
/// # Errors
/// One line when no platform runs.
pub async fn run(args: TopArgs) -> Result<(), String> {
    let source = Source::find(&args)?;
    let figures = source.figures().await?;
    if args.json {
        console::say(&figures.to_string());
        return Ok(());
    }
    if args.once || !std::io::stdout().is_terminal() {
        console::say(screen::draw(&source.address, &figures, usize::MAX).trim_end());
        return Ok(());
    }
    let clock = SystemClock::default();
    let mut terminal = terminal::Terminal::take()?;
    let every = Duration::from_secs(args.every);
    let mut figures = figures;
    loop {
        let height = terminal.height();
        terminal.show(&screen::draw(&source.address, &figures, height))?;
        let next = async {
            clock.sleep(every).await;
            source.figures().await
        };
        figures = tokio::select! {
            figures = next => figures?,
            () = terminal.quit() => return Ok(()),
        };
    }
}
