//! How durations are spread, in buckets: an eighth of a power of two wide, so that what is told is off by a sixteenth at most.

use serde_json::{Value, json};
use std::time::Duration;

/// Buckets: up to 2³² µs, more than an hour.
const BUCKETS: usize = 31 * 8;

/// Counted durations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread {
    buckets: Vec<u32>,
    count: u64,
    most: u64,
}

fn bucket(micros: u64) -> usize {
    let micros = micros.min(u64::from(u32::MAX));
    let at = match micros.checked_ilog2() {
        Some(power @ 3..) => (u64::from(power) - 2) * 8 + ((micros >> (power - 3)) & 7),
        _ => micros,
    };
    usize::try_from(at).unwrap_or(0)
}

/// The middle of a bucket, in microseconds.
fn middle(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(0);
    match bucket / 8 {
        0 => bucket,
        octave => {
            let width = 1u64 << (octave - 1);
            (8 + bucket % 8) * width + width / 2
        }
    }
}

impl Spread {
    /// Counts one.
    pub(crate) fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.buckets.resize(BUCKETS, 0);
        if let Some(count) = self.buckets.get_mut(bucket(micros)) {
            *count = count.saturating_add(1);
        }
        self.count += 1;
        self.most = self.most.max(micros);
    }

    /// Counts all of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count > 0 {
            self.buckets.resize(BUCKETS, 0);
        }
        for (own, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *own = own.saturating_add(*more);
        }
        self.count += other.count;
        self.most = self.most.max(other.most);
    }

    /// How many.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Count, percentiles and the longest, in milliseconds.
    pub(crate) fn told(&self) -> Value {
        json!({"count": self.count(), "p50_ms": self.percentile(50), "p99_ms": self.percentile(99), "max_ms": self.most()})
    }

    /// The longest, in milliseconds.
    pub(crate) fn most(&self) -> Option<f64> {
        (self.count > 0).then(|| millis(self.most))
    }

    /// So many hundredths are not longer, in milliseconds.
    pub(crate) fn percentile(&self, hundredths: u64) -> Option<f64> {
        let rank = (self.count * hundredths).div_ceil(100).max(1);
        let mut below = 0;
        let found = self.buckets.iter().position(|count| {
            below += u64::from(*count);
            below >= rank
        });
        found.map(|at| millis(middle(at).min(self.most)))
    }
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_and_their_middles_lie_within() {
        let mut last = 0;
        for micros in (0..5_000).chain([1 << 20, (1 << 32) - 1, u64::MAX]) {
            let at = bucket(micros);
            assert!(at < BUCKETS && at >= last && at <= last + 400, "{micros} {at}");
            assert_eq!(bucket(middle(at)), at, "{micros}");
            last = at;
        }
    }

    #[test]
    fn percentiles_are_off_by_a_sixteenth_at_most() {
        let (mut one, mut two) = (Spread::default(), Spread::default());
        assert_eq!((one.percentile(50), one.most()), (None, None));
        for n in 1..=1_000 {
            let spread = if n % 2 == 0 { &mut one } else { &mut two };
            spread.add(Duration::from_micros(n * 10));
        }
        one.merge(&two);
        assert_eq!(one.count(), 1_000);
        for (hundredths, want) in [(50, 5.0), (90, 9.0), (99, 9.9), (100, 10.0)] {
            let told = one.percentile(hundredths).unwrap();
            assert!((told - want).abs() <= want / 16.0, "{hundredths}: {told}");
        }
        assert_eq!(one.most(), Some(10.0));
    }
}
