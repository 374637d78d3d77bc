//! The books of the run: the journal is taken away with its trial balance, and verified offline against the audit log.

use super::api::{Api, Call, Client, Who};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};
use verifier::journal::{FORMAT, verify_journal};

/// What the books say about the run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Books {
    /// Entries in the journal.
    pub(super) entries: u64,
    /// Entries that the audit log names.
    pub(super) named: u64,
    /// Debits and credits of each currency, by the entries.
    pub(super) sums: BTreeMap<String, (i128, i128)>,
    /// What each kind of account comes to, by the trial balance: kind, currency, debits less credits.
    pub(super) balances: Vec<(String, String, i64)>,
    /// What the verifier found.
    pub(super) findings: Vec<String>,
    /// The journal.
    pub(super) journal: PathBuf,
    /// Why nobody has looked.
    pub(super) unread: Option<String>,
}

/// Takes the books away and checks them.
pub(super) async fn check(
    api: &Api,
    auditor: &Client,
    data_dir: &Path,
    bundle: &Path,
) -> Result<Books, String> {
    let who = Who::Client(auditor);
    let told = api.send(&Call::get(who, "/ledger/v1/trial-balance")).await?;
    if told.status == 403 {
        // The roles of a tenant are its own: one that was made before the ledger has no right to it in them.
        return Ok(Books {
            unread: Some("the auditor of this data directory has no right to them".to_owned()),
            ..Books::default()
        });
    }
    let trial_balance = told.success("reading the trial balance")?.body;
    let journal = data_dir.join("journal.jsonl");
    let failed = |e: std::io::Error| format!("{}: {e}", journal.display());
    let mut file = BufWriter::new(File::create(&journal).map_err(failed)?);
    let me = api
        .send(&Call::get(who, "/identity/v1/me"))
        .await?
        .success("asking who I am")?;
    writeln!(file, "{}", json!({"format": FORMAT, "tenant": me.text("tenant")})).map_err(failed)?;
    let mut path = "/ledger/v1/journal?limit=100".to_owned();
    loop {
        let page = api
            .send(&Call::get(who, path.as_str()))
            .await?
            .success("reading the journal")?;
        let rows = page.body.get("data").and_then(Value::as_array);
        for row in rows.into_iter().flatten() {
            writeln!(file, "{row}").map_err(failed)?;
        }
        match page.text("next_cursor") {
            "" => break,
            cursor => path = format!("/ledger/v1/journal?limit=100&cursor={cursor}"),
        }
    }
    file.flush().map_err(failed)?;
    let told = data_dir.join("trial-balance.json");
    fs::write(&told, trial_balance.to_string()).map_err(|e| format!("{}: {e}", told.display()))?;
    let open = |path: &Path| {
        let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok::<_, String>(BufReader::new(file))
    };
    let mut report = verify_journal(open(&journal)?)?;
    report.compare(&trial_balance);
    report
        .hold(open(bundle)?)
        .map_err(|e| format!("{}: {e}", bundle.display()))?;
    let lines = trial_balance.get("accounts").and_then(Value::as_array);
    let balance = |line: &Value| {
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((text("type")?, text("currency")?, line.get("balance")?.as_i64()?))
    };
    Ok(Books {
        entries: report.entries,
        named: report.named.unwrap_or_default(),
        sums: report
            .currencies()
            .into_iter()
            .map(|(c, sum)| (c.to_owned(), sum))
            .collect(),
        balances: lines.into_iter().flatten().filter_map(balance).collect(),
        findings: report.findings,
        journal,
        unread: None,
    })
}
