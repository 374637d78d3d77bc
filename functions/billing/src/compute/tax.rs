//! Tax: once for each group of lines of one treatment, on the sum of their rounded nets (EN 16931, BR-CO-17).

use super::{Rate, round::divided, share::shared};

/// How a line is taxed: lines that are alike make a group.
pub trait Treated: Clone + PartialEq {
    /// At which rate.
    fn rate(&self) -> &Rate;
}

/// Lines of one treatment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<T> {
    /// How they are taxed.
    pub treatment: T,
    /// The sum of their nets.
    pub net: i64,
    /// The tax on it.
    pub tax: i64,
}

/// Lines with their tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxed<T> {
    /// The net of each line.
    pub nets: Vec<i64>,
    /// The group of each line, by its place.
    pub of: Vec<usize>,
    /// The groups, in the order in which their first lines stand.
    pub groups: Vec<Group<T>>,
}

/// Taxes lines: amounts, each with how it is taxed. Where the amounts include the tax, the net of a group is
/// `round(Σ gross ÷ (1 + rate))`, its tax is what remains, and the lines share the net by largest remainder.
///
/// # Errors
/// A fixed reason when an amount is none.
pub fn taxed<T: Treated>(lines: &[(i64, T)], inclusive: bool) -> Result<Taxed<T>, &'static str> {
    let (mut groups, mut members): (Vec<Group<T>>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    let mut of = Vec::with_capacity(lines.len());
    for (at, (_, treatment)) in lines.iter().enumerate() {
        let place = groups.iter().position(|group| group.treatment == *treatment);
        let place = place.unwrap_or_else(|| {
            groups.push(Group {
                treatment: treatment.clone(),
                net: 0,
                tax: 0,
            });
            members.push(Vec::new());
            groups.len() - 1
        });
        if let Some(members) = members.get_mut(place) {
            members.push(at);
        }
        of.push(place);
    }
    let mut nets: Vec<i64> = lines.iter().map(|(amount, _)| *amount).collect();
    for (group, members) in groups.iter_mut().zip(&members) {
        let sum = members.iter().filter_map(|at| nets.get(*at));
        let sum = sum.fold(0i64, |sum, amount| sum.saturating_add(*amount));
        let rate = group.treatment.rate();
        if !inclusive {
            (group.net, group.tax) = (sum, rate.of(sum)?);
            continue;
        }
        let (numerator, denominator) = rate.within(sum);
        group.net = divided(numerator, denominator)?;
        group.tax = sum - group.net;
        let gross = |at: &usize| nets.get(*at).map_or(0, |amount| rate.within(*amount).0);
        let parts: Vec<i128> = members.iter().map(gross).collect();
        for (at, net) in members.iter().zip(shared(group.net, &parts, denominator)) {
            if let Some(place) = nets.get_mut(*at) {
                *place = net;
            }
        }
    }
    Ok(Taxed { nets, of, groups })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Treated for Rate {
        fn rate(&self) -> &Rate {
            self
        }
    }

    fn rate(percent: &str) -> Rate {
        Rate::parse(percent).unwrap()
    }

    fn one(amounts: &[i64], percent: &str, inclusive: bool) -> (Vec<i64>, i64, i64) {
        let lines: Vec<(i64, Rate)> = amounts.iter().map(|a| (*a, rate(percent))).collect();
        let taxed = taxed(&lines, inclusive).unwrap();
        (taxed.nets.clone(), taxed.groups[0].net, taxed.groups[0].tax)
    }

    #[test]
    fn published_amounts() {
        assert_eq!(one(&[69_622, 69_622], "25", false).2, 34_811);
        assert_eq!(one(&[6_833, 6_833, 5_750, 8_500], "20", false).2, 5_583);
        assert_eq!(one(&[-761_250], "19", false).2, -144_638);
        assert_eq!(one(&[19_333], "25", false), (vec![19_333], 19_333, 4_833));
    }

    #[test]
    fn what_includes_its_tax_is_taken_apart_once() {
        assert_eq!(one(&[119], "19", true), (vec![100], 100, 19));
        assert_eq!(one(&[100, 100, 100], "19", true), (vec![84, 84, 84], 252, 48));
        assert_eq!(one(&[1, 1], "19", true), (vec![1, 1], 2, 0));
        assert_eq!(
            one(&[10_000, -5_000], "20", true),
            (vec![8_334, -4_167], 4_167, 833)
        );
    }

    #[test]
    fn lines_that_are_alike_make_one_group() {
        let lines = [(100, rate("19")), (200, rate("7")), (300, rate("19"))];
        let taxed = taxed(&lines, false).unwrap();
        assert_eq!(taxed.of, [0, 1, 0]);
        let sums: Vec<_> = taxed.groups.iter().map(|g| (g.net, g.tax)).collect();
        assert_eq!(sums, [(400, 76), (200, 14)]);
    }

    proptest! {
        #[test]
        fn nets_add_up_and_what_included_its_tax_stays_what_it_was(
            amounts in proptest::collection::vec((-1_000_000i64..10_000_000, 0usize..3), 1..30),
            inclusive in proptest::bool::ANY,
        ) {
            let rates = [rate("19"), rate("7"), rate("8.1")];
            let lines: Vec<(i64, Rate)> = amounts.iter().map(|(a, r)| (*a, rates[*r].clone())).collect();
            let taxed = taxed(&lines, inclusive).unwrap();
            for (place, group) in taxed.groups.iter().enumerate() {
                let mine = |at: &usize| taxed.of[*at] == place;
                let nets: i64 = (0..lines.len()).filter(mine).map(|at| taxed.nets[at]).sum();
                prop_assert_eq!(nets, group.net);
                let exact = group.treatment.of(group.net).unwrap();
                if inclusive {
                    let gross: i64 = (0..lines.len()).filter(mine).map(|at| lines[at].0).sum();
                    prop_assert_eq!(group.net + group.tax, gross);
                    prop_assert!((group.tax - exact).abs() <= 1);
                } else {
                    prop_assert_eq!(group.tax, exact);
                }
            }
            if inclusive {
                for (at, (gross, rate)) in lines.iter().enumerate() {
                    let (numerator, denominator) = rate.within(*gross);
                    let off = i128::from(taxed.nets[at]) * denominator - numerator;
                    prop_assert!(off.abs() < denominator, "a line is a cent off at most");
                }
            }
        }
    }
}
