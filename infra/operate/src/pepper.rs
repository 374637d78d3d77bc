//! `ledgerkeep pepper`: rotates the pepper of passwords, on this machine or in an account.
//!
//! ```text
//! add ── every hash is made anew at its owner's next sign-in ──► retire ── a week in which use raises an alert ──► destroy
//! ```
//!
//! Whoever has not signed in by then resets their password by mail; after 90 days without a sign-in they are disabled
//! anyway. Functions read the secret anew every five minutes, and at once where a hash names a version they do not know.

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::{
    Client, Config,
    config::{BehaviorVersion, Region},
    error::DisplayErrorContext,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::ValueEnum;
use console::say;
use serde_json::{Map, Value, json};
use shared::time::{Clock, SystemClock, Timestamp, after, rfc3339};
use std::path::PathBuf;

/// Days for which a version still verifies once there is a newer one, before it is retired.
const OVERLAP: i64 = 90;
/// Days for which a retired version is watched, before it is destroyed.
const WATCHED: i64 = 7;
const DAY: i64 = 24 * 3600;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Act {
    /// Say which versions there are.
    Show,
    /// Make a new version, which new hashes use; the old ones go on verifying.
    Add,
    /// From now on the use of old versions raises an alert.
    Retire,
    /// Destroy retired versions.
    Destroy,
}

/// `ledgerkeep pepper`.
#[derive(clap::Args, Debug, Clone)]
pub struct PepperArgs {
    /// What to do
    #[arg(value_enum)]
    pub act: Act,
    /// Name or ARN of the secret in AWS; without it that of the local platform, which must be running
    #[arg(long)]
    pub secret: Option<String>,
    /// Do not wait: 90 days until old versions may be retired, a week until retired ones may be destroyed
    #[arg(long)]
    pub now: bool,
    /// The data directory of the local platform
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
}

/// The secret after an act; nothing of it is shown.
///
/// # Errors
/// Why the act is not due, or that the secret is malformed.
fn after_act(old: &str, act: Act, now: i64, at_once: bool) -> Result<Value, String> {
    let malformed = || "the secret is not one of peppers".to_owned();
    let mut all: Map<String, Value> = serde_json::from_str(old).map_err(|_| malformed())?;
    let current = all.get("current").and_then(Value::as_u64).ok_or_else(malformed)?;
    let retired = all.get("retired").and_then(Value::as_u64).unwrap_or(0);
    // CloudFormation generates the first version beside `current`.
    let beside: Vec<String> = all.keys().filter(|k| k.parse::<u32>().is_ok()).cloned().collect();
    let mut versions = match all.remove("versions") {
        Some(Value::Object(versions)) => versions,
        None => Map::new(),
        Some(_) => return Err(malformed()),
    };
    for name in beside {
        versions.extend(all.remove(&name).map(|pepper| (name, pepper)));
    }
    let mut times = match all.remove("times") {
        Some(Value::Object(times)) => times,
        _ => Map::new(),
    };
    let waits = |since: Option<i64>, days: i64| {
        let until = since.unwrap_or(0).saturating_add(days * DAY);
        (until > now && !at_once).then(|| rfc3339(after(Timestamp::UNIX_EPOCH, until)))
    };
    let time = |times: &Map<String, Value>, name: &str| times.get(name).and_then(Value::as_i64);
    let below = |name: &str, limit: u64| name.parse::<u64>().is_ok_and(|v| v < limit);
    let (mut next_current, mut next_retired) = (current, retired);
    match act {
        Act::Show => {}
        Act::Add => {
            next_current = current.checked_add(1).ok_or_else(malformed)?;
            let made = STANDARD.encode(shared::random::bytes::<32>());
            versions.insert(next_current.to_string(), json!(made));
            times.insert(format!("{next_current} made"), json!(now));
        }
        Act::Retire => {
            if !versions.keys().any(|name| below(name, current)) {
                return Err("there is only the current version; `add` makes another".into());
            }
            if let Some(until) = waits(time(&times, &format!("{current} made")), OVERLAP) {
                return Err(format!(
                    "the old versions verify until {until}; --now does not wait"
                ));
            }
            next_retired = current;
            times.insert("retired".into(), json!(now));
        }
        Act::Destroy => {
            if !versions.keys().any(|name| below(name, retired)) {
                return Err("nothing is retired; `retire` comes before".into());
            }
            if let Some(until) = waits(time(&times, "retired"), WATCHED) {
                return Err(format!(
                    "the retired versions are watched until {until}; --now does not wait"
                ));
            }
            versions.retain(|name, _| !below(name, retired));
            times.retain(|name, _| !name.split(' ').next().is_some_and(|v| below(v, retired)));
        }
    }
    Ok(json!({"current": next_current, "retired": next_retired, "versions": versions, "times": times}))
}

/// What may be said of a secret: versions and what each is for.
fn lines(secret: &Value) -> Vec<String> {
    let number = |name: &str| secret.get(name).and_then(Value::as_u64).unwrap_or(0);
    let (current, retired) = (number("current"), number("retired"));
    let versions = secret.get("versions").and_then(Value::as_object);
    let mut names: Vec<u64> = versions
        .into_iter()
        .flat_map(Map::keys)
        .filter_map(|v| v.parse().ok())
        .collect();
    names.sort_unstable();
    let state = |version: u64| match version {
        v if v == current => "current",
        v if v < retired => "retired",
        _ => "verifies",
    };
    names
        .iter()
        .map(|v| format!("version {v}: {}", state(*v)))
        .collect()
}

async fn client(args: &PepperArgs) -> Result<(Client, String), String> {
    if let Some(secret) = &args.secret {
        let sdk = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        return Ok((Client::new(&sdk), secret.clone()));
    }
    let path = args.data_dir.join("platform.json");
    let told = std::fs::read_to_string(&path)
        .map_err(|e| format!("{}: {e}; `make run` starts a platform", path.display()))?;
    let told: Value = serde_json::from_str(&told).map_err(|_| format!("{} is damaged", path.display()))?;
    let address = told.get("aws").and_then(Value::as_str);
    let address =
        address.ok_or("this platform keeps its secrets elsewhere; name the secret with --secret")?;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(names::REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "local platform"))
        .endpoint_url(address);
    Ok((Client::from_conf(config.build()), names::PEPPER.to_owned()))
}

