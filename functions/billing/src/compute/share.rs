//! The largest remainder: an amount shared so that the parts add up to it and none is a whole unit off.

/// Shares `whole` by parts that would be `parts[i] ÷ denominator` each and add up to `whole`, give or take a half: each
/// is rounded down, and what is left goes to the largest remainders, the earlier one first where two are alike.
#[must_use]
pub fn shared(whole: i64, parts: &[i128], denominator: i128) -> Vec<i64> {
    if denominator <= 0 {
        return vec![0; parts.len()];
    }
    let floor = |part: &i128| i64::try_from(part.div_euclid(denominator)).unwrap_or_default();
    let mut shares: Vec<i64> = parts.iter().map(floor).collect();
    let given: i64 = shares.iter().sum();
    let left = usize::try_from(whole.saturating_sub(given)).unwrap_or_default();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |at: &usize| parts.get(*at).map_or(0, |part| part.rem_euclid(denominator));
    order.sort_by_key(|at| std::cmp::Reverse(rest(at)));
    for at in order.into_iter().take(left) {
        if let Some(share) = shares.get_mut(at) {
            *share += 1;
        }
    }
    shares
}

/// Shares `whole` by weights that are not negative; all of it is nobody's where all weigh nothing.
#[must_use]
pub fn by_weight(whole: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    let parts: Vec<i128> = weights
        .iter()
        .map(|w| i128::from(*w) * i128::from(whole))
        .collect();
    shared(whole, &parts, sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_left_goes_to_the_largest_remainders() {
        assert_eq!(by_weight(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(by_weight(10, &[60, 30, 10]), [6, 3, 1]);
        assert_eq!(by_weight(1, &[1, 5, 5]), [0, 1, 0]);
        assert_eq!(by_weight(7, &[0, 0]), [0, 0]);
        assert_eq!(by_weight(7, &[]), Vec::<i64>::new());
    }

    proptest! {
        #[test]
        fn parts_add_up_and_none_is_a_unit_off(
            weights in proptest::collection::vec(0i64..1_000_000_000, 1..30), percent in 0i64..=100,
        ) {
            let sum: i64 = weights.iter().sum();
            prop_assume!(sum > 0);
            let whole = sum * percent / 100;
            let shares = by_weight(whole, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), whole);
            for (share, weight) in shares.iter().zip(&weights) {
                let exact = i128::from(*weight) * i128::from(whole);
                prop_assert!((i128::from(*share) * i128::from(sum) - exact).abs() < i128::from(sum));
                prop_assert!(share <= weight && *share >= 0, "never more than there is");
            }
        }
    }
}
