//! Where a subscription stands, and how it is billed.

use serde::{Deserialize, Serialize};

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Nothing has been billed yet: its trial or its start is to come.
    Trialing,
    /// It is billed.
    Active,
    /// It has ended.
    Canceled,
}

impl SubscriptionStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::Canceled => "canceled",
        }
    }
}

/// Where the periods of a subscription begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum BillingAnchor {
    /// Where it is paid from, at its time of day.
    #[default]
    Start,
    /// At midnight of a chosen day of the month or of the week.
    Day,
    /// At midnight of the first day of the calendar's week, month, quarter, half-year or year.
    Calendar,
}

/// What parts of periods are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum ProrationBasis {
    /// Local days: the day of a change counts as new.
    #[default]
    Day,
    /// Elapsed seconds.
    Second,
}

impl From<ProrationBasis> for rating::Proration {
    fn from(basis: ProrationBasis) -> Self {
        match basis {
            ProrationBasis::Day => Self::Day,
            ProrationBasis::Second => Self::Second,
        }
    }
}

/// What becomes of the invoices that a subscription is billed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum Invoicing {
    /// They are issued at once.
    #[default]
    Issue,
    /// They are left as drafts, for somebody to look at.
    Draft,
}
