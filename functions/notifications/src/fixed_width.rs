//! Times in sort keys.

/// Unix seconds as text that sorts like the number.
pub(crate) fn fixed_width(seconds: i64) -> String {
    format!("{:012}", seconds.max(0))
}
