//! Which credit is used first: by priority, then what runs out soonest, then what is oldest.

use shared::time::Timestamp;

/// Credit that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The lower, the sooner it is used.
    pub priority: u16,
    /// When it runs out.
    pub expires_at: Option<Timestamp>,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// How much is left, in minor units.
    pub left: i64,
}

impl Credit {
    /// Whether it can be used at an instant.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.left > 0 && self.expires_at.is_none_or(|at| now < at)
    }
}

/// How much of each credit is used for an amount; never more than there is of it, and nothing of what has run out.
#[must_use]
pub fn burned(credits: &[Credit], amount: i64, now: Timestamp) -> Vec<i64> {
    let mut order: Vec<(usize, &Credit)> = credits
        .iter()
        .enumerate()
        .filter(|(_, c)| c.is_live(now))
        .collect();
    order.sort_by_key(|(_, c)| (c.priority, c.expires_at.is_none(), c.expires_at, c.created_at));
    let (mut left, mut used) = (amount.max(0), vec![0; credits.len()]);
    for (at, credit) in order {
        let take = left.min(credit.left);
        if let Some(place) = used.get_mut(at) {
            *place = take;
        }
        left -= take;
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn credit(priority: u16, expires: Option<i64>, created: i64, left: i64) -> Credit {
        Credit {
            priority,
            expires_at: expires.map(at),
            created_at: at(created),
            left,
        }
    }

    #[test]
    fn the_first_is_used_first_and_what_has_run_out_never() {
        let credits = [
            credit(1, None, 1, 100),
            credit(0, None, 3, 100),
            credit(0, Some(50), 4, 100),
            credit(0, Some(20), 5, 100),
            credit(0, None, 2, 100),
            credit(0, Some(10), 0, 100),
        ];
        assert_eq!(burned(&credits, 150, at(10)), [0, 0, 50, 100, 0, 0]);
        assert_eq!(burned(&credits, 350, at(10)), [0, 50, 100, 100, 100, 0]);
        assert_eq!(burned(&credits, 1000, at(10)), [100, 100, 100, 100, 100, 0]);
        assert_eq!(burned(&credits, 150, at(9)), [0, 0, 0, 50, 0, 100]);
        assert_eq!(burned(&credits, -1, at(9)), [0; 6]);
    }

    proptest! {
        #[test]
        fn never_more_than_there_is_and_all_of_it_where_it_is_asked(
            lefts in proptest::collection::vec(0i64..1000, 0..20), amount in 0i64..20_000,
        ) {
            let credits: Vec<Credit> = lefts.iter().map(|left| credit(0, None, 0, *left)).collect();
            let used = burned(&credits, amount, at(0));
            prop_assert_eq!(used.iter().sum::<i64>(), amount.min(lefts.iter().sum()));
            prop_assert!(used.iter().zip(&lefts).all(|(used, left)| used <= left && *used >= 0));
        }
    }
}
