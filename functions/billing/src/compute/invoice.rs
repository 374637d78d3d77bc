//! A whole invoice: lines, discounts, tax, wallet credit, what is due.

use super::{
    discount::{Discount, shares},
    tax::{Group, Taxed, Treated, taxed},
};
use shared::money::MAX_AMOUNT;

/// What an invoice costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed<T> {
    /// The sum of the lines before discounts.
    pub subtotal: i64,
    /// What each discount takes off, all lines together.
    pub discounts: Vec<i64>,
    /// What is taken off each line by all discounts.
    pub off: Vec<i64>,
    /// The net of each line, its discounts taken off.
    pub nets: Vec<i64>,
    /// The group of each line.
    pub of: Vec<usize>,
    /// The groups.
    pub groups: Vec<Group<T>>,
    /// The sum of the nets.
    pub net: i64,
    /// The sum of the groups' taxes.
    pub tax: i64,
    /// What the invoice is over: nets and taxes.
    pub total: i64,
}

/// Computes an invoice of lines: amounts as they stand on it, each with how it is taxed.
///
/// # Errors
/// A fixed reason when the total is below zero or larger than a payment can be.
pub fn computed<T: Treated>(
    lines: &[(i64, T)],
    discounts: &[Discount],
    inclusive: bool,
) -> Result<Computed<T>, &'static str> {
    const TOO_MUCH: &str = "add up to more than 999999999999 minor units";
    let amounts: Vec<i64> = lines.iter().map(|(amount, _)| *amount).collect();
    let sum = |amounts: &[i64]| {
        amounts
            .iter()
            .try_fold(0i64, |sum, a| sum.checked_add(*a))
            .ok_or(TOO_MUCH)
    };
    let subtotal = sum(&amounts)?;
    let all = shares(&amounts, discounts)?;
    let off: Vec<i64> = (0..lines.len())
        .map(|at| all.iter().filter_map(|shares| shares.get(at)).sum())
        .collect();
    let left = |((amount, treatment), off): (&(i64, T), &i64)| (amount - off, treatment.clone());
    let left: Vec<(i64, T)> = lines.iter().zip(&off).map(left).collect();
    let Taxed { nets, of, groups } = taxed(&left, inclusive)?;
    let net = sum(&nets)?;
    let tax = sum(&groups.iter().map(|group| group.tax).collect::<Vec<_>>())?;
    let total = net.checked_add(tax).ok_or(TOO_MUCH)?;
    if total < 0 || net < 0 {
        return Err("add up to less than nothing");
    }
    if total > MAX_AMOUNT {
        return Err(TOO_MUCH);
    }
    let discounts = all.iter().map(|shares| shares.iter().sum()).collect();
    Ok(Computed {
        subtotal,
        discounts,
        off,
        nets,
        of,
        groups,
        net,
        tax,
        total,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Rate, discount::Off},
        *,
    };
    use proptest::prelude::*;

    fn rate(percent: &str) -> Rate {
        Rate::parse(percent).unwrap()
    }

    #[test]
    fn tax_is_on_what_the_discounts_leave() {
        let ten = Discount {
            off: Off::Percent(rate("10")),
            lines: None,
        };
        let computed = computed(&[(10_000, rate("19")), (5_000, rate("7"))], &[ten], false).unwrap();
        assert_eq!(computed.nets, [9_000, 4_500]);
        assert_eq!(
            (computed.subtotal, computed.net, computed.tax, computed.total),
            (15_000, 13_500, 2_025, 15_525)
        );
        assert_eq!(computed.discounts, [1_500]);
    }

    #[test]
    fn a_prorated_month_and_its_tax() {
        // 200.00 × 29/30 at 25 %: 193.33 + 48.33.
        let line = super::super::round::divided(20_000 * 29, 30).unwrap();
        let computed = computed(&[(line, rate("25"))], &[], false).unwrap();
        assert_eq!(
            (computed.net, computed.tax, computed.total),
            (19_333, 4_833, 24_166)
        );
    }

    #[test]
    fn what_is_below_zero_or_beyond_every_payment_is_refused() {
        assert!(computed(&[(-1, rate("0"))], &[], false).is_err());
        assert!(computed(&[(MAX_AMOUNT, rate("1"))], &[], false).is_err());
        assert!(computed(&[(i64::MAX, rate("0")), (i64::MAX, rate("0"))], &[], false).is_err());
        assert!(computed(&[(MAX_AMOUNT, rate("19"))], &[], true).is_ok());
        assert_eq!(computed::<Rate>(&[], &[], false).unwrap().total, 0);
    }

    proptest! {
        #[test]
        fn what_stands_on_an_invoice_adds_up(
            amounts in proptest::collection::vec((-10_000i64..1_000_000, 0usize..3), 1..20),
            percent in 0i64..=100, fixed in 0i64..500_000, inclusive in proptest::bool::ANY,
        ) {
            let rates = [rate("19"), rate("7"), rate("0")];
            let lines: Vec<(i64, Rate)> = amounts.iter().map(|(a, r)| (*a, rates[*r].clone())).collect();
            let discounts = [
                Discount { off: Off::Percent(rate(&percent.to_string())), lines: None },
                Discount { off: Off::Amount(fixed), lines: Some(vec![0, 2]) },
            ];
            let Ok(c) = computed(&lines, &discounts, inclusive) else { return Ok(()) };
            let off: i64 = c.discounts.iter().sum();
            prop_assert_eq!(c.off.iter().sum::<i64>(), off);
            prop_assert_eq!(c.nets.iter().sum::<i64>(), c.net);
            prop_assert_eq!(c.groups.iter().map(|g| g.net).sum::<i64>(), c.net);
            prop_assert_eq!(c.net + c.tax, c.total);
            let stands = c.subtotal - off;
            prop_assert_eq!(if inclusive { c.total } else { c.net }, stands);
        }
    }
}
