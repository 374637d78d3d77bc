//! What may change within a major version although it breaks clients: listed once, each with the decision that says why.

use super::manifest::{FOLDER, Version};
use serde::Deserialize;
use std::{fs, path::Path};

/// The list, a line for each.
pub(super) const LIST: &str = "exceptions.jsonl";

/// One change that may be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The contract; every one, where it is left out.
    contract: Option<String>,
    /// The version that makes it.
    version: String,
    /// The words of what is found.
    finding: String,
    /// The decision record, below `infra/decisions`.
    decision: String,
}

/// The changes that may be made.
#[derive(Debug)]
pub(super) struct Exceptions(Vec<(Version, Line)>);

impl Exceptions {
    /// Reads the list.
    ///
    /// # Errors
    /// One line for what cannot be read, and for a decision that is not there.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let list = match fs::read_to_string(root.join(FOLDER).join(LIST)) {
            Ok(list) => list,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(format!("{FOLDER}/{LIST}: {e}")),
        };
        let line = |(index, text): (usize, &str)| {
            let at = format!("{FOLDER}/{LIST}:{}", index + 1);
            let line: Line = serde_json::from_str(text).map_err(|e| format!("{at}: {e}"))?;
            let version = Version::parse(&line.version).ok_or_else(|| format!("{at}: no version"))?;
            if !root.join("infra/decisions").join(&line.decision).is_file() {
                return Err(format!("{at}: there is no decision {}", line.decision));
            }
            Ok((version, line))
        };
        let lines: Result<Vec<_>, String> = list.lines().enumerate().map(line).collect();
        Ok(Self(lines?))
    }

    /// The words of what may be found between a release of a contract and what follows it.
    pub(super) fn between(&self, contract: &str, released: &Version, now: &Version) -> Vec<String> {
        let applies = |(version, line): &&(Version, Line)| {
            line.contract.as_deref().is_none_or(|name| name == contract)
                && version > released
                && version <= now
        };
        self.0
            .iter()
            .filter(applies)
            .map(|(_, line)| line.finding.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_holds_for_one_step_only() {
        let line = Line {
            contract: Some("vault".into()),
            version: "1.2.0".into(),
            finding: "an open list: false became true".into(),
            decision: "0027.md".into(),
        };
        let version = |text| Version::parse(text).unwrap();
        let exceptions = Exceptions(vec![(version("1.2.0"), line)]);
        let found = |contract, from, to| exceptions.between(contract, &version(from), &version(to)).len();
        assert_eq!(found("vault", "1.1.0", "1.2.0"), 1);
        assert_eq!(found("vault", "1.1.0", "1.3.0"), 1);
        assert_eq!(found("vault", "1.2.0", "1.3.0"), 0, "it has been made");
        assert_eq!(found("vault", "1.1.0", "1.1.1"), 0);
        assert_eq!(found("billing", "1.1.0", "1.2.0"), 0);
    }
}
