//! Numbers as sort keys.

/// A number as a sort key: twenty digits hold every `u64`.
#[must_use]
pub fn padded(n: u64) -> String {
    format!("{n:020}")
}
