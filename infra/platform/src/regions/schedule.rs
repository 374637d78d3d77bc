//! When what is written in one region arrives in the other: drawn from a seed, so that a run can be repeated.

use super::ReplicationArgs;
use std::time::Duration;

/// How long it takes until somebody notices that a write was lost, at least.
const NOTICED: u64 = 200;

/// Lag and loss.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    lag: u64,
    loss: f64,
    seed: u64,
}

/// SplitMix64: the next of a sequence of numbers that look random.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number from 0 to below 1.
#[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
fn fraction(state: &mut u64) -> f64 {
    (next(state) >> 11) as f64 / (1_u64 << 53) as f64
}

impl Schedule {
    /// What the arguments say.
    #[must_use]
    pub fn new(args: &ReplicationArgs) -> Self {
        Self {
            lag: args.replication_lag,
            loss: args.replication_loss,
            seed: args.replication_seed,
        }
    }

    /// How long a region's write of this number is on its way, and how often it is lost before it arrives.
    #[must_use]
    pub fn delay(&self, region: &str, number: i64) -> (Duration, u32) {
        let mut state = self.seed ^ number.unsigned_abs().rotate_left(24);
        for byte in region.bytes() {
            state = state.wrapping_mul(31).wrapping_add(u64::from(byte));
        }
        let mut micros = self.once(&mut state);
        let mut lost = 0;
        while lost < 16 && fraction(&mut state) < self.loss {
            lost += 1;
            micros += self.lag.saturating_mul(4).max(NOTICED).saturating_mul(1_000) + self.once(&mut state);
        }
        (Duration::from_micros(micros), lost)
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds of a person's choice"
    )]
    fn once(&self, state: &mut u64) -> u64 {
        (self.lag as f64 * 1_000.0 * (0.5 + fraction(state))) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_lags_between_half_and_half_as_much_again() {
        let of = |seed, loss| Schedule { lag: 100, loss, seed };
        let all = |s: Schedule| (1..=1_000).map(|n| s.delay("eu-west-1", n)).collect::<Vec<_>>();
        let (one, two) = (all(of(1, 0.0)), all(of(2, 0.0)));
        assert_eq!(one, all(of(1, 0.0)));
        assert_ne!(one, two);
        let (least, most) = (one.iter().min().unwrap().0, one.iter().max().unwrap().0);
        assert!(least >= Duration::from_millis(50) && most <= Duration::from_millis(150));
        assert!(most - least > Duration::from_millis(90));
        assert!(one.iter().all(|(_, lost)| *lost == 0));
        let lost = all(of(1, 0.2));
        let share = lost.iter().filter(|(_, lost)| *lost > 0).count();
        assert!((150..250).contains(&share), "{share}");
        assert!(
            lost.iter()
                .filter(|(_, lost)| *lost > 0)
                .all(|(d, _)| *d >= Duration::from_millis(400))
        );
    }
}
