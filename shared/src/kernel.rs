//! What everything else is made of: it knows no table, no key and no caller.

pub mod backoff;
pub mod ids;
pub mod logging;
pub mod money;
pub mod page;
pub mod problem;
pub mod purpose;
pub mod random;
pub mod record;
pub mod shape;
pub mod text;
pub mod time;
pub mod trace;
