//! The items of the books. Their ids begin with a generation: books that are made anew, after a region is lost, are others.

use super::totals::{Sum, Total};
use crate::{
    chart::{Account, AccountType},
    entries::{EntryItem, SourceKind},
    months::Month,
};
use serde::{Deserialize, Serialize};
use shared::{
    money::Currency,
    processing::{Basis, Processing, Reach, Subjects},
    record::Record,
    store::{Item, Listing, Table},
    time::Timestamp,
};

const KEPT: Processing = Processing::new(
    "Keep the books",
    Subjects::Customers,
    Basis::LegalObligation,
    "As the journal, from which it is made",
    Reach::Nothing,
);

/// A number as a sort key.
#[must_use]
pub fn padded(number: u64) -> String {
    format!("{number:020}")
}

/// An entry of more lines than go into one transaction, part of which is in the books.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct Part {
    /// What it comes from.
    #[public]
    pub source: String,
    /// What became of that.
    #[public]
    pub effect: String,
    /// Lines that are in the books.
    #[public]
    pub done: u64,
}

/// How far the books are. Replaced on its revision only: that makes one writer of many workers.
#[derive(Record, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct HeadItem {
    /// Which books these are: how often they have been made anew.
    #[public]
    pub generation: u64,
    /// The region that makes them.
    #[public]
    pub region: String,
    /// Entries in them.
    #[public]
    pub number: u64,
    /// The highest id of an entry in them.
    #[public]
    pub last: String,
    /// A digest of the ids of all entries in their order, each of which commits to its entry.
    #[public]
    pub chain: String,
    /// The sums of all entries.
    #[nested]
    pub totals: Vec<Total>,
    /// What is in them in part.
    #[nested]
    pub part: Option<Part>,
    /// Everything below this id has been seen in them.
    #[public]
    pub swept: String,
    /// Whether they have been complete once.
    #[public]
    pub whole: bool,
}

impl HeadItem {
    /// The id of a tenant's only head.
    pub const ID: &'static str = "-";
}

impl Item for HeadItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "books-head";
    fn id(&self) -> &str {
        Self::ID
    }
}

/// The number of an entry. Created once, in the transaction that books it: no entry is booked twice.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct NumberItem {
    /// `<generation>#<entry>`.
    #[public]
    pub id: String,
    /// Its number, from 1.
    #[public]
    pub number: u64,
}

impl NumberItem {
    /// The id of an entry's number.
    #[must_use]
    pub fn id_of(generation: u64, entry: &str) -> String {
        format!("{generation}#{entry}")
    }
}

impl Item for NumberItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "entry-number";
    fn id(&self) -> &str {
        &self.id
    }
}

/// An account in one currency.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct BalanceItem {
    /// `<generation>#<account>#<currency>`.
    #[public]
    pub id: String,
    /// Which books it stands in.
    #[public]
    pub generation: u64,
    /// The account.
    #[public]
    pub account: Account,
    /// The currency.
    #[internal]
    pub currency: Currency,
    /// Debits, in minor units.
    #[internal]
    pub debit: i64,
    /// Credits, in minor units.
    #[internal]
    pub credit: i64,
    /// The number of the last entry on it.
    #[public]
    pub number: u64,
    /// When that was posted.
    #[public]
    pub at: Timestamp,
}

impl BalanceItem {
    /// The id of an account in a currency, which its statement has too.
    #[must_use]
    pub fn id_of(generation: u64, account: &Account, currency: Currency) -> String {
        format!("{generation}#{}#{currency}", account.as_str())
    }
    /// The list of every account, in the first index.
    #[must_use]
    pub fn all(generation: u64) -> String {
        format!("accounts#{generation}")
    }
    /// The list of the accounts of a kind, in the second index.
    #[must_use]
    pub fn of_type(generation: u64, kind: AccountType) -> String {
        format!("accounts#{generation}#{}", kind.name())
    }
    /// Its sums.
    #[must_use]
    pub const fn sum(&self) -> Sum {
        Sum {
            debit: self.debit,
            credit: self.credit,
        }
    }
}

