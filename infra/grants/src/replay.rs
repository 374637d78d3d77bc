//! What functions have been seen to do, held against what their roles allow: each call allowed, and nothing allowed that nobody does.

use crate::withheld;
use console::say;
use iam::{
    Verdict,
    principal::Principals,
    record::{Record, read},
};
use names::BY_KEY;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use topology::Topology;

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
        say(&format!("denied: {line}"));
    }
    let (kept, unused): (Vec<_>, Vec<_>) = report
        .unused
        .iter()
        .partition(|(function, action, place)| withheld::kept(function, action, place).is_some());
    if args.unused {
        for (function, action, resource) in &unused {
            say(&format!("unused: {function} {action} {resource}"));
        }
    }
    if args.withhold {
        withhold(&args.root, &unused, &records)?;
    }
    say(&format!(
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
    say(&format!(
        "{} permissions are withheld; build again, then `make templates`",
        lines.len()
    ));
    Ok(())
}
