//! Payment providers: what every one of them can be asked, and which ones there are.

mod named;
mod sandbox;
mod tariff;
pub mod test_numbers;

pub use sandbox::SandboxItem;

use crate::{
    cvv::Cvv,
    names::{PaymentId, RefundId},
};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use shared::{
    crypto::formats::lp_list, money::Currency, problem::Problem, record::Record, road::Context,
    time::Timestamp,
};
use std::future::Future;
use vault::{
    CardNumber,
    expiry::{Month, Year},
};

/// What a provider can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Reserve the money, and take it at once if the order says so.
    Authorise,
    /// Take reserved money.
    Capture,
    /// Let reserved money go.
    Cancel,
    /// Give taken money back.
    Refund,
}

impl Operation {
    /// Its name in keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorise => "authorise",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }
}

/// One thing that a provider is asked for, without the card.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Order {
    /// What.
    #[internal]
    pub operation: Operation,
    /// Whom.
    #[internal]
    pub provider: ProviderName,
    /// Under which key: the same key twice is one order.
    #[internal]
    pub key: String,
    /// The key of the authorisation that it is about, where it is none itself.
    #[internal]
    pub of: Option<String>,
    /// For which payment.
    #[public]
    pub payment: PaymentId,
    /// For which refund.
    #[public]
    pub refund: Option<RefundId>,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The currency.
    #[internal]
    pub currency: Currency,
    /// Whether an authorisation takes the money at once.
    #[internal]
    pub capture: bool,
}

/// A card on its way to the provider.
pub struct LiveCard {
    /// The number.
    pub number: CardNumber,
    /// The month it ends with.
    pub exp_month: Month,
    /// The year it ends in.
    pub exp_year: Year,
    /// Its verification value, where the payer has just given it. No provider keeps it either.
    pub cvv: Option<Cvv>,
}

/// What a provider said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done.
    Approved,
    /// Not done, and why.
    Declined(String),
    /// No answer: done or not done.
    Unknown,
}

/// A payment provider. A call never fails: one that is not answered is [`Reply::Unknown`].
pub trait Provider {
    /// Reserves or takes the money.
    fn authorise(&self, cx: &Context, order: &Order, card: &LiveCard) -> impl Future<Output = Reply> + Send;
    /// Takes reserved money.
    fn capture(&self, cx: &Context, order: &Order) -> impl Future<Output = Reply> + Send;
    /// Lets reserved money go.
    fn cancel(&self, cx: &Context, order: &Order) -> impl Future<Output = Reply> + Send;
    /// Gives money back.
    fn refund(&self, cx: &Context, order: &Order) -> impl Future<Output = Reply> + Send;
    /// Asks what became of an order, by its key. An order that never arrived is declined, and can no longer
    /// arrive. [`Reply::Unknown`] means: ask later.
    fn lookup(&self, cx: &Context, order: &Order) -> impl Future<Output = Reply> + Send;
}

/// The providers that are built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum ProviderName {
    /// Takes published test numbers only: see [`test_numbers`].
    Sandbox,
}

impl ProviderName {
    /// Its name in JSON and in accounts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
        }
    }

    /// What it keeps of a capture, in minor units, by its tariff.
    #[must_use]
    pub fn fee(self, captured: i64) -> i64 {
        match self {
            Self::Sandbox => tariff::sandbox(captured),
        }
    }

    /// The provider that charges for a tenant.
    #[must_use]
    pub fn of_tenant(_: &Context) -> Self {
        Self::Sandbox
    }
}

/// What became of an order whose answer was lost; `None` when the provider cannot tell yet.
pub async fn asked(cx: &Context, order: &Order) -> Option<Reply> {
    match order.provider.lookup(cx, order).await {
        Reply::Unknown => None,
        known => Some(known),
    }
}

/// The key of this call at the provider: from tenant, principal, `Idempotency-Key`, operation, and the payment
/// that it is about (`-` for a new one).
///
/// # Errors
/// 500 when the road let a call without an `Idempotency-Key` through.
pub fn order_key(cx: &Context, operation: Operation, object: &str) -> Result<String, Problem> {
    let given = cx.request().idempotency_key.as_deref();
    let given = given.ok_or_else(|| Problem::internal("an effect without an Idempotency-Key"))?;
    derive(
        [
            cx.tenant().as_str(),
            &cx.principal().id(),
            given,
            operation.name(),
            object,
        ],
        cx.now(),
    )
}

/// The day is part of it because an `Idempotency-Key` is kept for 24 hours: used again after that it is
/// another call, always on another day, and must not be answered with the old one's outcome.
fn derive(parts: [&str; 5], now: Timestamp) -> Result<String, Problem> {
    let day = now.as_second().div_euclid(24 * 3_600).to_string();
    let [tenant, principal, given, operation, object] = parts.map(str::as_bytes);
    let list = lp_list(&[tenant, principal, given, operation, object, day.as_bytes()]);
    let list = list.map_err(|e| Problem::internal(e.to_string()))?;
    Ok(hex::encode(digest::digest(&digest::SHA256, &list)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_and_the_day_change_the_key() {
        let at = |s: &str| s.parse::<Timestamp>().unwrap();
        let parts = ["ten_1", "cli_1", "key", "capture", "pay_1"];
        let key = |parts, now| derive(parts, at(now)).unwrap();
        let one = key(parts, "2027-01-01T00:00:00Z");
        assert_eq!(one.len(), 64);
        assert_eq!(one, key(parts, "2027-01-01T23:59:59Z"), "a retry of the same day");
        assert_ne!(one, key(parts, "2027-01-02T00:00:00Z"), "the key was free again");
        for i in 0..parts.len() {
            let mut other = parts;
            other[i] = "x";
            assert_ne!(one, key(other, "2027-01-01T00:00:00Z"), "part {i}");
        }
        let shifted = ["ten_1", "cli_1k", "ey", "capture", "pay_1"];
        assert_ne!(one, key(shifted, "2027-01-01T00:00:00Z"));
    }
}
