//! Wallets: credit that a customer has and that their invoices use up, after tax. All of it is one item, so that two invoices never
//! use the same cent.

pub mod books;
pub mod grant;
mod kept;
pub mod read;

pub use kept::EXPIRING;

use crate::compute::wallet::{Credit, burned};
use serde::{Deserialize, Serialize};
use shared::{
    ids::CustomerId,
    money::Currency,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Stored, Write},
    time::{Instant, Timestamp},
};
use std::collections::BTreeMap;

shared::id_type!(
    /// Credit that was given to a customer.
    WalletGrantId, "wg"
);
shared::id_type!(
    /// A movement of a customer's credit.
    WalletMovementId, "wm"
);

/// Most grants that a customer can have something left of.
pub const MOST: usize = 200;

/// Credit of which something is left.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Grant {
    /// Its id.
    #[public]
    pub id: WalletGrantId,
    /// In which currency.
    #[internal]
    pub currency: Currency,
    /// How much it was, in minor units.
    #[internal]
    pub amount: i64,
    /// How much is left of it.
    #[internal]
    pub left: i64,
    /// What was paid for all of it.
    #[internal]
    pub cost: i64,
    /// The lower, the sooner it is used.
    #[internal]
    pub priority: u16,
    /// When it runs out.
    #[public]
    pub expires_at: Option<Timestamp>,
    /// Since when it is there.
    #[public]
    pub created_at: Timestamp,
}

impl From<&Grant> for Credit {
    fn from(grant: &Grant) -> Self {
        Self {
            priority: grant.priority,
            expires_at: grant.expires_at,
            created_at: grant.created_at,
            left: grant.left,
        }
    }
}

/// A customer's wallet as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct WalletItem {
    /// Whose.
    #[public]
    pub customer: CustomerId,
    /// What is left, oldest first.
    #[nested]
    pub grants: Vec<Grant>,
}

/// Why credit came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "WalletMovementKind")]
pub enum MovementKind {
    /// It was given.
    Granted,
    /// A credit note gave it.
    Credited,
    /// An invoice used it.
    Used,
    /// An invoice that was voided gave it back.
    Restored,
    /// It ran out.
    Expired,
}

/// A movement as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct MovementItem {
    /// Its id.
    #[public]
    pub id: WalletMovementId,
    /// Whose.
    #[public]
    pub customer: CustomerId,
    /// Why.
    #[public]
    pub kind: MovementKind,
    /// In which currency.
    #[internal]
    pub currency: Currency,
    /// How much came, in minor units; below zero what went.
    #[internal]
    pub amount: i64,
    /// The invoice, credit note or grant that it is about.
    #[public]
    pub of: String,
    /// When.
    #[public]
    pub created_at: Timestamp,
}

/// What an invoice took of one grant, so that it can be given back.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Burned {
    /// The grant.
    #[public]
    pub grant: WalletGrantId,
    /// How much, in minor units.
    #[internal]
    pub amount: i64,
    /// What was paid for that.
    #[internal]
    pub cost: i64,
    /// How soon it was used.
    #[internal]
    pub priority: u16,
    /// When it would have run out.
    #[public]
    pub expires_at: Option<Timestamp>,
}

impl WalletItem {
    /// Nobody's credit yet.
    #[must_use]
    pub fn new(customer: &CustomerId) -> Self {
        Self {
            customer: customer.clone(),
            grants: Vec::new(),
        }
    }

    /// What can be used now, by currency.
    #[must_use]
    pub fn balances(&self, now: Timestamp) -> BTreeMap<Currency, i64> {
        let mut balances = BTreeMap::new();
        for grant in self
            .grants
            .iter()
            .filter(|grant| Credit::from(*grant).is_live(now))
        {
            *balances.entry(grant.currency).or_default() += grant.left;
        }
        balances
    }

    /// Uses credit for an amount: what is left, and what was used.
    #[must_use]
    pub fn used(&self, currency: Currency, amount: i64, now: Timestamp) -> (Self, Vec<Burned>) {
        let credit = |grant: &Grant| {
            let credit = Credit::from(grant);
            let left = if grant.currency == currency {
                credit.left
            } else {
                0
            };
            Credit { left, ..credit }
        };
        let credits: Vec<Credit> = self.grants.iter().map(credit).collect();
        let (mut next, mut all) = (self.clone(), Vec::new());
        for (grant, used) in next.grants.iter_mut().zip(burned(&credits, amount, now)) {
            if used > 0 {
                // What was paid for what goes: all that is left of it goes with the last of it.
                let before = grant.cost_of(grant.left);
                grant.left -= used;
                all.push(Burned {
                    grant: grant.id.clone(),
                    amount: used,
                    cost: before - grant.cost_of(grant.left),
                    priority: grant.priority,
                    expires_at: grant.expires_at,
                });
            }
        }
        next.grants.retain(|grant| grant.left > 0);
        (next, all)
    }

