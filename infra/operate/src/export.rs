//! `ledgerkeep export`: fetches a bundle of the audit log, and the public key that it is verified with.

use console::{
    http::{kept, signed_in, text},
    say,
};
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock};
use std::{io::Write, path::PathBuf, time::Duration};

/// How often it is asked whether the export is ready, and at most.
const EVERY: Duration = Duration::from_secs(2);
const MOST: usize = 150;
/// The path of exports.
const EXPORTS: &str = "/audit/v1/exports";

/// `ledgerkeep export`.
#[derive(clap::Args, Debug, Clone)]
pub struct ExportArgs {
    /// Where the platform answers; the local one's address otherwise
    #[arg(long)]
    pub address: Option<String>,
    /// A file with an access token of somebody who holds `audit.export` and `audit.read`; the first administrator of the local
    /// platform signs in otherwise
    #[arg(long)]
    pub token_file: Option<PathBuf>,
    /// A bundle for the verifier, or rows
    #[arg(long, default_value = "bundle", value_parser = ["bundle", "jsonl", "csv", "ocsf"])]
    pub format: String,
    /// Rows of this time and later (RFC 3339)
    #[arg(long)]
    pub from: Option<String>,
    /// Rows of this time and earlier
    #[arg(long)]
    pub to: Option<String>,
    /// The file to write
    #[arg(long, default_value = "audit.bundle.jsonl")]
    pub out: PathBuf,
    /// Where the public key is written, if anywhere. Compare it with the one that you noted the first time
    #[arg(long)]
    pub key_out: Option<PathBuf>,
    /// The data directory of the local platform
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
}

struct Target {
    http: reqwest::Client,
    address: String,
    token: String,
}

impl Target {
    async fn of(args: &ExportArgs) -> Result<Self, String> {
        let dir = &args.data_dir;
        let http = match args.address {
            None => console::http::client(&dir.join("ca.pem"))?,
            Some(_) => {
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
                let builder = reqwest::Client::builder().timeout(Duration::from_secs(60));
                builder.build().map_err(|e| e.to_string())?
            }
        };
        let address = match &args.address {
            Some(address) => address.trim_end_matches('/').to_owned(),
            None => text(&kept(dir, "platform.json")?, "address")?,
        };
        let token = match &args.token_file {
            Some(file) => {
                let token = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
                token.trim().to_owned()
            }
            None if args.address.is_some() => return Err("name --token-file with --address".to_owned()),
            None => {
                let first = kept(dir, "first-sign-in.json")?;
                signed_in(&http, &address, &first, 0).await?
            }
        };
        Ok(Self { http, address, token })
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        let request = self.http.get(format!("{}{path}", self.address));
        let answer = console::http::json(request.bearer_auth(&self.token)).await;
        answer.map_err(|why| format!("{path}: {why}"))
    }

    async fn asked(&self, body: &Value) -> Result<String, String> {
        let key = hex::encode(shared::random::bytes::<16>());
        let request = self
            .http
            .post(format!("{}{EXPORTS}", self.address))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(body.to_string());
        let answer = console::http::json(request).await;
        text(&answer.map_err(|why| format!("{EXPORTS}: {why}"))?, "id")
    }
}

/// Asks for an export, waits until it is sealed and signed, and writes its parts one after the other.
///
/// # Errors
/// One line when there is no platform, or it refuses.
pub async fn run(args: &ExportArgs) -> Result<(), String> {
    let clock = SystemClock::default();
    let target = Target::of(args).await?;
    let body = json!({"format": args.format, "from": args.from, "to": args.to});
    let id = target.asked(&body).await?;
    let path = format!("{EXPORTS}/{id}");
    let mut ready = None;
    for _ in 0..MOST {
        let export = target.get(&path).await?;
        if export.get("status").and_then(Value::as_str) == Some("ready") {
            ready = export.get("parts").and_then(Value::as_u64);
            break;
        }
        clock.sleep(EVERY).await;
    }
    let parts = ready.ok_or("the export is not sealed yet: ask again later")?;
    let file = std::fs::File::create(&args.out).map_err(|e| format!("{}: {e}", args.out.display()))?;
    let mut file = std::io::BufWriter::new(file);
    let mut count = 0u64;
    for part in 0..parts {
        let answer = target.get(&format!("{path}?part={part}")).await?;
        let lines = answer.get("lines").and_then(Value::as_array);
        for line in lines.into_iter().flatten().filter_map(Value::as_str) {
            writeln!(file, "{line}").map_err(|e| e.to_string())?;
            count = count.saturating_add(1);
        }
    }
    file.flush().map_err(|e| e.to_string())?;
    if let Some(out) = &args.key_out {
        let key = text(&target.get("/audit/v1/checkpoints?limit=1").await?, "public_key")?;
        std::fs::write(out, key).map_err(|e| format!("{}: {e}", out.display()))?;
    }
    say(&format!(
        "{}: {count} lines, {parts} parts, {}",
        id,
        args.out.display()
    ));
    Ok(())
}
