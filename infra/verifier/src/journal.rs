//! `ledgerkeep verify-journal`: checks an exported journal offline: that every entry says what its id commits to and balances, that
//! the trial balance follows from them, and that the audit log names exactly these entries.
//!
//! A journal is JSON Lines: a line that names the format and the tenant, then entries as `GET /ledger/v1/journal` answers them, in any order.

use aws_lc_rs::digest;
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

/// What the first line says it is.
pub const FORMAT: &str = "ledgerkeep-journal/1";
/// Most findings that are kept.
const FINDINGS: usize = 1_000;
/// Digits of a ULID (Crockford's base 32).
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Checks an exported journal offline.
#[derive(clap::Args, Debug)]
pub struct JournalArgs {
    /// The journal, JSON Lines
    pub journal: PathBuf,
    /// The trial balance that has to follow from it, as `GET /ledger/v1/trial-balance` answered it
    #[arg(long, value_name = "FILE")]
    pub trial_balance: Option<PathBuf>,
    /// An audit bundle of the same time, which has to name exactly these entries
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Header {
    format: String,
    tenant: String,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    at: String,
    source_type: String,
    source: String,
    effect: String,
    #[serde(default)]
    reason: Option<String>,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    account: String,
    currency: String,
    amount: i64,
}

#[derive(Deserialize)]
struct TrialBalance {
    accounts: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    r#type: String,
    currency: String,
    debit: i64,
    credit: i64,
}

/// Debits and credits.
type Sum = (i128, i128);

/// What a journal came to.
#[derive(Debug, Default)]
pub struct JournalReport {
    /// Entries.
    pub entries: u64,
    /// Debits and credits by kind of account and currency.
    pub accounts: BTreeMap<(String, String), Sum>,
    /// What is wrong.
    pub findings: Vec<String>,
    /// Entries that the audit log names, where it was asked.
    pub named: Option<u64>,
    ids: BTreeSet<String>,
}

impl JournalReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Debits and credits by currency.
    #[must_use]
    pub fn currencies(&self) -> BTreeMap<&str, Sum> {
        let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
        for ((_, currency), (debit, credit)) in &self.accounts {
            let sum = sums.entry(currency).or_default();
            *sum = (sum.0 + debit, sum.1 + credit);
        }
        sums
    }

    fn find(&mut self, what: String) {
        if self.findings.len() < FINDINGS {
            self.findings.push(what);
        }
    }

    fn entry(&mut self, tenant: &str, entry: Entry) {
        self.entries += 1;
        if committed(tenant, &entry).as_deref() != Some(entry.id.as_str()) {
            self.find(format!(
                "{}: altered: it does not say what its id commits to",
                entry.id
            ));
        }
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for line in &entry.lines {
            *sums.entry(&line.currency).or_default() += i128::from(line.amount);
        }
        for (currency, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
            self.find(format!(
                "{}: unbalanced: {sum} minor units of {currency}",
                entry.id
            ));
        }
        for line in entry.lines {
            let kind = line.account.split('.').next().unwrap_or_default().to_owned();
            let (debit, credit) = self.accounts.entry((kind, line.currency)).or_default();
            match i128::from(line.amount) {
                amount @ 0.. => *debit += amount,
                amount => *credit -= amount,
            }
        }
        if !self.ids.insert(entry.id.clone()) {
            self.find(format!("{}: repeated", entry.id));
        }
    }

