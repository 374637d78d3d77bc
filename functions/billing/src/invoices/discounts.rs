//! Discounts of an invoice: what is asked for, and what the invoice keeps of it.

use super::lines::MOST;
use crate::compute::{
    Rate,
    discount::{Discount, Off},
};
use serde::{Deserialize, Serialize};
use shared::{
    money::Amount,
    problem::Problem,
    record::{FieldError, Record},
    text::Line,
};

/// A discount as asked for: percent or an amount, of all lines or of some.
#[derive(Record)]
#[record(input)]
#[record(name = "NewInvoiceDiscount")]
#[record(example = r#"{"description": "Welcome", "percent": "10"}"#)]
pub struct DiscountInput {
    /// What it is for.
    #[personal]
    description: Line,
    /// In percent of what earlier discounts have left.
    #[internal]
    percent: Option<Rate>,
    /// In minor units, at most what earlier discounts have left.
    #[internal]
    amount: Option<Amount>,
    /// Of which lines, by their places from 0; of all of them when absent.
    #[internal]
    #[record(length(min = 1, max = 100))]
    lines: Option<Vec<u32>>,
}

/// A discount as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct KeptDiscount {
    /// In percent.
    #[internal]
    pub percent: Option<Rate>,
    /// In minor units.
    #[internal]
    pub amount: Option<i64>,
    /// Of which lines; all of them where it says nothing.
    #[internal]
    pub lines: Option<Vec<u32>>,
    /// What it takes off, in minor units.
    #[internal]
    pub taken: i64,
}

/// A discount as answered.
#[derive(Record, Serialize)]
pub struct InvoiceDiscount {
    /// What it is for.
    #[personal]
    pub description: Option<Line>,
    /// In percent.
    #[internal]
    pub percent: Option<Rate>,
    /// In minor units.
    #[internal]
    pub amount: Option<i64>,
    /// Of which lines, by their places from 0; of all of them where it says nothing.
    #[internal]
    pub lines: Option<Vec<u32>>,
    /// What it takes off, in minor units.
    #[internal]
    pub taken: i64,
}

impl InvoiceDiscount {
    /// As answered.
    #[must_use]
    pub fn of(kept: &KeptDiscount, description: Option<&Line>) -> Self {
        Self {
            description: description.cloned(),
            percent: kept.percent.clone(),
            amount: kept.amount,
            lines: kept.lines.clone(),
            taken: kept.taken,
        }
    }
}

impl From<&KeptDiscount> for Discount {
    fn from(kept: &KeptDiscount) -> Self {
        let places = |lines: &Vec<u32>| lines.iter().filter_map(|at| usize::try_from(*at).ok()).collect();
        Self {
            off: match &kept.percent {
                Some(rate) => Off::Percent(rate.clone()),
                None => Off::Amount(kept.amount.unwrap_or_default()),
            },
            lines: kept.lines.as_ref().map(places),
        }
    }
}

/// Takes discounts: what is kept of each, and what it is for.
///
/// # Errors
/// 422 for every field that cannot be.
pub fn take(inputs: Vec<DiscountInput>) -> Result<(Vec<KeptDiscount>, Vec<Line>), Problem> {
    let mut errors = Vec::new();
    let (mut kept, mut texts) = (Vec::new(), Vec::new());
    for (at, input) in inputs.into_iter().enumerate() {
        if input.percent.is_some() == input.amount.is_some() {
            errors.push(FieldError {
                pointer: format!("/discounts/{at}"),
                detail: "must have either a percentage or an amount".into(),
            });
        }
        texts.push(input.description);
        kept.push(KeptDiscount {
            percent: input.percent,
            amount: input.amount.map(Amount::minor),
            lines: input.lines,
            taken: 0,
        });
    }
    if errors.is_empty() {
        Ok((kept, texts))
    } else {
        Err(Problem::validation(errors))
    }
}

/// Refuses discounts of lines that are not there.
///
/// # Errors
/// 422 for each.
pub fn fit(discounts: &[KeptDiscount], lines: usize) -> Result<(), Problem> {
    let there = |at: &u32| usize::try_from(*at).is_ok_and(|at| at < lines.min(MOST));
    let strays = discounts
        .iter()
        .enumerate()
        .filter(|(_, d)| d.lines.as_ref().is_some_and(|named| !named.iter().all(there)));
    let errors: Vec<FieldError> = strays
        .map(|(at, _)| FieldError {
            pointer: format!("/discounts/{at}/lines"),
            detail: "names a line that is not there".into(),
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::validation(errors))
    }
}