    /// Takes out what has run out: what is left, and what went by currency.
    #[must_use]
    pub fn swept(&self, now: Timestamp) -> (Self, BTreeMap<Currency, i64>) {
        let (mut next, mut gone) = (self.clone(), BTreeMap::new());
        next.grants.retain(|grant| {
            let live = Credit::from(grant).is_live(now);
            if !live {
                *gone.entry(grant.currency).or_default() += grant.left;
            }
            live
        });
        (next, gone)
    }

    /// Adds credit.
    ///
    /// # Errors
    /// 409 when there are too many grants already.
    pub fn given(&self, grant: Grant) -> Result<Self, Problem> {
        if self.grants.len() >= MOST {
            let text = "The customer has something left of 200 grants already.";
            return Err(Problem::conflict("too_many_grants", text));
        }
        let mut next = self.clone();
        next.grants.push(grant);
        Ok(next)
    }
}

impl Grant {
    /// What was paid for so much of it.
    fn cost_of(&self, part: i64) -> i64 {
        let product = i128::from(self.cost) * i128::from(part);
        crate::compute::round::divided(product, i128::from(self.amount.max(1))).unwrap_or_default()
    }
}

/// The write that keeps a wallet, which was there or not.
///
/// # Errors
/// 500 when it does not encode.
pub fn keep(cx: &Context, old: Option<&Stored<WalletItem>>, next: &WalletItem) -> Result<Write, Problem> {
    match old {
        Some(old) => cx.replace(old, next),
        None => cx.create(next),
    }
}

/// The write that notes a movement.
///
/// # Errors
/// 500 when it does not encode.
pub fn moved(
    cx: &Context,
    customer: &CustomerId,
    kind: MovementKind,
    (currency, amount): (Currency, i64),
    of: &str,
) -> Result<Write, Problem> {
    cx.create(&MovementItem {
        id: WalletMovementId::new(cx.now()),
        customer: customer.clone(),
        kind,
        currency,
        amount,
        of: of.to_owned(),
        created_at: cx.now(),
    })
}

/// Credit of which something is left, as answered.
#[derive(Record, Serialize)]
pub struct WalletGrant {
    /// Its id.
    #[public]
    pub id: WalletGrantId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// How much it was, in minor units.
    #[internal]
    pub amount: i64,
    /// How much is left of it.
    #[internal]
    pub left: i64,
    /// What was paid for all of it.
    #[internal]
    pub cost: i64,
    /// The lower, the sooner it is used.
    #[internal]
    pub priority: u16,
    /// When it runs out (RFC 3339 UTC).
    #[public]
    pub expires_at: Option<Instant>,
    /// Since when it is there.
    #[public]
    pub created_at: Instant,
}

impl From<&Grant> for WalletGrant {
    fn from(grant: &Grant) -> Self {
        Self {
            id: grant.id.clone(),
            currency: grant.currency,
            amount: grant.amount,
            left: grant.left,
            cost: grant.cost,
            priority: grant.priority,
            expires_at: grant.expires_at.map(Instant::from),
            created_at: grant.created_at.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(currency: &str, amount: i64, cost: i64, expires: Option<i64>) -> Grant {
        Grant {
            id: WalletGrantId::new(Timestamp::UNIX_EPOCH),
            currency: currency.parse().unwrap(),
            amount,
            left: amount,
            cost,
            priority: 0,
            expires_at: expires.map(|s| Timestamp::from_second(s).unwrap()),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn credit_of_one_currency_pays_nothing_in_another_and_its_cost_goes_with_it() {
        let now = Timestamp::UNIX_EPOCH;
        let eur = "EUR".parse().unwrap();
        let wallet = WalletItem::new(&CustomerId::new(now))
            .given(grant("EUR", 3, 2, None))
            .and_then(|w| w.given(grant("USD", 100, 0, None)))
            .unwrap();
        let (mut left, mut cost) = (wallet, 0);
        for _ in 0..3 {
            let (next, burned) = left.used(eur, 1, now);
            cost += burned.iter().map(|b| b.cost).sum::<i64>();
            left = next;
        }
        assert_eq!(cost, 2, "in whichever steps, what was paid for it goes exactly");
        assert!(left.used(eur, 1, now).1.is_empty());
        assert_eq!(left.grants.len(), 1);
    }

    #[test]
    fn what_has_run_out_is_swept_and_what_is_too_many_refused() {
        let now = Timestamp::from_second(10).unwrap();
        let mut wallet = WalletItem::new(&CustomerId::new(now));
        for expires in [Some(10), Some(11), None] {
            wallet = wallet.given(grant("EUR", 5, 0, expires)).unwrap();
        }
        let eur = "EUR".parse().unwrap();
        assert_eq!(wallet.balances(now), BTreeMap::from([(eur, 10)]));
        let (left, gone) = wallet.swept(now);
        assert_eq!((left.grants.len(), gone), (2, BTreeMap::from([(eur, 5)])));
        wallet.grants = vec![grant("EUR", 1, 0, None); MOST];
        assert_eq!(
            wallet.given(grant("EUR", 1, 0, None)).unwrap_err().code,
            "too_many_grants"
        );
    }
}