    /// Holds it against a trial balance.
    pub fn compare(&mut self, told: &Value) {
        let Ok(told) = TrialBalance::deserialize(told) else {
            return self.find("the trial balance cannot be read".into());
        };
        let mut rest = self.accounts.clone();
        for line in told.accounts {
            let told: Sum = (line.debit.into(), line.credit.into());
            let sum = rest
                .remove(&(line.r#type.clone(), line.currency.clone()))
                .unwrap_or_default();
            if sum != told {
                self.find(format!(
                    "{} in {}: debits {} and credits {} by the entries, {} and {} by the trial balance",
                    line.r#type, line.currency, sum.0, sum.1, told.0, told.1
                ));
            }
        }
        for ((kind, currency), _) in rest.into_iter().filter(|(_, sum)| *sum != (0, 0)) {
            self.find(format!("{kind} in {currency}: not in the trial balance"));
        }
    }

    /// Holds it against the entries that an audit bundle names.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn hold(&mut self, bundle: impl BufRead) -> std::io::Result<()> {
        let mut named = BTreeSet::new();
        for line in bundle.lines() {
            let line = line?;
            // Most entries post nothing.
            if !line.contains("posted") {
                continue;
            }
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            let body = line.get("body").and_then(Value::as_str).unwrap_or_default();
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            let posted = body.get("posted").and_then(Value::as_array);
            named.extend(
                posted
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned),
            );
        }
        for id in self.ids.difference(&named).cloned().collect::<Vec<_>>() {
            self.find(format!("{id}: the audit log names no such entry"));
        }
        for id in named.difference(&self.ids).cloned().collect::<Vec<_>>() {
            self.find(format!("{id}: named by the audit log and not in the journal"));
        }
        self.named = Some(named.len() as u64);
        Ok(())
    }
}

impl fmt::Display for JournalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        write!(f, "{} journal entries", self.entries)?;
        if let Some(named) = self.named {
            write!(f, ", {named} named by the audit log")?;
        }
        for (currency, (debit, credit)) in self.currencies() {
            write!(f, "; {currency}: {debit} - {credit} = {}", debit - credit)?;
        }
        write!(f, ": {}", if self.clean() { "CLEAN" } else { "NOT CLEAN" })
    }
}

/// A ULID: 48 bits of milliseconds and 80 other bits.
fn ulid(millis: u64, bits: u128) -> String {
    let value = (u128::from(millis) << 80) | (bits & ((1 << 80) - 1));
    let digit = |n: u32| {
        DIGITS
            .get(usize::try_from((value >> (5 * n)) & 31).unwrap_or(0))
            .copied()
    };
    (0..26).rev().filter_map(digit).map(char::from).collect()
}

/// The id of what an entry says; none where its time cannot be read.
fn committed(tenant: &str, entry: &Entry) -> Option<String> {
    let at: jiff::Timestamp = entry.at.parse().ok()?;
    let mut text = format!(
        "ledgerkeep journal entry 1\n{tenant}\n{}\n{}\n{}\n{}\n{}\n",
        entry.at,
        entry.source_type,
        entry.source,
        entry.effect,
        entry.reason.as_deref().unwrap_or_default(),
    );
    for line in &entry.lines {
        let _ = writeln!(text, "{} {} {}", line.account, line.currency, line.amount);
    }
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let bits = digest
        .as_ref()
        .iter()
        .take(10)
        .fold(0, |all, byte| (all << 8) | u128::from(*byte));
    Some(format!(
        "jre_{}",
        ulid(u64::try_from(at.as_millisecond()).ok()?, bits)
    ))
}

/// Checks a journal as it is read.
///
/// # Errors
/// When it cannot be read, or its first line is none of this format.
pub fn verify_journal(reader: impl BufRead) -> Result<JournalReport, String> {
    let mut lines = reader.lines();
    let first = lines
        .next()
        .transpose()
        .map_err(|e| e.to_string())?
        .unwrap_or_default();
    let header: Header = serde_json::from_str(&first).map_err(|_| "the first line is no header")?;
    if header.format != FORMAT {
        return Err(format!("this is {}, not {FORMAT}", header.format));
    }
    let mut report = JournalReport::default();
    for (at, line) in lines.enumerate() {
        match serde_json::from_str::<Entry>(&line.map_err(|e| e.to_string())?) {
            Ok(entry) => report.entry(&header.tenant, entry),
            Err(_) => report.find(format!("line {} is no entry", at + 2)),
        }
    }
    Ok(report)
}

