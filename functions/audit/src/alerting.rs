//! Alerting: from audit entries to alerts, each raised once.

pub mod evaluate;
pub mod items;
pub mod raise;
#[cfg(test)]
mod tests;
