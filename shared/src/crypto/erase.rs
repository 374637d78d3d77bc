//! Crypto-erasure: every version of a subject's key is destroyed, and a tombstone refuses a new one.

use crate::{
    kernel::{purpose::Purpose, time::Timestamp},
    store::Write,
};

/// A key that is destroyed, for certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestroyedKey {
    /// What it was for.
    pub purpose: Purpose,
    /// Its versions, oldest first; none where the subject never had a key for this purpose, or where it had been
    /// destroyed before.
    pub versions: Vec<u32>,
    /// When it was destroyed: now, or earlier by another erasure.
    pub at: Timestamp,
}

/// What erasing a subject takes. Once the writes are committed, nothing that was sealed under the keys opens any
/// more, in this table's items or in any copy of them (GDPR art. 17). Backups of the keys table hold the wrapped
/// keys for at most 35 days longer.
pub struct Erasure {
    /// One write for each purpose: a tombstone in the place of the key. They go into the caller's changes; a lost
    /// race, such as with a rotation, makes the road run the caller again.
    pub writes: Vec<Write>,
    /// What they destroy.
    pub destroyed: Vec<DestroyedKey>,
}
