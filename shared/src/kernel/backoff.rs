//! Pauses before trying again: at random, longer after each loss, and measured by how long an attempt takes.

use crate::kernel::{random, time::Clock};
use std::time::Duration;

/// The least that an attempt counts for.
const LEAST: Duration = Duration::from_millis(5);
/// The most that an attempt counts for.
const MOST: Duration = Duration::from_millis(500);
/// Doublings of the window.
const DOUBLINGS: u32 = 5;
/// The widest window.
const WIDEST: Duration = Duration::from_secs(4);

/// The pauses of one caller who contends with others.
///
/// The window that a pause is drawn from begins with the time that the lost attempt took and doubles with every
/// loss. So the contenders spread until about one of them at a time is at it, however many they are and
/// however slow the store is at that moment; a fixed window would only add load where there is too much.
pub struct Backoff<'a> {
    clock: &'a dyn Clock,
    since: Duration,
    losses: u32,
}

impl<'a> Backoff<'a> {
    /// The first attempt begins now.
    #[must_use]
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self {
            clock,
            since: clock.monotonic(),
            losses: 0,
        }
    }

    /// How often it has been lost.
    #[must_use]
    pub fn losses(&self) -> u32 {
        self.losses
    }

    /// Waits after a loss; the next attempt begins when this ends.
    pub async fn pause(&mut self) {
        let took = self.clock.monotonic().saturating_sub(self.since);
        let window = window(took, self.losses).as_micros();
        let pause = random::below(u64::try_from(window).unwrap_or(u64::MAX));
        self.clock.sleep(Duration::from_micros(pause)).await;
        self.losses = self.losses.saturating_add(1);
        self.since = self.clock.monotonic();
    }
}

fn window(took: Duration, losses: u32) -> Duration {
    let factor = 1u32 << losses.saturating_add(1).min(DOUBLINGS);
    took.clamp(LEAST, MOST).saturating_mul(factor).min(WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_with_losses_and_with_what_an_attempt_takes() {
        let millis = |took, losses| window(Duration::from_millis(took), losses).as_millis();
        assert_eq!((millis(0, 0), millis(20, 0), millis(20, 1)), (10, 40, 80));
        assert_eq!(millis(20, 4), 640);
        assert_eq!(millis(20, 4), millis(20, 4_000_000_000), "it stops doubling");
        assert_eq!(millis(60_000, 60), 4_000);
    }
}
