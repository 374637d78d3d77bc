//! What functions have been seen to do, held against what their roles allow: each call allowed, and nothing allowed that nobody does.

use super::{
    Call, Verdict,
    principal::{Principals, Session},
};
use crate::{
    templates::{access::BY_KEY, withheld},
    topology::Topology,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A call that a function made. Leading keys are cut behind the kind of item: what is meant is whose they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Record {
    /// The function.
    pub function: String,
    /// Its session.
    pub session: Session,
    /// The call.
    pub call: Call,
    /// Whether it was let through when it was made.
    pub allowed: bool,
}

impl Record {
    /// A call as it is recorded.
    #[must_use]
    pub fn new(function: &str, session: &Session, call: &Call, allowed: bool) -> Self {
        let cut = |key: &String| {
            let mut parts = key.splitn(4, '#');
            let kind = parts.by_ref().take(3).collect::<Vec<_>>().join("#");
            parts.next().map_or_else(|| kind.clone(), |_| format!("{kind}#"))
        };
        let keys = call.context.get("dynamodb:LeadingKeys");
        let keys: Option<BTreeSet<String>> = keys.map(|keys| keys.iter().map(cut).collect());
        let context = match keys {
            Some(keys) => call.context.clone().with("dynamodb:LeadingKeys", keys),
            None => call.context.clone(),
        };
        Self {
            function: function.to_owned(),
            session: session.clone(),
            call: Call {
                context,
                ..call.clone()
            },
            allowed,
        }
    }
}

/// What came of a replay.
#[derive(Debug, Default)]
pub struct Report {
    /// Calls that were judged.
    pub calls: usize,
    /// Functions that made them.
    pub functions: BTreeSet<String>,
    /// Calls that a role lacks.
    pub denied: Vec<String>,
    /// What roles allow and nobody was seen to do: function, action and resource.
    pub unused: BTreeSet<(String, String, String)>,
}

/// What Lambda itself does for a function: nobody sees these calls here.
fn by_lambda(action: &str) -> bool {
    let stream = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
    let queue = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
    match action.split_once(':') {
        Some(("logs" | "xray", _)) => true,
        Some(("dynamodb", name)) => stream.contains(&name),
        Some(("sqs", name)) => queue.contains(&name),
        _ => false,
    }
}

/// Judges records by the roles of the templates.
///
/// # Errors
/// When a policy is not understood.
pub fn replay(topology: &Topology, records: &[Record]) -> Result<Report, String> {
    let principals = Principals::read(topology)?;
    let mut report = Report {
        calls: records.len(),
        ..Report::default()
    };
    let mut seen: BTreeMap<&str, BTreeSet<(&str, String)>> = BTreeMap::new();
    for record in records {
        report.functions.insert(record.function.clone());
        let verdict = principals.decide(&record.function, &record.session, &record.call)?;
        let call = &record.call;
        let why = match verdict {
            Verdict::Allowed(_) if record.allowed => None,
            Verdict::Allowed(_) => Some("was denied when it was made".to_owned()),
            Verdict::Denied(by) => Some(format!("denied by {by}")),
            Verdict::NotAllowed(by) => Some(by.to_owned()),
        };
        if let Some(why) = why {
            let keys = call.context.get("dynamodb:LeadingKeys").unwrap_or_default();
            report.denied.push(format!(
                "{}: {} on {} {keys:?} {:?}: {why}",
                record.function, call.action, call.resource, record.session.tags
            ));
        }
        let name = short(&call.resource, &call.action);
        seen.entry(record.function.as_str())
            .or_default()
            .insert((call.action.as_str(), name));
    }
    for function in principals.functions() {
        let done = seen.get(function);
        for (_, action, resource) in principals.allowed(function)? {
            let name = short(&resource, &action);
            let does = |a: &str| done.is_some_and(|d| d.contains(&(a, name.clone())));
            // Which of the two reads by key is called depends on what the road has read ahead.
            let by_key = BY_KEY.contains(&action.as_str()) && BY_KEY.into_iter().any(does);
            if !(by_lambda(&action) || by_key || does(&action)) {
                report.unused.insert((function.to_owned(), action, name));
            }
        }
    }
    Ok(report)
}

/// The end of an ARN, which names it among its like.
fn short(arn: &str, action: &str) -> String {
    if action.starts_with("sts:") {
        return "data role".to_owned();
    }
    if let Some(number) = arn
        .rsplit_once("key/mrk-")
        .map(|(_, n)| n.trim_start_matches('0'))
    {
        let number: usize = number.parse().unwrap_or(0);
        let key = shared::crypto::KeyUse::ALL.get(number);
        return key.map_or_else(|| arn.to_owned(), |k| format!("key {}", k.name()));
    }
    arn.rsplit_once(":table/ledgerkeep-local-")
        .map_or(arn, |(_, name)| name)
        .to_owned()
}

/// Reads what was recorded, by one process or, from a directory, by all of them.
///
/// # Errors
/// Names the file, or the line in it that is no record.
pub fn read(path: &Path) -> Result<BTreeSet<Record>, String> {
    let told = |e: String| format!("{}: {e}", path.display());
    let io = |e: std::io::Error| told(e.to_string());
    if path.is_dir() {
        let mut all = BTreeSet::new();
        for entry in std::fs::read_dir(path).map_err(io)? {
            all.append(&mut read(&entry.map_err(io)?.path())?);
        }
        return Ok(all);
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    // What follows the last line's end is a record that its process was killed over, or is still writing.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let record = |line| serde_json::from_str::<Record>(line).map_err(|e| told(e.to_string()));
    whole.lines().map(record).collect()
}

/// `ledgerkeep permissions`.
#[derive(clap::Args, Debug)]
pub struct PermissionsArgs {
    /// What `ledgerkeep serve --roles` has recorded: `calls` of a data directory; any number of them
    #[arg(required = true)]
    calls: Vec<std::path::PathBuf>,
    /// Where `template.yaml` stands
    #[arg(long, default_value = ".")]
    root: std::path::PathBuf,
    /// Show what roles allow and no function was seen to do
    #[arg(long)]
    unused: bool,
    /// Withhold that from their roles from now on; the records must be those of the whole end-to-end suite
    #[arg(long)]
    withhold: bool,
    /// Fail when roles allow what no function was seen to do
    #[arg(long)]
    exact: bool,
}

/// Judges records, and says what came of it: whether every call was allowed.
///
/// # Errors
/// When records or templates cannot be read.
pub fn run(args: &PermissionsArgs) -> Result<bool, String> {
    let topology = Topology::read(&args.root)?;
    let mut records = BTreeSet::new();
    for path in &args.calls {
        records.append(&mut read(path)?);
    }
    let records: Vec<Record> = records.into_iter().collect();
    let report = replay(&topology, &records)?;
    for line in &report.denied {
        crate::platform::say(&format!("denied: {line}"));
    }
    let (kept, unused): (Vec<_>, Vec<_>) = report
        .unused
        .iter()
        .partition(|(function, action, place)| withheld::kept(function, action, place).is_some());
    if args.unused {
        for (function, action, resource) in &unused {
            crate::platform::say(&format!("unused: {function} {action} {resource}"));
        }
    }
    if args.withhold {
        withhold(&args.root, &unused, &records)?;
    }
    crate::platform::say(&format!(
        "{} kinds of calls by {} of {} functions: {} denied; {} permissions that nobody was seen to use, and {} kept with a reason",
        report.calls,
        report.functions.len(),
        topology.functions.len(),
        report.denied.len(),
        unused.len(),
        kept.len(),
    ));
    Ok(report.denied.is_empty() && (unused.is_empty() || !args.exact))
}

/// Renews the list of what is withheld: what nobody was seen to use is added, and what somebody tried to goes.
fn withhold(root: &Path, unused: &[&(String, String, String)], records: &[Record]) -> Result<(), String> {
    let path = root.join(withheld::FILE);
    let told = |e: std::io::Error| format!("{}: {e}", path.display());
    let text = std::fs::read_to_string(&path).map_err(told)?;
    let mut lines: BTreeSet<String> = text
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let new = unused
        .iter()
        .filter(|(_, action, _)| action.starts_with("dynamodb:"));
    lines.extend(new.map(|(function, action, resource)| format!("{function} {action} {resource}")));
    for record in records.iter().filter(|r| !r.allowed) {
        let (function, action) = (&record.function, &record.call.action);
        let resource = short(&record.call.resource, action);
        let by_key = BY_KEY.contains(&action.as_str());
        for action in BY_KEY.into_iter().filter(|_| by_key).chain([action.as_str()]) {
            lines.remove(&format!("{function} {action} {resource}"));
        }
    }
    let mut text =
        "# Generated by `ledgerkeep permissions --withhold` from what the end-to-end suite does.\n"
            .to_owned();
    for line in &lines {
        text.push_str(line);
        text.push('\n');
    }
    std::fs::write(&path, text).map_err(told)?;
    crate::platform::say(&format!(
        "{} permissions are withheld; build again, then `make templates`",
        lines.len()
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_no_record_and_one_that_is_not_understood_is_an_error() {
        let dir = std::env::temp_dir().join(format!("ledgerkeep-calls-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let call = Call {
            action: "dynamodb:GetItem".into(),
            resource: "arn:aws:dynamodb:eu-central-1:1:table/t".into(),
            context: Default::default(),
        };
        let record = |function| Record::new(function, &Session::default(), &call, true);
        let line = |function| serde_json::to_string(&record(function)).unwrap();
        let (one, two) = (line("one"), line("two"));
        let (cut, _) = two.split_at(40);
        std::fs::write(dir.join("1-0.jsonl"), format!("{one}\n{cut}")).unwrap();
        std::fs::write(dir.join("2-0.jsonl"), format!("{one}\n{two}\n")).unwrap();
        assert_eq!(read(&dir), Ok([record("one"), record("two")].into()));
        std::fs::write(dir.join("3-0.jsonl"), format!("{cut}{one}\n")).unwrap();
        assert!(read(&dir).unwrap_err().contains("3-0.jsonl"));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
