//! Accounts as they are answered, each in one currency.

pub mod list;
pub mod statement;

use crate::{
    books::items::BalanceItem,
    chart::{Account, AccountType},
};
use serde::Serialize;
use shared::{money::Currency, record::Record, time::Instant};

/// An account in one currency, with its balance.
#[derive(Record, Serialize)]
pub struct AccountBalance {
    /// The account.
    #[public]
    pub id: Account,
    /// Its kind.
    #[public]
    pub r#type: AccountType,
    /// Of what it is, where there is one for each of something: a customer, a connection, a product, a jurisdiction.
    #[public]
    pub of: Option<String>,
    /// The currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// All that was debited, in minor units.
    #[internal]
    pub debit: i64,
    /// All that was credited.
    #[internal]
    pub credit: i64,
    /// Debits less credits.
    #[internal]
    pub balance: i64,
    /// When the last entry on it was posted (RFC 3339 UTC).
    #[public]
    pub at: Instant,
}

impl From<&BalanceItem> for AccountBalance {
    fn from(item: &BalanceItem) -> Self {
        Self {
            id: item.account.clone(),
            r#type: item.account.kind(),
            of: item.account.of_what().map(str::to_owned),
            currency: item.currency,
            debit: item.debit,
            credit: item.credit,
            balance: item.sum().balance(),
            at: Instant::from(item.at),
        }
    }
}
