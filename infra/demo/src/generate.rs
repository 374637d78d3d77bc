//! Card transactions for a demo without input: the same ones every time.

use super::rows::Row;

/// Where the sequence begins.
const SEED: u64 = 0x1ed6_e4ee_9000_0001;

/// A sequence of numbers that looks random and never changes (SplitMix64; Steele, Lea and Flood 2014).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// `count` transactions of a third as many customers: amounts of 0.01 to 300.00, one in two hundred of 1,000.00 to 2,500.00.
pub(super) fn rows(count: u64) -> Vec<Row> {
    let mut sequence = Sequence(SEED);
    let customers = (count / 3).max(1);
    let row = |n| {
        let customer = sequence.below(customers) + 1;
        let minor = if sequence.below(200) == 0 {
            100_000 + sequence.below(150_001)
        } else {
            1 + sequence.below(30_000)
        };
        Row {
            ordinal: n,
            line: n + 2,
            transaction: n.to_string(),
            customer,
            amount: i64::try_from(minor).unwrap_or(1),
        }
    };
    (0..count).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_every_time() {
        assert_eq!(rows(1000), rows(1000));
        let sum: i64 = rows(1000).iter().map(|r| r.amount).sum();
        assert_eq!(
            sum, SUM_OF_1000,
            "the generator has changed: replays of earlier runs would no longer match"
        );
    }

    /// Of the rows above, in minor units.
    const SUM_OF_1000: i64 = 15_768_749;

    #[test]
    fn amounts_and_customers_are_in_their_ranges() {
        let all = rows(10_000);
        assert!(
            all.iter()
                .all(|r| (1..=30_000).contains(&r.amount) || (100_000..=250_000).contains(&r.amount))
        );
        assert!(all.iter().all(|r| (1..=3_333).contains(&r.customer)));
        let large = all.iter().filter(|r| r.amount > 100_000).count();
        assert!((20..=100).contains(&large), "{large}");
        assert!(rows(0).is_empty());
        assert_eq!(rows(1).len(), 1);
    }
}
