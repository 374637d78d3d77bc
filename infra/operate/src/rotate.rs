//! `ledgerkeep rotate`: has keys of the local platform's first tenant rotated by its two administrators, and shows how
//! far it is.

use console::{
    http::{kept, signed_in, text},
    say,
};
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock};
use std::{io::Write, path::PathBuf, time::Duration};

/// Characters of the bar.
const WIDTH: usize = 40;
/// How often the platform is asked.
const EVERY: Duration = Duration::from_secs(1);
/// The path of rotations.
const ROTATIONS: &str = "/keys/v1/rotations";

/// `ledgerkeep rotate`.
#[derive(clap::Args, Debug, Clone)]
pub struct RotateArgs {
    /// Which keys: the tenant's, or those of its subjects
    #[arg(long, value_parser = ["tenant", "subjects"])]
    pub scope: String,
    /// For which purpose
    #[arg(long, value_parser = ["pii", "card", "audit", "secret"])]
    pub purpose: String,
    /// The data directory of the platform
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
}

struct Target {
    http: reqwest::Client,
    address: String,
}

impl Target {
    async fn post(
        &self,
        token: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Result<Value, String> {
        let mut request = self
            .http
            .post(format!("{}{path}", self.address))
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = console::http::json(request).await;
        answer.map_err(|why| format!("{path}: {why}"))
    }
}

/// Asks, approves, and watches until the old keys are retired.
///
/// # Errors
/// One line when there is no platform, or it refuses.
pub async fn run(args: &RotateArgs) -> Result<(), String> {
    let clock = SystemClock::default();
    let dir = &args.data_dir;
    let (first, platform) = (kept(dir, "first-sign-in.json")?, kept(dir, "platform.json")?);
    let target = Target {
        http: console::http::client(&dir.join("ca.pem"))?,
        address: text(&platform, "address")?,
    };
    let sign_in = |who| signed_in(&target.http, &target.address, &first, who);
    let (asks, approves) = (sign_in(0).await?, sign_in(1).await?);
    let body = json!({"scope": args.scope, "purpose": args.purpose});
    let key = hex::encode(shared::random::bytes::<16>());
    let key = ("idempotency-key", key.as_str());
    let waiting = target.post(&asks, ROTATIONS, &body, &[key]).await?;
    let approval = text(&waiting, "approval")?;
    let decision = json!({"decision": "approve"});
    let path = format!("/identity/v1/approvals/{approval}");
    let own = hex::encode(shared::random::bytes::<16>());
    let headers = [("idempotency-key", own.as_str())];
    target.post(&approves, &path, &decision, &headers).await?;
    let headers = [key, ("approval-id", approval.as_str())];
    let job = target.post(&asks, ROTATIONS, &body, &headers).await?;
    let path = format!("{ROTATIONS}/{}", text(&job, "id")?);
    say(&format!(
        "{}: the worker begins within a minute",
        text(&job, "id")?
    ));
    let (mut token, mut asked) = (asks, 0u32);
    loop {
        asked = asked.saturating_add(1);
        // A token is good for five minutes.
        if asked.is_multiple_of(200) {
            token = sign_in(0).await?;
        }
        let request = target.http.get(format!("{}{path}", target.address));
        let job = console::http::json(request.bearer_auth(&token)).await?;
        show(&bar(&job));
        let stage = text(&job, "stage")?;
        if ["kept", "recheck", "destroy", "done"].contains(&stage.as_str()) {
            show("\n");
            say("Nothing is sealed under the old keys any more; they are destroyed in seven days.");
            return Ok(());
        }
        clock.sleep(EVERY).await;
    }
}

/// A line that overwrites the last one.
fn bar(job: &Value) -> String {
    let number = |name: &str| job.get(name).and_then(Value::as_u64).unwrap_or(0);
    let percent = usize::try_from(number("percent").min(100)).unwrap_or(0);
    let full = percent * WIDTH / 100;
    let stage = job.get("stage").and_then(Value::as_str).unwrap_or_default();
    format!(
        "\r[{}{}] {percent:>3} % {stage:<8} pass {}, {} changed, {} left ",
        "#".repeat(full),
        ".".repeat(WIDTH - full),
        number("passes"),
        number("changed"),
        number("left"),
    )
}

fn show(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{text}");
    let _ = out.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_long_as_what_is_done() {
        let at = |percent: u64| bar(&json!({"percent": percent, "stage": "fields"}));
        assert!(at(0).contains(&".".repeat(WIDTH)) && at(100).contains(&"#".repeat(WIDTH)));
        assert!(at(50).contains(&format!("{}{}", "#".repeat(WIDTH / 2), ".".repeat(WIDTH / 2))));
        assert_eq!(at(3).len(), at(97).len());
        assert!(at(400).contains("100 % fields"));
    }
}
