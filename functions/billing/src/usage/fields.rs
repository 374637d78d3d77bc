//! The names of the fields that are sealed.

/// The field that keeps what events said.
pub const READINGS: &str = "readings";

/// The field that keeps what tells a group apart.
pub const GROUP: &str = "group";

/// The field that keeps what an event says.
pub const SAID: &str = "said";
