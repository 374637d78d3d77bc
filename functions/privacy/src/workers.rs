//! Workers: what fulfils requests, and what watches the clock of breaches.

pub mod fulfil;
pub mod gather;
mod page;
pub mod watch;
