//! What has been issued and is to be rendered, as a queue tells it: whoever follows the outbox sends it, and what renders reads it.

use crate::kernel::ids::TenantId;
use serde::{Deserialize, Serialize};

/// The queue.
pub const QUEUE: &str = "documents";

/// The events about something that has been issued; their data has its `id`.
pub const EVENTS: [&str; 2] = ["invoice.finalized", "credit_note.created"];

/// A message of the queue. It says nothing but what to look at; the item is the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// Whose.
    pub tenant: TenantId,
    /// The invoice or credit note.
    pub of: String,
}
