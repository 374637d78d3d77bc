//! What became of the rows, summed exactly.

use super::hooks;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// Refusals that are told one by one.
const TOLD: usize = 5;

/// Payment statuses that an event announces.
const ANNOUNCED: [&str; 5] = ["authorized", "captured", "declined", "canceled", "unknown"];

/// How many, and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Sum {
    /// How many.
    pub(super) count: u64,
    /// How much, in minor units.
    pub(super) minor: i128,
}

impl Sum {
    /// One more.
    pub(super) fn add(&mut self, minor: i64) {
        self.count += 1;
        self.minor += i128::from(minor);
    }

    /// One less.
    fn take(&mut self, minor: i64) {
        self.count = self.count.saturating_sub(1);
        self.minor -= i128::from(minor);
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.minor += other.minor;
    }
}

/// A payment whose outcome the provider has not told yet.
#[derive(Clone, Debug)]
pub(super) struct Unsettled {
    /// `pay_…`.
    pub(super) payment: String,
    /// In minor units.
    pub(super) amount: i64,
    /// Whether this run made it.
    pub(super) fresh: bool,
}

/// A payment that is, or may turn out to be, captured.
#[derive(Clone, Debug)]
pub(super) struct Charged {
    /// `pay_…`.
    pub(super) payment: String,
    /// In minor units.
    pub(super) amount: i64,
    /// `transaction_id` of its row.
    pub(super) transaction: String,
    /// The row's line in the file.
    pub(super) line: u64,
    /// Whether it is captured.
    pub(super) captured: bool,
}

/// What became of the rows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Payments by status.
    pub(super) payments: BTreeMap<String, Sum>,
    /// Refunds by status.
    pub(super) refunds: BTreeMap<String, Sum>,
    /// Payments to bill, by customer (`cus_…`), in the order of their rows.
    pub(super) charged: BTreeMap<String, Vec<Charged>>,
    /// Customers that this run made.
    pub(super) customers: u64,
    /// Cards that this run made.
    pub(super) cards: u64,
    /// Payments that this run made.
    pub(super) made: u64,
    /// Refunds that this run made.
    pub(super) refunded: u64,
    /// Invoices that this run drafted or numbered.
    pub(super) invoiced: u64,
    /// Payments of which the outcome is not known.
    pub(super) unsettled: Vec<Unsettled>,
    /// Events that must arrive.
    pub(super) expected: HashSet<String>,
    /// Rows and refunds that the platform refused.
    pub(super) refused: u64,
    /// The first of them, each as a line.
    pub(super) told: Vec<String>,
}

impl Tally {
    /// A row without a payment, or a captured payment without its refund.
    pub(super) fn refuse(&mut self, line: u64, why: &str) {
        self.refused += 1;
        if self.told.len() < TOLD {
            self.told.push(format!("line {line}: {why}"));
        }
    }

    /// An event about a payment must arrive.
    pub(super) fn expect_payment(&mut self, payment: &str, status: &str) {
        if ANNOUNCED.contains(&status) {
            self.expected
                .insert(hooks::name(&format!("payment.{status}"), payment));
        }
    }

    /// An unsettled payment has got another status.
    pub(super) fn settle(&mut self, unsettled: &Unsettled, status: &str) {
        self.payments
            .entry("unknown".to_owned())
            .or_default()
            .take(unsettled.amount);
        self.payments.retain(|_, sum| sum.count > 0);
        self.payments
            .entry(status.to_owned())
            .or_default()
            .add(unsettled.amount);
        let mut charged = self.charged.values_mut().flatten();
        if let Some(charged) = charged.find(|charged| charged.payment == unsettled.payment) {
            charged.captured = status == "captured";
        }
        if unsettled.fresh {
            self.expect_payment(&unsettled.payment, status);
        }
    }

    /// Adds another tally.
    pub(super) fn merge(&mut self, other: Self) {
        for (into, from) in [
            (&mut self.payments, other.payments),
            (&mut self.refunds, other.refunds),
        ] {
            for (status, sum) in from {
                into.entry(status).or_default().merge(&sum);
            }
        }
        for (customer, charged) in other.charged {
            self.charged.entry(customer).or_default().extend(charged);
        }
        self.invoiced += other.invoiced;
        self.customers += other.customers;
        self.cards += other.cards;
        self.made += other.made;
        self.refunded += other.refunded;
        self.unsettled.extend(other.unsettled);
        self.expected.extend(other.expected);
        self.refused += other.refused;
        self.told.extend(other.told);
        self.told.truncate(TOLD);
    }

    /// All payments, whatever became of them.
    pub(super) fn total(&self) -> Sum {
        let mut total = Sum::default();
        self.payments.values().for_each(|sum| total.merge(sum));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(status: &str, amounts: &[i64]) -> Tally {
        let mut tally = Tally {
            made: 1,
            ..Tally::default()
        };
        for amount in amounts {
            tally.payments.entry(status.into()).or_default().add(*amount);
        }
        tally
    }

    #[test]
    fn sums_are_exact_and_settling_moves_them() {
        let mut all = Tally::default();
        all.merge(one("captured", &[5716, 8151, 14600]));
        all.merge(one("unknown", &[6449]));
        all.merge(one("declined", &[999_999_999_999, 1]));
        assert_eq!(
            all.total(),
            Sum {
                count: 6,
                minor: 1_000_000_034_916
            }
        );
        assert_eq!(all.made, 3);
        let unsettled = Unsettled {
            payment: "pay_1".into(),
            amount: 6449,
            fresh: true,
        };
        all.settle(&unsettled, "captured");
        assert_eq!(
            all.payments["captured"],
            Sum {
                count: 4,
                minor: 5716 + 8151 + 14600 + 6449
            }
        );
        assert!(!all.payments.contains_key("unknown"));
        assert_eq!(all.total().minor, 1_000_000_034_916);
        assert!(all.expected.contains("payment.captured pay_1"));
        all.settle(
            &Unsettled {
                fresh: false,
                ..unsettled
            },
            "in_review",
        );
        assert_eq!(all.expected.len(), 1);
    }

    #[test]
    fn refusals_are_counted_and_the_first_are_told() {
        let mut all = Tally::default();
        for line in 0..10 {
            let mut tally = Tally::default();
            tally.refuse(line, "422 invalid_input");
            all.merge(tally);
        }
        assert_eq!(
            (all.refused, all.told.len(), all.told[0].as_str()),
            (10, TOLD, "line 0: 422 invalid_input")
        );
    }
}
