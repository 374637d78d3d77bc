//! Faults: each call that the road makes of AWS fails in every way there is. What was asked for happens once
//! or not at all, everybody is answered in time, and nothing is left behind.

mod crash;
mod jobs;
mod lasting;
mod log;
mod once;

use crate::support::{Platform, platform::scratch};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The platform that these tests break. The plan of faults is one for all of it, so they take turns.
fn broken() -> (&'static Platform, MutexGuard<'static, ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    static BROKEN: OnceLock<Platform> = OnceLock::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    (BROKEN.get_or_init(|| Platform::faulty(&scratch("faults"))), turn)
}
