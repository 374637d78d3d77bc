//! What a function or a worker needs of AWS.

use crate::{crypto::KeyUse, kernel::purpose::Purpose, store::Table};

/// What a function needs from AWS. Its role holds this and nothing else, and the store refuses the rest
/// locally too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uses {
    /// Finds out whether this region may write for a tenant. Whatever commits needs it, and has it without declaring it.
    Home,
    /// Reads a table.
    Read(Table),
    /// Writes a table conditionally.
    Write(Table),
    /// Goes through lists of an index, 1 or 2, of a table.
    List(Table, u8),
    /// Goes through the items below partitions of a table.
    Below(Table),
    /// Goes through a whole table. Only for maintenance.
    Scan(Table),
    /// Opens and seals under tenant keys of a purpose.
    Key(Purpose),
    /// Makes tenant keys.
    NewKeys,
    /// Has KMS wrap tenant keys by another key, without seeing them.
    Rewrap,
    /// Signs.
    Sign(KeyUse),
    /// Reads a public key.
    PublicKey(KeyUse),
    /// Makes a MAC.
    Mac(KeyUse),
    /// Reads a secret.
    Secret(&'static str),
    /// Sends to a queue.
    Send(&'static str),
    /// Calls out to the internet.
    Egress,
    /// Sends mail.
    Mail,
    /// Writes to the archive. Two workers do: of logs, and of documents.
    Archive,
    /// Appends journal entries, each through a gate of its month.
    Post,
    /// Removes items of the audit table that are past retention. One worker does.
    Purge(Table),
}