/// Runs the command: prints what came of it, and says whether nothing is wrong.
///
/// # Errors
/// A sentence for the terminal, when a file cannot be read.
pub fn run_journal(args: &JournalArgs) -> Result<bool, String> {
    fn named(path: &Path) -> impl Fn(std::io::Error) -> String {
        let path = path.display().to_string();
        move |error| format!("{path}: {error}")
    }
    let open = |path: &Path| File::open(path).map(BufReader::new).map_err(named(path));
    let mut report = verify_journal(open(&args.journal)?)?;
    if let Some(path) = &args.trial_balance {
        let told = std::fs::read_to_string(path).map_err(named(path))?;
        report.compare(&serde_json::from_str(&told).unwrap_or_default());
    }
    if let Some(path) = &args.bundle {
        report.hold(open(path)?).map_err(named(path))?;
    }
    writeln!(std::io::stdout().lock(), "{report}").map_err(|error| error.to_string())?;
    Ok(report.clean())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TENANT: &str = "ten_00000000000000000000000000";

    fn entry(effect: &str, amounts: &[(&str, i64)]) -> Value {
        let lines: Vec<Value> = amounts
            .iter()
            .map(|(account, amount)| json!({"account": account, "currency": "EUR", "amount": amount}))
            .collect();
        let mut entry = json!({"id": "", "at": "2026-11-28T10:00:00.000Z", "source_type": "payment",
            "source": "pay_1", "effect": effect, "lines": lines});
        let read = Entry::deserialize(&entry).unwrap();
        entry["id"] = committed(TENANT, &read).unwrap().into();
        entry
    }

    fn verify(entries: &[Value]) -> JournalReport {
        let header = json!({"format": FORMAT, "tenant": TENANT});
        let lines: Vec<String> = std::iter::once(&header)
            .chain(entries)
            .map(Value::to_string)
            .collect();
        verify_journal(lines.join("\n").as_bytes()).unwrap()
    }

    fn sound() -> Vec<Value> {
        vec![
            entry("a", &[("bank", 7), ("suspense", -7)]),
            entry("b", &[("bank", -2), ("fees.x", 2)]),
        ]
    }

    #[test]
    fn a_sound_journal_comes_to_zero_and_to_its_trial_balance() {
        let mut report = verify(&sound());
        let line =
            |kind, debit, credit| json!({"type": kind, "currency": "EUR", "debit": debit, "credit": credit});
        let told = json!({"accounts": [line("bank", 7, 2), line("fees", 2, 0), line("suspense", 0, 7)]});
        report.compare(&told);
        assert!(report.clean(), "{report}");
        assert_eq!(report.currencies(), BTreeMap::from([("EUR", (9, 9))]));
        report.compare(&json!({"accounts": [line("bank", 8, 2)]}));
        assert_eq!(report.findings.len(), 3, "{report}");
    }

    #[test]
    fn an_id_is_what_the_platform_makes_it() {
        // The same entry as in the ledger's own test.
        assert_eq!(
            entry("captured", &[("bank", 7), ("suspense", -7)])["id"],
            "jre_01M8GSHV80CN6E1J8JWSP9TE3Y"
        );
    }

    #[test]
    fn whatever_is_altered_repeated_or_left_out_is_found() {
        let mut altered = sound();
        altered[0]["lines"][0]["amount"] = 8.into();
        let found = verify(&altered).findings;
        assert!(
            found.iter().any(|f| f.contains("altered")) && found.iter().any(|f| f.contains("unbalanced"))
        );
        let mut repeated = sound();
        repeated.push(repeated[0].clone());
        assert!(verify(&repeated).findings[0].contains("repeated"));
        let unbalanced = [entry("a", &[("bank", 7), ("suspense", -6)])];
        assert!(verify(&unbalanced).findings[0].contains("unbalanced"));
        assert_eq!(verify(&[json!({"id": 1})]).findings, ["line 2 is no entry"]);
        let ids: Vec<Value> = sound().iter().map(|entry| entry["id"].clone()).collect();
        let line = |posted: Value| json!({"body": json!({"posted": posted}).to_string()}).to_string();
        let mut report = verify(&sound());
        report.hold(line(json!(ids)).as_bytes()).unwrap();
        assert!(report.clean() && report.named == Some(2), "{report}");
        report
            .hold(line(json!([ids[0], "jre_other"])).as_bytes())
            .unwrap();
        assert_eq!(report.findings.len(), 2, "{report}");
    }
}