impl Item for BalanceItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "account";
    const PROCESSING: Option<Processing> = Some(KEPT);
    fn id(&self) -> &str {
        &self.id
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::all(self.generation),
            sort: self.id.clone(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::of_type(self.generation, self.account.kind()),
            sort: self.id.clone(),
        })
    }
}

/// A line of a statement: what an entry did to an account.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct RowItem {
    /// As the account's.
    #[public]
    pub id: String,
    /// The number of the entry.
    #[public]
    pub number: u64,
    /// The entry.
    #[public]
    pub entry: String,
    /// When it was posted.
    #[public]
    pub at: Timestamp,
    /// What it comes from.
    #[public]
    pub source_kind: SourceKind,
    /// The id of that.
    #[public]
    pub source: String,
    /// What became of that.
    #[public]
    pub effect: String,
    /// Minor units: a debit is positive, a credit negative.
    #[internal]
    pub amount: i64,
    /// The account's balance from then on.
    #[internal]
    pub balance: i64,
}

impl Item for RowItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "statement-line";
    const PROCESSING: Option<Processing> = Some(KEPT);
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        padded(self.number)
    }
}

/// What an account moved in a month, by when its entries were posted.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct MonthItem {
    /// As the account's.
    #[public]
    pub id: String,
    /// Which books it stands in.
    #[public]
    pub generation: u64,
    /// The month.
    #[public]
    pub month: Month,
    /// The account.
    #[public]
    pub account: Account,
    /// The currency.
    #[internal]
    pub currency: Currency,
    /// Debits, in minor units.
    #[internal]
    pub debit: i64,
    /// Credits, in minor units.
    #[internal]
    pub credit: i64,
}

impl MonthItem {
    /// The list of what the accounts of a kind moved in a month, in the first index.
    #[must_use]
    pub fn of(generation: u64, month: &Month, kind: AccountType) -> String {
        format!("moved#{generation}#{month}#{}", kind.name())
    }
    /// Its sums.
    #[must_use]
    pub const fn sum(&self) -> Sum {
        Sum {
            debit: self.debit,
            credit: self.credit,
        }
    }
}

impl Item for MonthItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "account-month";
    const PROCESSING: Option<Processing> = Some(KEPT);
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        self.month.to_string()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::of(self.generation, &self.month, self.account.kind()),
            sort: self.id.clone(),
        })
    }
}

/// The sums of a month, by when its entries were posted.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct MonthTotalItem {
    /// The generation.
    #[public]
    pub id: String,
    /// The month.
    #[public]
    pub month: Month,
    /// The sums.
    #[nested]
    pub totals: Vec<Total>,
}

impl Item for MonthTotalItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "month-total";
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        self.month.to_string()
    }
}

/// A point: how the books stood when so many entries were in them. It never changes.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct PointItem {
    /// The generation.
    #[public]
    pub id: String,
    /// Entries in them.
    #[public]
    pub number: u64,
    /// Since when they stood so.
    #[public]
    pub at: Timestamp,
    /// As the head's.
    #[public]
    pub chain: String,
    /// The entries that came with it, in their order.
    #[public]
    pub entries: Vec<String>,
    /// The sums of all entries up to it.
    #[nested]
    pub totals: Vec<Total>,
}

impl PointItem {
    /// Where a point of a moment stands among the others.
    #[must_use]
    pub fn sort_of(at: Timestamp, number: u64) -> String {
        format!("{}#{}", shared::time::rfc3339(at), padded(number))
    }
}

impl Item for PointItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = "books-point";
    fn id(&self) -> &str {
        &self.id
    }
    fn sort(&self) -> String {
        Self::sort_of(self.at, self.number)
    }
}

/// What an entry is booked as.
#[must_use]
pub fn row(id: String, number: u64, entry: &EntryItem, amount: i64, balance: i64) -> RowItem {
    RowItem {
        id,
        number,
        entry: entry.entry().to_string(),
        at: entry.at(),
        source_kind: entry.source_kind(),
        source: entry.source().to_owned(),
        effect: entry.effect().to_owned(),
        amount,
        balance,
    }
}
