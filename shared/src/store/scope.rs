//! What a call narrows the sessions to that it reaches data in.

use std::sync::Arc;

/// What a session is narrowed to, where one role stands for several functions: a session policy, which allows nothing that the
/// role does not (IAM User Guide, "Session policies").
#[derive(Clone, Debug)]
pub struct Scope {
    /// Whose it is. Two of one name have one policy.
    pub name: &'static str,
    /// The policy: JSON of at most 2,048 characters.
    pub policy: Arc<str>,
}
