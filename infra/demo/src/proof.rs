//! The audit log of the run: exported, verified offline, searched for every call, and altered to show that it is noticed.

use super::{
    api::{Api, Call, Client, Who},
    ledger::Kind,
    out::Progress,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use verifier::{self, PublicKey, Report, report};

/// How long an export may take, and how long it may take until an export holds every call.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the audit log says about the run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Proof {
    /// Entries in the bundle.
    pub(super) sealed: u64,
    /// Entries that a good signed checkpoint covers.
    pub(super) verified: u64,
    /// Checkpoints in the bundle.
    pub(super) checkpoints: u64,
    /// Entries about calls of this run.
    pub(super) ours: u64,
    /// The same by outcome.
    pub(super) outcomes: BTreeMap<String, u64>,
    /// Answered calls of this run that the bundle had to name.
    pub(super) calls: u64,
    /// Those that it does not name.
    pub(super) unsealed: u64,
    /// Whether the bundle is clean.
    pub(super) clean: bool,
    /// What the verifier found in it.
    pub(super) findings: Vec<String>,
    /// What the verifier said about the copy with one byte changed.
    pub(super) tampered: Option<String>,
    /// Whether that named the changed entry.
    pub(super) noticed: bool,
    /// The bundle.
    pub(super) bundle: PathBuf,
    /// The key.
    pub(super) key: PathBuf,
}

/// What was seen while the bundle was fetched.
struct Fetched {
    entries: u64,
    seen: Vec<bool>,
    outcomes: BTreeMap<String, u64>,
    /// A byte within an entry's body, with the entry's id.
    place: Option<(u64, String)>,
}

/// Exports and checks.
pub(super) async fn prove(api: &Api, auditor: &Client, data_dir: &Path) -> Result<Proof, String> {
    let path = |name: &str| data_dir.join(name);
    let (bundle, key, copy) = (
        path("audit.bundle.jsonl"),
        path("audit-key.pem"),
        path("audit.tampered.jsonl"),
    );
    let who = Who::Client(auditor);
    let answer = api
        .send(&Call::get(who, "/audit/v1/checkpoints"))
        .await?
        .success("reading checkpoints")?;
    fs::write(&key, answer.text("public_key")).map_err(|e| format!("{}: {e}", key.display()))?;
    let keys = PublicKey::from_file(answer.text("public_key").as_bytes())?;

    let audited = {
        let ledger = api.ledger();
        ledger.audited(ledger.size())
    };
    let calls = audited.iter().filter(|a| **a).count();
    let began = api.clock.monotonic();
    // Entries are sealed a moment after they are written, so an export may come too early.
    let (fetched, unsealed) = loop {
        let export = export(api, auditor).await?;
        let fetched = fetch(api, auditor, &export, &bundle, audited.len()).await?;
        let unsealed = audited
            .iter()
            .zip(&fetched.seen)
            .filter(|(must, seen)| **must && !**seen)
            .count();
        if unsealed == 0 || api.clock.monotonic().saturating_sub(began) > PATIENCE {
            break (fetched, unsealed);
        }
        api.clock.sleep(Duration::from_secs(5)).await;
    };

    let report = check(api, &bundle, &keys, fetched.entries)?;
    let mut proof = Proof {
        sealed: report.entries,
        verified: report.confirmed,
        checkpoints: report.checkpoints,
        ours: fetched.outcomes.values().sum(),
        outcomes: fetched.outcomes,
        calls: u64::try_from(calls).unwrap_or(u64::MAX),
        unsealed: u64::try_from(unsealed).unwrap_or(u64::MAX),
        clean: report.clean(),
        findings: report.findings.iter().take(5).map(ToString::to_string).collect(),
        key,
        ..Proof::default()
    };
    if let Some((offset, id)) = fetched.place {
        tamper(&bundle, &copy, offset)?;
        let report = check(api, &copy, &keys, proof.sealed)?;
        let found = report.findings.iter().find(|f| f.kind == report::Kind::Altered);
        proof.noticed = !report.clean() && found.is_some_and(|f| f.id.as_deref() == Some(id.as_str()));
        proof.tampered = found.or(report.findings.first()).map(ToString::to_string);
    }
    proof.bundle = bundle;
    Ok(proof)
}

