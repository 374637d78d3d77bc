//! What a credit note takes back: per line at most what is left of it, and of each group's tax as much as its rate makes of all
//! that has been credited, so that the notes of an invoice add up to its tax exactly.

use super::Rate;

/// A line of an invoice, as far as notes look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its net.
    pub net: i64,
    /// How much of it earlier notes have credited.
    pub credited: i64,
    /// Its group.
    pub group: usize,
}

/// A group of an invoice, as far as notes look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its rate.
    pub rate: Rate,
    /// Its net.
    pub net: i64,
    /// Its tax.
    pub tax: i64,
    /// How much of its net earlier notes have credited.
    pub credited_net: i64,
    /// How much of its tax.
    pub credited_tax: i64,
}

/// What a note credits of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which group.
    pub group: usize,
    /// Of its net.
    pub net: i64,
    /// Of its tax.
    pub tax: i64,
}

/// What a note is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Net by line.
    pub lines: Vec<(usize, i64)>,
    /// Net and tax by group.
    pub groups: Vec<Share>,
    /// All nets.
    pub net: i64,
    /// All taxes.
    pub tax: i64,
    /// Both.
    pub total: i64,
}

/// Why there is no such note: which of what was asked for, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The place in what was asked for; none where the note as a whole is refused.
    pub at: Option<usize>,
    /// Why.
    pub why: &'static str,
}

/// Whether `part` lies between nothing and `whole`, on whichever side of zero that is.
fn within(part: i64, whole: i64) -> bool {
    part == 0 || (part.signum() == whole.signum() && part.unsigned_abs() <= whole.unsigned_abs())
}

