//! Sums of debits and credits, by kind of account and currency.

use crate::{chart::AccountType, entries::EntryLine};
use serde::{Deserialize, Serialize};
use shared::{money::Currency, problem::Problem, record::Record};

/// What was debited and credited, in minor units. Both are positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Debits.
    pub debit: i64,
    /// Credits.
    pub credit: i64,
}

impl Sum {
    /// With one amount more: a debit where it is positive, a credit where it is negative.
    ///
    /// # Errors
    /// 500 when it does not fit 64 bits.
    pub fn with(self, amount: i64) -> Result<Self, Problem> {
        let grown = |sum: i64, by: Option<i64>| by.and_then(|by| sum.checked_add(by));
        let (debit, credit) = match amount {
            0.. => (grown(self.debit, Some(amount)), Some(self.credit)),
            _ => (Some(self.debit), grown(self.credit, amount.checked_neg())),
        };
        let too_large = || Problem::internal("a sum of the books does not fit 64 bits");
        Ok(Self {
            debit: debit.ok_or_else(too_large)?,
            credit: credit.ok_or_else(too_large)?,
        })
    }

    /// Debits less credits.
    #[must_use]
    pub const fn balance(self) -> i64 {
        // Neither is negative, so this fits.
        self.debit - self.credit
    }
}

/// The accounts of one kind in one currency, together.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "AccountTypeTotal")]
pub struct Total {
    /// The kind.
    #[public]
    pub r#type: AccountType,
    /// The currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Debits, in minor units.
    #[internal]
    pub debit: i64,
    /// Credits, in minor units.
    #[internal]
    pub credit: i64,
}

impl Total {
    /// Its sums.
    #[must_use]
    pub const fn sum(&self) -> Sum {
        Sum {
            debit: self.debit,
            credit: self.credit,
        }
    }
}

/// Adds the lines of an entry.
///
/// # Errors
/// 500 when a sum does not fit 64 bits.
pub fn add(totals: &mut Vec<Total>, lines: &[EntryLine]) -> Result<(), Problem> {
    for line in lines {
        add_sum(
            totals,
            line.account.kind(),
            line.currency,
            Sum::default().with(line.amount)?,
        )?;
    }
    Ok(())
}

/// Adds sums of a kind.
///
/// # Errors
/// 500 when a sum does not fit 64 bits.
pub fn add_sum(
    totals: &mut Vec<Total>,
    kind: AccountType,
    currency: Currency,
    sum: Sum,
) -> Result<(), Problem> {
    let at = totals.binary_search_by_key(&(kind, currency), |t| (t.r#type, t.currency));
    let at = at.unwrap_or_else(|at| {
        let (debit, credit) = (0, 0);
        totals.insert(
            at,
            Total {
                r#type: kind,
                currency,
                debit,
                credit,
            },
        );
        at
    });
    if let Some(total) = totals.get_mut(at) {
        let grown = total.sum().with(sum.debit)?.with(-sum.credit)?;
        (total.debit, total.credit) = (grown.debit, grown.credit);
    }
    Ok(())
}
