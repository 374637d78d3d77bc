//! Discounts: each takes off what the earlier ones have left, shared over the lines by largest remainder.

use super::{Rate, share::by_weight};

/// What a discount takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Off {
    /// So many percent.
    Percent(Rate),
    /// So many minor units, at most what is there.
    Amount(i64),
}

/// A discount on some of the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    /// What it takes off.
    pub off: Off,
    /// Of which lines, by their places; all of them where this is none.
    pub lines: Option<Vec<usize>>,
}

impl Discount {
    fn covers(&self, at: usize) -> bool {
        self.lines.as_ref().is_none_or(|lines| lines.contains(&at))
    }
}

/// What each discount takes off each line, in minor units: never more than is there, so that no line changes its sign. Lines below
/// zero lessen what there is and take no share.
///
/// # Errors
/// A fixed reason when an amount is none.
pub fn shares(amounts: &[i64], discounts: &[Discount]) -> Result<Vec<Vec<i64>>, &'static str> {
    let mut left = amounts.to_vec();
    let mut all = Vec::with_capacity(discounts.len());
    for discount in discounts {
        let covered = |at: usize, amount: i64| if discount.covers(at) { amount } else { 0 };
        let (mut base, mut weights) = (0i64, Vec::with_capacity(left.len()));
        for (at, amount) in left.iter().enumerate() {
            base = base.saturating_add(covered(at, *amount));
            weights.push(covered(at, (*amount).max(0)));
        }
        let base = base.max(0);
        let off = match &discount.off {
            Off::Percent(rate) => rate.of(base)?,
            Off::Amount(amount) => (*amount).clamp(0, base),
        };
        let shares = by_weight(off, &weights);
        for (amount, share) in left.iter_mut().zip(&shares) {
            *amount -= share;
        }
        all.push(shares);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn percent(text: &str) -> Discount {
        Discount {
            off: Off::Percent(Rate::parse(text).unwrap()),
            lines: None,
        }
    }

    fn amount(minor: i64, lines: Option<Vec<usize>>) -> Discount {
        Discount {
            off: Off::Amount(minor),
            lines,
        }
    }

    #[test]
    fn a_discount_is_shared_over_the_lines_that_it_is_for() {
        assert_eq!(shares(&[1000, 500], &[percent("10")]), Ok(vec![vec![100, 50]]));
        assert_eq!(
            shares(&[333, 333, 334], &[amount(100, None)]),
            Ok(vec![vec![33, 33, 34]])
        );
        assert_eq!(
            shares(&[1000, 500], &[amount(600, Some(vec![1]))]),
            Ok(vec![vec![0, 500]])
        );
        // The second one finds what the first has left.
        assert_eq!(
            shares(&[1000], &[percent("50"), percent("50")]),
            Ok(vec![vec![500], vec![250]])
        );
        assert_eq!(shares(&[1000, -400], &[percent("10")]), Ok(vec![vec![60, 0]]));
        assert_eq!(shares(&[100, -400], &[amount(50, None)]), Ok(vec![vec![0, 0]]));
    }

    proptest! {
        #[test]
        fn nothing_goes_below_zero(
            amounts in proptest::collection::vec(-100_000i64..1_000_000, 1..20),
            offs in proptest::collection::vec((proptest::bool::ANY, 0i64..=100, 0i64..2_000_000), 0..4),
        ) {
            let discounts: Vec<Discount> = offs.iter()
                .map(|(by, p, a)| if *by { percent(&p.to_string()) } else { amount(*a, None) })
                .collect();
            let all = shares(&amounts, &discounts).unwrap();
            let sum: i64 = amounts.iter().sum();
            let off: i64 = all.iter().flatten().sum();
            prop_assert!(off >= 0 && off <= sum.max(0));
            for (at, amount) in amounts.iter().enumerate() {
                let taken: i64 = all.iter().map(|shares| shares[at]).sum();
                prop_assert!(taken >= 0 && taken <= (*amount).max(0));
            }
        }
    }
}
