//! The chart of accounts: what kinds there are, and how an account is named.

use serde::{Deserialize, Serialize};
use shared::ids::CustomerId;

/// A kind of account. Debits are positive, credits negative.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, shared::shape::Choice,
)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// What a customer owes on invoices. One for each customer.
    Receivable,
    /// What a payment provider has taken and not paid out yet. One for each connection.
    CashInTransit,
    /// What is in the bank.
    Bank,
    /// What has been sold. One for each product, and `other`.
    Revenue,
    /// What has been billed and not been earned yet. One for each product, and `other`.
    DeferredRevenue,
    /// Tax that has been billed and is owed. One for each jurisdiction.
    TaxPayable,
    /// What a customer has paid and owes nothing for, and what they have been granted. One for each customer.
    CustomerCredit,
    /// What has been given back of payments of invoices and is not covered by a credit note.
    Refunds,
    /// What banks have taken back.
    Chargebacks,
    /// What payment providers have kept. One for each connection.
    Fees,
    /// What will not be paid.
    WriteOffs,
    /// What rounding has left.
    Rounding,
    /// What was there before the ledger, against which it was booked.
    OpeningBalance,
    /// What is not known yet to belong anywhere.
    Suspense,
}

use AccountType::{
    Bank, CashInTransit, Chargebacks, CustomerCredit, DeferredRevenue, Fees, OpeningBalance, Receivable,
    Refunds, Revenue, Rounding, Suspense, TaxPayable, WriteOffs,
};

/// What stands for no product.
const OTHER: &str = "other";
/// Most characters of what an account is of.
const LONGEST: usize = 64;

impl AccountType {
    /// Every one.
    pub const ALL: [Self; 14] = [
        Receivable,
        CashInTransit,
        Bank,
        Revenue,
        DeferredRevenue,
        TaxPayable,
        CustomerCredit,
        Refunds,
        Chargebacks,
        Fees,
        WriteOffs,
        Rounding,
        OpeningBalance,
        Suspense,
    ];

    /// Its name in JSON and in accounts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Receivable => "receivable",
            CashInTransit => "cash_in_transit",
            Bank => "bank",
            Revenue => "revenue",
            DeferredRevenue => "deferred_revenue",
            TaxPayable => "tax_payable",
            CustomerCredit => "customer_credit",
            Refunds => "refunds",
            Chargebacks => "chargebacks",
            Fees => "fees",
            WriteOffs => "write_offs",
            Rounding => "rounding",
            OpeningBalance => "opening_balance",
            Suspense => "suspense",
        }
    }

    /// Whether there is one account for each of something.
    #[must_use]
    pub const fn is_of_something(self) -> bool {
        matches!(
            self,
            Receivable | CashInTransit | Revenue | DeferredRevenue | TaxPayable | CustomerCredit | Fees
        )
    }

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-".contains(&byte)
}