/// Asks for an export and waits until it is ready: its path and its number of parts.
async fn export(api: &Api, auditor: &Client) -> Result<(String, u64, u64), String> {
    let who = Who::Client(auditor);
    let call = Call::post(Kind::Other, who, "/audit/v1/exports", json!({}));
    let asked = api.send(&call).await?.success("asking for an export")?;
    let path = format!("/audit/v1/exports/{}", asked.text("id"));
    let call = Call::get(who, path.as_str());
    let ready = api.poll(&call, PATIENCE, |answer| {
        let number = |name: &str| answer.body.get(name).and_then(Value::as_u64).unwrap_or(0);
        (answer.text("status") == "ready").then(|| (number("parts"), number("entries")))
    });
    let (parts, entries) = ready
        .await?
        .ok_or("the export was not ready within two minutes")?;
    Ok((path, parts, entries))
}

/// Writes the parts of an export into a file, and looks for this run's calls on the way.
async fn fetch(
    api: &Api,
    auditor: &Client,
    (path, parts, entries): &(String, u64, u64),
    bundle: &Path,
    calls: usize,
) -> Result<Fetched, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", bundle.display());
    let mut file = BufWriter::new(File::create(bundle).map_err(failed)?);
    let mut fetched = Fetched {
        entries: *entries,
        seen: vec![false; calls],
        outcomes: BTreeMap::new(),
        place: None,
    };
    let progress = Progress::new(&api.clock, "export", *entries);
    let mut offset = 0;
    for part in 0..*parts {
        let call = Call::get(Who::Client(auditor), format!("{path}?part={part}"));
        let answer = api.send(&call).await?.success("reading an export")?;
        let lines = answer
            .body
            .get("lines")
            .and_then(Value::as_array)
            .ok_or("a part of the export has no lines")?;
        for line in lines.iter().filter_map(Value::as_str) {
            file.write_all(line.as_bytes())
                .and_then(|()| file.write_all(b"\n"))
                .map_err(failed)?;
            fetched.look(api, line, offset);
            offset += u64::try_from(line.len()).unwrap_or(0) + 1;
        }
        progress.add(u64::try_from(lines.len()).unwrap_or(0));
    }
    progress.end();
    file.flush().map_err(failed)?;
    Ok(fetched)
}

impl Fetched {
    /// Notes an entry about a call of this run.
    fn look(&mut self, api: &Api, line: &str, offset: u64) {
        let Ok(parsed) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let text = |value: &Value, name: &str| {
            value
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if text(&parsed, "type") != "entry" {
            return;
        }
        let Ok(body) = serde_json::from_str::<Value>(&text(&parsed, "body")) else {
            return;
        };
        let request = text(&body, "request_id");
        let ledger = api.ledger();
        let Some(number) = ledger.number(&request) else {
            return;
        };
        if let Some(seen) = self.seen.get_mut(number) {
            *seen = true;
        }
        *self.outcomes.entry(text(&body, "outcome")).or_default() += 1;
        // The entry to change: the latest of the first half of the run.
        if self.place.is_none() || number <= self.seen.len() / 2 {
            let at = line.find(&request).map(|at| at + request.len() - 1);
            let at = at.and_then(|at| u64::try_from(at).ok());
            self.place = at
                .map(|at| (offset + at, text(&parsed, "id")))
                .or(self.place.take());
        }
    }
}

/// Verifies a bundle without asking anybody.
fn check(api: &Api, bundle: &Path, keys: &[PublicKey], entries: u64) -> Result<Report, String> {
    let file = File::open(bundle).map_err(|e| format!("{}: {e}", bundle.display()))?;
    let progress = Progress::new(&api.clock, "verify", entries);
    let report = verifier::verify(BufReader::with_capacity(1 << 18, file), keys, &|entries| {
        progress.set(entries)
    });
    progress.end();
    Ok(report)
}

/// Copies a bundle and changes one digit at `offset`.
fn tamper(bundle: &Path, copy: &Path, offset: u64) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", copy.display());
    fs::copy(bundle, copy).map_err(failed)?;
    let mut file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(copy)
        .map_err(failed)?;
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.read_exact(&mut byte))
        .map_err(failed)?;
    // 0 and 1, 2 and 3, … differ in their last bit: the line stays JSON, and says something else.
    let byte = byte.map(|b| b ^ 1);
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.write_all(&byte))
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_is_changed_and_nothing_else() {
        let dir = std::env::temp_dir().join(format!("ledgerkeep-demo-tamper-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (bundle, copy) = (dir.join("a"), dir.join("b"));
        fs::write(&bundle, "{\"n\":\"demo-00000004\"}").unwrap();
        tamper(&bundle, &copy, 18).unwrap();
        assert_eq!(fs::read_to_string(&copy).unwrap(), "{\"n\":\"demo-00000005\"}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