/// The next note on an invoice: lines by their places, each with the net to credit, or all that is left of it.
///
/// # Errors
/// What is more than is left, named.
pub fn next(lines: &[Line], groups: &[Group], asked: &[(usize, Option<i64>)]) -> Result<Note, Refused> {
    let refused = |at: Option<usize>, why| Refused { at, why };
    let mut note = Note {
        lines: Vec::new(),
        groups: Vec::new(),
        net: 0,
        tax: 0,
        total: 0,
    };
    for (at, (place, net)) in asked.iter().enumerate() {
        let line = lines
            .get(*place)
            .ok_or(refused(Some(at), "is not a line of the invoice"))?;
        if note.lines.iter().any(|(there, _)| there == place) {
            return Err(refused(Some(at), "stands twice"));
        }
        let left = line.net - line.credited;
        let net = net.unwrap_or(left);
        if !within(net, left) {
            return Err(refused(Some(at), "is more than is left of the line"));
        }
        note.lines.push((*place, net));
        match note.groups.iter_mut().find(|share| share.group == line.group) {
            Some(share) => share.net += net,
            None => note.groups.push(Share {
                group: line.group,
                net,
                tax: 0,
            }),
        }
    }
    for share in &mut note.groups {
        let group = groups
            .get(share.group)
            .ok_or(refused(None, "has a line without a group"))?;
        let net = group.credited_net + share.net;
        if !within(net, group.net) {
            return Err(refused(
                None,
                "would credit more than is left of a rate's lines together",
            ));
        }
        let tax = if net == group.net {
            group.tax
        } else {
            let tax = group.rate.of(net).map_err(|why| refused(None, why))?;
            tax.clamp(group.tax.min(0), group.tax.max(0))
        };
        share.tax = tax - group.credited_tax;
        note.net += share.net;
        note.tax += share.tax;
    }
    note.total = note.net + note.tax;
    if note.total < 0 {
        return Err(refused(None, "would be over less than nothing"));
    }
    Ok(note)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Rate, invoice::computed},
        *,
    };
    use proptest::prelude::*;

    fn rate(percent: &str) -> Rate {
        Rate::parse(percent).unwrap()
    }

    /// An invoice that remembers what is credited.
    struct Books {
        lines: Vec<Line>,
        groups: Vec<Group>,
        tax: i64,
        total: i64,
    }

    impl Books {
        fn of(lines: &[(i64, Rate)], inclusive: bool) -> Option<Self> {
            let c = computed(lines, &[], inclusive).ok()?;
            let line = |(net, of): (&i64, &usize)| Line {
                net: *net,
                credited: 0,
                group: *of,
            };
            Some(Self {
                lines: c.nets.iter().zip(&c.of).map(line).collect(),
                groups: c
                    .groups
                    .iter()
                    .map(|g| Group {
                        rate: g.treatment.clone(),
                        net: g.net,
                        tax: g.tax,
                        credited_net: 0,
                        credited_tax: 0,
                    })
                    .collect(),
                tax: c.tax,
                total: c.total,
            })
        }
        fn credit(&mut self, asked: &[(usize, Option<i64>)]) -> Result<Note, Refused> {
            let note = next(&self.lines, &self.groups, asked)?;
            for (at, net) in &note.lines {
                self.lines[*at].credited += net;
            }
            for share in &note.groups {
                self.groups[share.group].credited_net += share.net;
                self.groups[share.group].credited_tax += share.tax;
            }
            Ok(note)
        }
    }

    #[test]
    fn nets_credited_one_by_one_add_up_to_the_tax() {
        let nets = [6_833, 6_833, 5_750, 8_500];
        let mut books = Books::of(&nets.map(|net| (net, rate("20"))), false).unwrap();
        let taxes: Vec<i64> = (0..4)
            .map(|at| books.credit(&[(at, None)]).unwrap().tax)
            .collect();
        assert_eq!(taxes.iter().sum::<i64>(), 5_583, "{taxes:?}");
        assert!(
            taxes.iter().take(2).all(|tax| (1_366..=1_367).contains(tax)),
            "{taxes:?}"
        );
        assert_eq!(
            books.credit(&[(0, Some(1))]).unwrap_err().why,
            "is more than is left of the line"
        );
    }

    #[test]
    fn no_more_than_is_left() {
        let mut books = Books::of(&[(100, rate("19")), (-40, rate("19"))], false).unwrap();
        for (asked, at) in [
            (vec![(0, Some(101))], Some(0)),
            (vec![(0, Some(-1))], Some(0)),
            (vec![(1, Some(1))], Some(0)),
            (vec![(0, Some(1)), (0, Some(1))], Some(1)),
            (vec![(2, None)], Some(0)),
            // More than the rate's lines together.
            (vec![(0, None)], None),
            (vec![(1, None)], None),
        ] {
            assert_eq!(books.credit(&asked).unwrap_err().at, at, "{asked:?}");
        }
        let note = books.credit(&[(0, None), (1, None)]).unwrap();
        assert_eq!((note.net, note.tax, note.total), (60, 11, 71));
    }

    proptest! {
        #[test]
        fn whatever_is_credited_in_whichever_steps_all_of_it_is_the_invoice(
            amounts in proptest::collection::vec((0i64..100_000, 0usize..3), 1..8),
            steps in proptest::collection::vec((0usize..8, 0i64..=100), 0..30),
            inclusive in proptest::bool::ANY,
        ) {
            let rates = [rate("19"), rate("7"), rate("8.1")];
            let lines: Vec<(i64, Rate)> = amounts.iter().map(|(a, r)| (*a, rates[*r].clone())).collect();
            let Some(mut books) = Books::of(&lines, inclusive) else { return Ok(()) };
            let (mut tax, mut total) = (0, 0);
            for (at, percent) in steps {
                let at = at % lines.len();
                let left = books.lines[at].net - books.lines[at].credited;
                let note = books.credit(&[(at, Some(left * percent / 100))]).unwrap();
                prop_assert!(note.tax >= 0);
                tax += note.tax;
                total += note.total;
                prop_assert!(total <= books.total);
            }
            let rest: Vec<(usize, Option<i64>)> = (0..lines.len()).map(|at| (at, None)).collect();
            let last = books.credit(&rest).unwrap();
            prop_assert_eq!((tax + last.tax, total + last.total), (books.tax, books.total));
            for line in &books.lines {
                prop_assert_eq!(line.net, line.credited);
            }
        }
    }
}