shared::text_type!(
    /// An account: its kind, and of what it is where there is one for each of something.
    Account[81], r"^[a-z_]{4,16}(\.[A-Za-z0-9_-]{1,64})?$", "receivable.cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", |t| {
        let (kind, of) = t.split_once('.').map_or((t, None), |(kind, of)| (kind, Some(of)));
        let kind = AccountType::find(kind).ok_or("is of no kind that there is")?;
        match of {
            Some(of) if !(1..=LONGEST).contains(&of.len()) || !of.bytes().all(is_plain) => Err("is no account"),
            Some(_) if !kind.is_of_something() => Err("is of a kind of which there is one account"),
            None if kind.is_of_something() => Err("does not say of what it is"),
            _ => Ok(t.to_owned()),
        }
    }
);

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Account {
    fn of(kind: AccountType, of: &str) -> Self {
        let plain = |c: char| if c.is_ascii() && is_plain(c as u8) { c } else { '-' };
        let of: String = of.chars().take(LONGEST).map(plain).collect();
        Self(format!("{}.{of}", kind.name()))
    }

    fn only(kind: AccountType) -> Self {
        Self(kind.name().to_owned())
    }

    /// What a customer owes.
    #[must_use]
    pub fn receivable(customer: &CustomerId) -> Self {
        Self::of(Receivable, customer.as_str())
    }
    /// What a customer has with us.
    #[must_use]
    pub fn customer_credit(customer: &CustomerId) -> Self {
        Self::of(CustomerCredit, customer.as_str())
    }
    /// What a provider has taken over a connection.
    #[must_use]
    pub fn cash_in_transit(connection: &str) -> Self {
        Self::of(CashInTransit, connection)
    }
    /// What a provider has kept over a connection.
    #[must_use]
    pub fn fees(connection: &str) -> Self {
        Self::of(Fees, connection)
    }
    /// What has been sold of a product; of none where there is none.
    #[must_use]
    pub fn revenue(product: Option<&str>) -> Self {
        Self::of(Revenue, product.unwrap_or(OTHER))
    }
    /// What has been billed of a product and not been earned; of none where there is none.
    #[must_use]
    pub fn deferred_revenue(product: Option<&str>) -> Self {
        Self::of(DeferredRevenue, product.unwrap_or(OTHER))
    }
    /// Tax that is owed in a jurisdiction: a country (ISO 3166-1), or a part of one (ISO 3166-2).
    #[must_use]
    pub fn tax_payable(jurisdiction: &str) -> Self {
        Self::of(TaxPayable, jurisdiction)
    }
    /// What is in the bank.
    #[must_use]
    pub fn bank() -> Self {
        Self::only(Bank)
    }
    /// What has been given back and is not covered by a credit note.
    #[must_use]
    pub fn refunds() -> Self {
        Self::only(Refunds)
    }
    /// What banks have taken back.
    #[must_use]
    pub fn chargebacks() -> Self {
        Self::only(Chargebacks)
    }
    /// What will not be paid.
    #[must_use]
    pub fn write_offs() -> Self {
        Self::only(WriteOffs)
    }
    /// What rounding has left.
    #[must_use]
    pub fn rounding() -> Self {
        Self::only(Rounding)
    }
    /// What was there before.
    #[must_use]
    pub fn opening_balance() -> Self {
        Self::only(OpeningBalance)
    }
    /// What is not known yet to belong anywhere.
    #[must_use]
    pub fn suspense() -> Self {
        Self::only(Suspense)
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> AccountType {
        let name = self.0.split('.').next().unwrap_or_default();
        AccountType::find(name).unwrap_or(Suspense)
    }

    /// Of what it is, where there is one for each of something.
    #[must_use]
    pub fn of_what(&self) -> Option<&str> {
        self.0.split_once('.').map(|(_, of)| of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::Timestamp;

    #[test]
    fn an_account_says_of_what_it_is_and_no_other_text_is_one() {
        let customer = CustomerId::new(Timestamp::UNIX_EPOCH);
        for account in [
            Account::receivable(&customer),
            Account::customer_credit(&customer),
            Account::cash_in_transit("sandbox"),
            Account::fees("sandbox"),
            Account::revenue(None),
            Account::revenue(Some("prod_1")),
            Account::deferred_revenue(None),
            Account::tax_payable("US-CA"),
            Account::bank(),
            Account::refunds(),
            Account::chargebacks(),
            Account::write_offs(),
            Account::rounding(),
            Account::opening_balance(),
            Account::suspense(),
        ] {
            assert_eq!(Account::parse(account.as_str()), Ok(account.clone()));
            assert_eq!(account.of_what().is_some(), account.kind().is_of_something());
        }
        for bad in [
            "",
            "cash",
            "receivable",
            "bank.x",
            "revenue.",
            "revenue.a.b",
            "revenue.a#b",
            "Bank",
        ] {
            assert!(Account::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            Account::cash_in_transit("a#b.c").as_str(),
            "cash_in_transit.a-b-c"
        );
    }

    #[test]
    fn the_name_is_what_serde_writes() {
        for kind in AccountType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
