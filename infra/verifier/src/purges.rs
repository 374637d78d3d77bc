//! Purged entries, and the purges in the log that explain them.

use serde_json::Value;
use std::collections::BTreeSet;

/// Purged entries that are kept to be named; of those that nothing explains, these are the first to be told.
const KEPT: usize = 1000;

/// The activity whose entry begins a purge.
const ACTIVITY: &str = "audit.create_purge";

/// What is known of purges. A later purge covers at least what an earlier one does, so the widest bounds decide, and
/// only the entries nearest to them can be outside: those with the highest ids and the highest indexes.
#[derive(Default)]
pub(super) struct Purges {
    below: String,
    size: u64,
    by_id: BTreeSet<(String, u64, u64)>,
    by_index: BTreeSet<(u64, u64, String)>,
}

impl Purges {
    /// Whether a body may be that of a purge's entry.
    pub(super) fn concerns(body: &str) -> bool {
        body.contains(ACTIVITY)
    }

    /// Takes note of a purge, if a body is that of its entry.
    pub(super) fn explain(&mut self, body: &str) {
        if !Self::concerns(body) {
            return;
        }
        let Ok(body) = serde_json::from_str::<Value>(body) else {
            return;
        };
        let text = |at: &str| body.pointer(at).and_then(Value::as_str);
        if text("/activity") != Some(ACTIVITY) || text("/outcome") != Some("succeeded") {
            return;
        }
        let size = body.pointer("/details/after/size").and_then(Value::as_u64);
        if let (Some(below), Some(size)) = (text("/details/after/below"), size) {
            self.size = self.size.max(size);
            if below > self.below.as_str() {
                below.clone_into(&mut self.below);
            }
        }
    }

    /// Takes note of a purged entry.
    pub(super) fn gone(&mut self, index: u64, line: u64, id: &str) {
        let id: String = id.chars().take(128).collect();
        self.by_index.insert((index, line, id.clone()));
        self.by_id.insert((id, index, line));
        if self.by_id.len() > KEPT {
            self.by_id.pop_first();
        }
        if self.by_index.len() > KEPT {
            self.by_index.pop_first();
        }
    }

    /// The purged entries that no purge covers: index, line and id.
    pub(super) fn unexplained(&self) -> BTreeSet<(u64, u64, String)> {
        let by_id = self.by_id.iter().filter(|(id, ..)| *id >= self.below);
        let by_index = self.by_index.iter().filter(|(index, ..)| *index >= self.size);
        by_id
            .map(|(id, index, line)| (*index, *line, id.clone()))
            .chain(by_index.cloned())
            .collect()
    }
}
