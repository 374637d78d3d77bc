//! How a line came about: what was priced, for which part of which period, step by step.

use crate::{compute::Units, meters::MeterId};
use rating::{Fraction, Number, Period, Priced};
use serde::{Deserialize, Serialize};
use shared::{record::Record, time::Instant, time::Timestamp};

shared::id_type!(
    /// A subscription.
    SubscriptionId, "sub"
);

shared::text_type!(
    /// A number, exactly: a decimal of at most 38 digits.
    Exact called "ExactNumber", r"^-?[0-9]{1,38}(\.[0-9]{1,37})?$", "1.25", |t| {
        Number::exact(t).map(|number| number.to_string()).map_err(rating::Wrong::reason)
    }
);

impl std::fmt::Debug for Exact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Number> for Exact {
    fn from(number: Number) -> Self {
        Self(number.to_string())
    }
}

impl Exact {
    /// As a number.
    ///
    /// # Errors
    /// A fixed reason, which nothing that was parsed meets.
    pub fn number(&self) -> Result<Number, &'static str> {
        Number::exact(self.as_str()).map_err(rating::Wrong::reason)
    }
}

/// What a line is over: a part of a full period.
#[derive(Clone, Copy, Debug)]
pub struct Over {
    /// How much of it.
    pub part: Fraction,
    /// From when to when.
    pub period: Period,
}

/// What a line is over that was used: the events that it is for.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "RatedUsage")]
pub struct RatedUsage {
    /// By which meter.
    #[public]
    pub meter: MeterId,
    /// What the events of the period came to, exactly.
    #[internal]
    pub quantity: Exact,
    /// How many there were.
    #[internal]
    pub events: i64,
    /// What they had come to when the period was billed, where this corrects that.
    #[internal]
    #[serde(default)]
    pub billed_quantity: Option<Exact>,
    /// What was billed for them then, in minor units: the line is what they cost now less this.
    #[internal]
    #[serde(default)]
    pub billed_amount: Option<i64>,
}

/// One step of the arithmetic of a line.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "RatingStep")]
pub struct RatedStep {
    /// How many units or packages.
    #[internal]
    pub quantity: Exact,
    /// At which amount, in minor units.
    #[internal]
    pub unit_amount: Exact,
    /// And this beside it, in minor units.
    #[internal]
    pub flat_amount: Exact,
    /// What that makes, not rounded.
    #[internal]
    pub amount: Exact,
}

/// How a line came about, as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Rated {
    /// How many units were priced.
    #[internal]
    pub quantity: Units,
    /// How much of a full period they were priced for.
    #[internal]
    pub part: i64,
    /// Of how much: its local days or its seconds.
    #[internal]
    pub whole: i64,
    /// From when.
    #[internal]
    pub from: Option<Timestamp>,
    /// Until when: the first instant that is not in it.
    #[internal]
    pub to: Option<Timestamp>,
    /// The arithmetic: the sum of the steps × part ÷ whole, rounded once, is the amount. None for what is taken back, which is a
    /// part of what was billed.
    #[nested]
    #[serde(default)]
    pub steps: Vec<RatedStep>,
    /// What was used, where it is for usage.
    #[nested]
    #[serde(default)]
    pub usage: Option<RatedUsage>,
}

impl Rated {
    /// Of so many units.
    #[must_use]
    pub fn new(quantity: Units, over: Option<Over>, priced: Option<&Priced>) -> Self {
        let part = over.map_or(Fraction::ALL, |over| over.part);
        let steps = priced.map_or(&[][..], |priced| &priced.steps);
        Self {
            quantity,
            part: i64::try_from(part.part()).unwrap_or(i64::MAX),
            whole: i64::try_from(part.whole()).unwrap_or(i64::MAX),
            from: over.map(|over| over.period.start),
            to: over.map(|over| over.period.end),
            steps: steps
                .iter()
                .map(|step| RatedStep {
                    quantity: step.quantity.into(),
                    unit_amount: step.unit_amount.into(),
                    flat_amount: step.flat_amount.into(),
                    amount: step.amount.into(),
                })
                .collect(),
            usage: None,
        }
    }
}

/// How a line came about, as answered.
#[derive(Record, Serialize)]
pub struct LineRating {
    /// How many units were priced.
    #[internal]
    pub quantity: Units,
    /// How much of a full period they were priced for.
    #[internal]
    pub part: i64,
    /// Of how much: its local days or its seconds.
    #[internal]
    pub whole: i64,
    /// From when (RFC 3339 UTC), where it is for a period.
    #[internal]
    pub from: Option<Instant>,
    /// Until when: the first instant that is not in it.
    #[internal]
    pub to: Option<Instant>,
    /// The arithmetic: the sum of the steps × part ÷ whole, rounded once, is the amount. None for what is taken back, which is a
    /// part of what was billed.
    #[nested]
    pub steps: Vec<RatedStep>,
    /// What was used, where it is for usage; `quantity` is the same to six places.
    #[nested]
    pub usage: Option<RatedUsage>,
}

impl From<&Rated> for LineRating {
    fn from(kept: &Rated) -> Self {
        Self {
            quantity: kept.quantity.clone(),
            part: kept.part,
            whole: kept.whole,
            from: kept.from.map(Instant::from),
            to: kept.to.map(Instant::from),
            steps: kept.steps.clone(),
            usage: kept.usage.clone(),
        }
    }
}
