//! Calls that functions made, as they are recorded.

use super::{Call, principal::Session};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};

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
