//! What credit posts.

use super::Grant;
use ledger::{Account, Draft, SourceKind};
use shared::{ids::CustomerId, money::Currency};
use std::collections::BTreeMap;

/// What credit that nobody paid for is taken from, and what is left of it goes back to.
const CREDITS: &str = "credits";

/// Credit was given: what was paid for it is to be matched, what nobody paid for lessens what is sold.
#[must_use]
pub fn granted(customer: &CustomerId, grant: &Grant) -> Draft {
    let wallet = Account::customer_credit(customer);
    let free = grant.amount - grant.cost.min(grant.amount);
    Draft::of(SourceKind::Wallet, grant.id.as_str(), "granted")
        .transfer(&Account::suspense(), &wallet, grant.currency, grant.amount - free)
        .transfer(&Account::revenue(Some(CREDITS)), &wallet, grant.currency, free)
}

/// Credit has run out.
#[must_use]
pub fn expired(customer: &CustomerId, gone: &BTreeMap<Currency, i64>, revision: u64) -> Draft {
    let wallet = Account::customer_credit(customer);
    let draft = Draft::of(
        SourceKind::Wallet,
        customer.as_str(),
        &format!("expired#{revision}"),
    );
    gone.iter().fold(draft, |draft, (currency, amount)| {
        draft.transfer(&wallet, &Account::revenue(Some(CREDITS)), *currency, *amount)
    })
}
