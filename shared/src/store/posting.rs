//! Where the ledger's entries are appended, and what lets them pass: `Uses::Post` is bound to these.

use super::Table;

/// What holds journal entries, and what holds the gates that they pass.
pub const POSTED: [Table; 2] = [Table::Journal, Table::Ledger];
/// The kind of a journal entry.
pub const ENTRY_KIND: &str = "journal-entry";
/// The kind of a gate of a month.
pub const GATE_KIND: &str = "month-gate";
