//! Password policies as answered.

use serde::Serialize;
use shared::{
    auth::{CharacterClass, Policy},
    record::Record,
};

/// A policy as answered.
#[derive(Record, Serialize)]
#[record(name = "PasswordPolicy")]
pub struct PolicyAnswer {
    /// Fewest characters.
    #[internal]
    min_length: u32,
    /// Days after which a password must be changed; null means never.
    #[internal]
    max_age_days: Option<u32>,
    /// How many of the latest passwords, the current one included, may not come again.
    #[internal]
    history: u32,
    /// What a password must hold.
    #[internal]
    classes: Vec<CharacterClass>,
    /// Least score of zxcvbn.
    #[internal]
    min_score: u8,
    /// Consecutive failures before the lock.
    #[internal]
    max_attempts: i64,
    /// Seconds of the lock.
    #[internal]
    lock_seconds: i64,
    /// Seconds without a call after which a session ends.
    #[internal]
    idle_seconds: i64,
    /// Seconds after which a session ends in any case.
    #[internal]
    absolute_seconds: i64,
    /// Whether a second factor is needed.
    #[internal]
    second_factor: bool,
}

impl From<Policy> for PolicyAnswer {
    fn from(p: Policy) -> Self {
        Self {
            min_length: p.min_length,
            max_age_days: p.max_age_days,
            history: p.history,
            classes: p.classes.into_iter().collect(),
            min_score: p.min_score,
            max_attempts: p.max_attempts,
            lock_seconds: p.lock_seconds,
            idle_seconds: p.idle_seconds,
            absolute_seconds: p.absolute_seconds,
            second_factor: p.second_factor,
        }
    }
}
