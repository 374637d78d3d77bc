//! Price models: what quantities cost, with the arithmetic as data.

use crate::{Fraction, Number, Wrong};
use serde::{Deserialize, Serialize};

/// A tier of a price: quantities up to and including its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// The last quantity of it; the last tier has none.
    pub up_to: Option<Number>,
    /// What one unit costs, in minor units.
    pub unit_amount: Number,
    /// What entering it costs, in minor units.
    pub flat_amount: Number,
}

/// The terms of a percentage price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PercentageTerms {
    /// Of what is charged of each event's basis: 0.029 is 2.9 %.
    pub rate: Number,
    /// For each event beside that, in minor units.
    pub fixed: Number,
    /// How many events are free, the first ones.
    pub free_events: u32,
    /// How much of the basis is free, of the first events that are not.
    pub free_basis: Number,
    /// Least for an event that is not free.
    pub minimum: Option<Number>,
    /// Most for an event.
    pub maximum: Option<Number>,
}

/// How a price becomes an amount. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The amount, whatever is used.
    Flat(Number),
    /// The amount for every unit.
    PerUnit(Number),
    /// Each unit at the amount of the tier that it falls into, and the flat amount of every tier entered.
    Graduated(Vec<Tier>),
    /// Every unit at the amount of the tier that the quantity falls into, and its flat amount.
    Volume(Vec<Tier>),
    /// So much for every package begun.
    Package {
        /// What one costs.
        amount: Number,
        /// How many units it holds.
        size: Number,
        /// How many units are free before the first.
        free: Number,
    },
    /// A share of what each event is over.
    Percentage(PercentageTerms),
}

/// One step of the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How many units, packages, or how much of a basis.
    pub quantity: Number,
    /// At which amount or rate.
    pub unit_amount: Number,
    /// And this beside it.
    pub flat_amount: Number,
    /// What that makes, exactly.
    pub amount: Number,
}

impl Step {
    fn of(quantity: Number, unit_amount: Number, flat_amount: Number) -> Result<Self, Wrong> {
        Ok(Self {
            quantity,
            unit_amount,
            flat_amount,
            amount: quantity.times(unit_amount)?.plus(flat_amount)?,
        })
    }
}

/// What something costs, exactly, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The sum of the steps, in minor units, not rounded.
    pub exact: Number,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

impl Priced {
    fn of(steps: Vec<Step>) -> Result<Self, Wrong> {
        let exact = steps
            .iter()
            .try_fold(Number::ZERO, |sum, step| sum.plus(step.amount))?;
        Ok(Self { exact, steps })
    }

    /// The amount of a line for so much of a period, rounded once.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`].
    pub fn amount(&self, part: Fraction) -> Result<i64, Wrong> {
        self.exact.rounded(part)
    }
}

impl Model {
    /// Whether its terms make sense.
    ///
    /// # Errors
    /// [`Wrong::Negative`], [`Wrong::Tiers`] or [`Wrong::Terms`].
    pub fn check(&self) -> Result<(), Wrong> {
        let positive = |numbers: &[Number]| match numbers.iter().any(|n| n.is_negative()) {
            true => Err(Wrong::Negative),
            false => Ok(()),
        };
        match self {
            Self::Flat(amount) | Self::PerUnit(amount) => positive(&[*amount]),
            Self::Graduated(tiers) | Self::Volume(tiers) => {
                let mut last = Some(Number::ZERO);
                for tier in tiers {
                    positive(&[tier.unit_amount, tier.flat_amount])?;
                    let begun = last.ok_or(Wrong::Tiers)?;
                    if let Some(end) = tier.up_to
                        && !end.against(begun)?.is_gt()
                    {
                        return Err(Wrong::Tiers);
                    }
                    last = tier.up_to;
                }
                // What has no tier has no end, and neither has what ends in one.
                if last.is_some() { Err(Wrong::Tiers) } else { Ok(()) }
            }
            Self::Package { amount, size, free } => {
                positive(&[*amount, *size, *free])?;
                if size.is_zero() { Err(Wrong::Terms) } else { Ok(()) }
            }
            Self::Percentage(terms) => {
                let (least, most) = (terms.minimum.unwrap_or(Number::ZERO), terms.maximum);
                positive(&[
                    terms.rate,
                    terms.fixed,
                    terms.free_basis,
                    least,
                    most.unwrap_or(Number::ZERO),
                ])?;
                match most {
                    Some(most) if least.against(most)?.is_gt() => Err(Wrong::Terms),
                    _ => Ok(()),
                }
            }
        }
    }

