//! Which part of a list is read.

/// Most items that one query of DynamoDB is asked for.
const WHOLE: i32 = 100;

/// Where a list goes on, and how much of it.
#[derive(Clone, Debug)]
pub struct Page {
    /// At most this many, 1 to 100.
    pub limit: i32,
    /// An opaque cursor of an earlier answer.
    pub cursor: Option<String>,
    /// Newest first.
    pub descending: bool,
    /// Sort keys between these, inclusive.
    pub between: Option<(String, String)>,
}

impl Page {
    /// The first page of a list, oldest first.
    #[must_use]
    pub const fn oldest() -> Self {
        Self {
            limit: WHOLE,
            cursor: None,
            descending: false,
            between: None,
        }
    }
}