/// Does it, and says which versions there are.
///
/// # Errors
/// One line when the act is not due, or the secret cannot be read or written.
pub async fn run(args: &PepperArgs) -> Result<(), String> {
    let (client, id) = client(args).await?;
    let told = |e: &dyn std::error::Error| format!("{id}: {}", DisplayErrorContext(e));
    let read = client.get_secret_value().secret_id(&id).send().await;
    let read = read.map_err(|e| told(&e))?;
    let old = zeroize::Zeroizing::new(read.secret_string.unwrap_or_default());
    let now = SystemClock::default().now().as_second();
    let new = after_act(&old, args.act, now, args.now).map_err(|why| format!("{id}: {why}"))?;
    if args.act != Act::Show {
        let text = zeroize::Zeroizing::new(new.to_string());
        let put = client
            .put_secret_value()
            .secret_id(&id)
            .secret_string(text.as_str());
        put.send().await.map_err(|e| told(&e))?;
        // Secrets Manager puts without a condition: whoever else has put meanwhile is told of by what was before.
        let previous = client
            .get_secret_value()
            .secret_id(&id)
            .version_stage("AWSPREVIOUS")
            .send()
            .await;
        let previous = previous.map_err(|e| told(&e))?.version_id;
        if previous != read.version_id {
            let before = previous.unwrap_or_default();
            return Err(format!(
                "{id}: somebody else has changed it at the same time. Version {before} of the secret holds what they put; put it back \
                 and begin anew"
            ));
        }
    }
    lines(&new).iter().for_each(|line| say(line));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{auth::Passwords, text::SecretText};

    fn read(secret: &Value) -> Passwords {
        Passwords::from_secret(&SecretText::new(secret.to_string())).unwrap()
    }

    #[test]
    fn versions_are_added_retired_and_destroyed_in_turn() {
        let generated = "Zm9vYmFyQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w";
        let first = json!({"current": 1, "1": generated}).to_string();
        let act = |old: &Value, act, now, at_once| after_act(&old.to_string(), act, now, at_once);
        for too_early in [Act::Retire, Act::Destroy] {
            assert!(after_act(&first, too_early, 0, true).is_err());
        }
        let added = after_act(&first, Act::Add, 100, false).unwrap();
        assert_eq!(
            added["versions"]["1"], generated,
            "what CloudFormation made is kept"
        );
        assert_eq!(lines(&added), ["version 1: verifies", "version 2: current"]);
        let peppers = read(&added);
        assert!(peppers.knows(1) && peppers.knows(2) && !peppers.is_retired(1));

        let due = 100 + OVERLAP * DAY;
        assert!(act(&added, Act::Retire, due - 1, false).is_err(), "not due");
        assert!(act(&added, Act::Destroy, due, true).is_err(), "not retired");
        assert!(act(&added, Act::Retire, 100, true).is_ok());
        let retired = act(&added, Act::Retire, due, false).unwrap();
        assert_eq!(lines(&retired), ["version 1: retired", "version 2: current"]);
        let peppers = read(&retired);
        assert!(peppers.knows(1) && peppers.is_retired(1) && !peppers.is_retired(2));

        assert!(act(&retired, Act::Destroy, due + WATCHED * DAY - 1, false).is_err());
        let destroyed = act(&retired, Act::Destroy, due + WATCHED * DAY, false).unwrap();
        assert_eq!(lines(&destroyed), ["version 2: current"]);
        assert!(!read(&destroyed).knows(1) && !destroyed.to_string().contains(generated));
        assert!(
            act(&destroyed, Act::Destroy, i64::MAX, true).is_err(),
            "the current one stays"
        );
    }

    #[test]
    fn what_is_no_pepper_is_refused() {
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"current":"1"}"#,
            r#"{"current":1,"versions":[]}"#,
        ] {
            assert!(after_act(bad, Act::Add, 0, true).is_err(), "{bad}");
        }
    }
}