    /// What a quantity costs. A percentage takes it for the basis of one event.
    ///
    /// # Errors
    /// [`Wrong::Negative`] where the model has no answer to less than nothing; [`Wrong::TooLarge`]; [`Wrong::Tiers`].
    pub fn price(&self, quantity: Number) -> Result<Priced, Wrong> {
        let zero = Number::ZERO;
        match self {
            Self::Flat(amount) => Priced::of(vec![Step::of(Number::whole(1), *amount, zero)?]),
            Self::PerUnit(amount) => Priced::of(vec![Step::of(quantity, *amount, zero)?]),
            _ if quantity.is_negative() => Err(Wrong::Negative),
            Self::Graduated(tiers) => graduated(tiers, quantity),
            Self::Volume(tiers) => {
                for tier in tiers {
                    let within = tier.up_to.map(|end| quantity.against(end)).transpose()?;
                    if within.is_none_or(|order| order.is_le()) {
                        return Priced::of(vec![Step::of(quantity, tier.unit_amount, tier.flat_amount)?]);
                    }
                }
                Err(Wrong::Tiers)
            }
            Self::Package { amount, size, free } => {
                let packages = quantity.minus(*free)?.most(zero)?.begun(*size)?;
                Priced::of(vec![Step::of(Number::whole(packages), *amount, zero)?])
            }
            Self::Percentage(_) => self.events(&[quantity]),
        }
    }

    /// What events cost, each over its basis, oldest first. All but a percentage price their sum.
    ///
    /// # Errors
    /// As [`Model::price`].
    pub fn events(&self, events: &[Number]) -> Result<Priced, Wrong> {
        let Self::Percentage(terms) = self else {
            let sum = events
                .iter()
                .try_fold(Number::ZERO, |sum, event| sum.plus(*event))?;
            return self.price(sum);
        };
        let mut free = terms.free_basis;
        let paid = usize::try_from(terms.free_events).map_err(|_| Wrong::TooLarge)?;
        let mut steps = Vec::new();
        for basis in events.iter().skip(paid) {
            if basis.is_negative() {
                return Err(Wrong::Negative);
            }
            let given = basis.least(free)?;
            free = free.minus(given)?;
            let charged = basis.minus(given)?;
            if charged.is_zero() && !basis.is_zero() {
                continue;
            }
            let mut step = Step::of(charged, terms.rate, terms.fixed)?;
            step.amount = step.amount.most(terms.minimum.unwrap_or(Number::ZERO))?;
            if let Some(most) = terms.maximum {
                step.amount = step.amount.least(most)?;
            }
            steps.push(step);
        }
        Priced::of(steps)
    }
}

fn graduated(tiers: &[Tier], quantity: Number) -> Result<Priced, Wrong> {
    let mut steps = Vec::new();
    let mut begun = Number::ZERO;
    for (at, tier) in tiers.iter().enumerate() {
        // The first is entered at nothing.
        if at > 0 && !quantity.against(begun)?.is_gt() {
            return Priced::of(steps);
        }
        let end = match tier.up_to {
            Some(end) => quantity.least(end)?,
            None => quantity,
        };
        steps.push(Step::of(end.minus(begun)?, tier.unit_amount, tier.flat_amount)?);
        match tier.up_to {
            Some(end) => begun = end,
            None => return Priced::of(steps),
        }
    }
    match quantity.against(begun)?.is_gt() {
        true => Err(Wrong::Tiers),
        false => Priced::of(steps),
    }
}

/// What is owed beside what was billed, so that a minimum is reached for so much of a period.
///
/// # Errors
/// [`Wrong::TooLarge`].
pub fn commitment(minimum: i64, part: Fraction, billed: i64) -> Result<i64, Wrong> {
    let least = Number::whole(minimum).rounded(part)?;
    Ok(least.checked_sub(billed).ok_or(Wrong::TooLarge)?.max(0))
}
