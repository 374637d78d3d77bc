//! Changes within a period: what is taken back of what was billed, and what is charged for the rest.

use crate::{Fraction, Number, Wrong};
use serde::{Deserialize, Serialize};

/// What is charged for a full period: its price and how many of it, by any name, and the exact amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What tells terms from others.
    pub name: String,
    /// What a full period costs at them, in minor units.
    pub amount: Number,
}

/// A stretch of a period that was billed at one set of terms. Positions are of an [`Axis`](crate::Axis).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Where it begins.
    pub from: i64,
    /// Where it ends.
    pub to: i64,
    /// At which terms.
    pub terms: Terms,
    /// What was billed for it and not taken back, in minor units, net of discounts.
    pub net: i64,
    /// What was taken back of it where the next one begins.
    pub taken: i64,
}

/// What a change bills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Taken back: at which terms, of which stretch, how much (more than nothing), and the fraction of what was billed.
    pub credit: Option<(Segment, i64, Fraction)>,
    /// Charged: at which terms for which stretch, and the fraction of a full period.
    pub charge: Option<(Segment, Fraction)>,
    /// The segments after it.
    pub segments: Vec<Segment>,
}

impl Change {
    /// What it comes to.
    #[must_use]
    pub fn net(&self) -> i64 {
        let credit = self.credit.as_ref().map_or(0, |(_, amount, _)| *amount);
        self.charge.as_ref().map_or(0, |(segment, _)| segment.net) - credit
    }
}

fn part(from: i64, to: i64, whole: i64) -> Result<Fraction, Wrong> {
    let length = |n: i64| u64::try_from(n).map_err(|_| Wrong::Fraction);
    Fraction::new(length(to - from)?, length(whole)?)
}

/// Changes the terms from a position to the end of the segment there. `whole` is the length of the full anchored period; no terms end
/// it. What is billed already is the last of `segments`; a change at the position of an earlier one takes the earlier one back,
/// to the cent.
///
/// # Errors
/// [`Wrong::Fraction`] when the position lies outside of what was billed; [`Wrong::TooLarge`].
pub fn change(segments: &[Segment], at: i64, whole: i64, terms: Option<Terms>) -> Result<Change, Wrong> {
    let mut segments = segments.to_vec();
    let Some(last) = segments.pop() else {
        return Err(Wrong::Fraction);
    };
    if at < last.from || at > last.to {
        return Err(Wrong::Fraction);
    }
    let end = last.to;
    if at == end || terms.as_ref() == Some(&last.terms) {
        segments.push(last);
        return Ok(Change {
            segments,
            ..Change::default()
        });
    }
    // What is taken back is the rest of what was really billed.
    let rest = part(at, end, last.to - last.from)?;
    let credit = Number::whole(last.net).rounded(rest)?;
    let taken = Segment {
        from: at,
        ..last.clone()
    };
    let mut result = Change {
        credit: (credit != 0).then_some((taken, credit, rest)),
        ..Change::default()
    };
    if at > last.from {
        segments.push(Segment {
            to: at,
            net: last.net - credit,
            taken: credit,
            ..last
        });
    }
    let Some(terms) = terms else {
        result.segments = segments;
        return Ok(result);
    };
    let share = part(at, end, whole)?;
    let before = segments
        .last()
        .filter(|before| before.to == at && before.terms == terms);
    // Back to what was there until now: what was taken of it is given back, and nothing is computed anew.
    let net = match before {
        Some(before) => before.taken,
        None => terms.amount.rounded(share)?,
    };
    let new = Segment {
        from: at,
        to: end,
        terms,
        net,
        taken: 0,
    };
    match before.is_some() {
        true => {
            if let Some(before) = segments.last_mut() {
                (before.to, before.net, before.taken) = (end, before.net + net, 0);
            }
        }
        false => segments.push(new.clone()),
    }
    result.charge = (net != 0).then_some((new, share));
    result.segments = segments;
    Ok(result)
}
