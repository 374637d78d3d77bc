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
/// After so long nobody gives way any more.
const GIVES_WAY: Duration = Duration::from_secs(6);

/// The pauses of one caller who contends with others.
///
/// The window that a pause is drawn from begins with the time that the lost attempt took and doubles with every
/// loss. So the contenders spread until about one of them at a time is at it, however many they are and
/// however slow the store is at that moment; a fixed window would only add load where there is too much.
///
/// It shrinks as time goes by. Where new contenders keep coming, who has lost often would otherwise pause for seconds while those
/// who have only come do not pause at all, and lose until its patience ends: of eight that finalised invoices without end, with attempts
/// of 0.3 s, one call in 120.
pub struct Backoff<'a> {
    clock: &'a dyn Clock,
    began: Duration,
    since: Duration,
    losses: u32,
}

impl<'a> Backoff<'a> {
    /// The first attempt begins now.
    #[must_use]
    pub fn new(clock: &'a dyn Clock) -> Self {
        let now = clock.monotonic();
        Self {
            clock,
            began: now,
            since: now,
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
        let now = self.clock.monotonic();
        let (took, age) = (now.saturating_sub(self.since), now.saturating_sub(self.began));
        let window = window(took, self.losses, age).as_micros();
        let pause = random::below(u64::try_from(window).unwrap_or(u64::MAX));
        self.clock.sleep(Duration::from_micros(pause)).await;
        self.losses = self.losses.saturating_add(1);
        self.since = self.clock.monotonic();
    }
}

fn window(took: Duration, losses: u32, age: Duration) -> Duration {
    let factor = 1u32 << losses.saturating_add(1).min(DOUBLINGS);
    let widest = took.clamp(LEAST, MOST).saturating_mul(factor).min(WIDEST);
    let left = GIVES_WAY.saturating_sub(age).as_secs_f64() / GIVES_WAY.as_secs_f64();
    widest.mul_f64(left).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cmp::Reverse, collections::BinaryHeap};

    #[test]
    fn the_window_grows_with_losses_and_with_what_an_attempt_takes() {
        let millis = |took, losses| window(Duration::from_millis(took), losses, Duration::ZERO).as_millis();
        assert_eq!((millis(0, 0), millis(20, 0), millis(20, 1)), (10, 40, 80));
        assert_eq!(millis(20, 4), 640);
        assert_eq!(millis(20, 4), millis(20, 4_000_000_000), "it stops doubling");
        assert_eq!(millis(60_000, 60), 4_000);
    }

    #[test]
    fn it_shrinks_with_age() {
        let millis = |age| window(Duration::from_millis(20), 4, Duration::from_secs(age)).as_millis();
        assert_eq!((millis(0), millis(3), millis(6), millis(60)), (640, 320, 5, 5));
    }

    /// What happens to one of those who contend.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Step {
        Read,
        Commit,
    }

    /// Callers without end, `hands` at a time: each reads a counter and commits if nobody has moved it since. Gives the longest time,
    /// in microseconds, that one of them took.
    fn longest(hands: usize, attempt: u64, commits: usize) -> u64 {
        let mut seed = 1_u64;
        let mut below = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % n.max(1)
        };
        let mut steps = BinaryHeap::new();
        let mut states = vec![(0_u64, 0_u64, 0_u32, 0_u64); hands];
        for (hand, state) in states.iter_mut().enumerate() {
            state.0 = below(attempt);
            state.1 = state.0;
            steps.push(Reverse((state.0 + attempt * 3 / 10, Step::Read, hand)));
        }
        let (mut counter, mut longest, mut done) = (0_u64, 0, 0);
        while done < commits {
            let Reverse((now, step, hand)) = steps.pop().unwrap();
            let (began, since, losses, seen) = &mut states[hand];
            if step == Step::Read {
                *seen = counter;
                let rest = attempt * 4 / 10 + below(attempt * 6 / 10);
                steps.push(Reverse((now + rest, Step::Commit, hand)));
                continue;
            }
            let next = if *seen == counter {
                counter += 1;
                done += 1;
                longest = longest.max(now - *began);
                // Another caller comes, who has first to make what it then finalises.
                *began = now + attempt;
                *losses = 0;
                *began
            } else {
                let micros = |from: u64| Duration::from_micros(now - from);
                let window = window(micros(*since), *losses, micros(*began)).as_micros();
                *losses += 1;
                now + below(u64::try_from(window).unwrap())
            };
            *since = next;
            steps.push(Reverse((next + attempt * 3 / 10, Step::Read, hand)));
        }
        longest
    }

    #[test]
    fn nobody_loses_until_its_patience_ends() {
        for (hands, millis) in [(8, 20), (8, 100), (8, 300), (50, 20), (50, 100)] {
            let longest = longest(hands, millis * 1000, 2000) / 1000;
            assert!(longest < 15_000, "{hands} hands, {millis} ms: {longest} ms");
        }
    }
}
