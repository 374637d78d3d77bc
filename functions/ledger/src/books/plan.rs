//! Booking entries: pure, from the books as they were to the books as they are.

use super::{
    items::{BalanceItem, HeadItem, MonthItem, MonthTotalItem, NumberItem, Part, PointItem, RowItem, row},
    totals::{Sum, add},
};
use crate::{
    chart::Account,
    entries::{EntryItem, EntryLine},
    months::Month,
};
use aws_lc_rs::digest;
use shared::{money::Currency, problem::Problem, time::Timestamp};
use std::collections::BTreeMap;

/// Most lines of one transaction: each writes a line of a statement, a balance and a month.
pub const LINES: usize = 24;

/// An account in a currency.
pub type AccountKey = (Account, Currency);
/// What it moved in a month.
pub type MonthKey = (Account, Currency, Month);

/// The books, as far as a batch touches them.
#[derive(Clone, Default)]
pub struct State {
    /// The head.
    pub head: HeadItem,
    /// Balances.
    pub balances: BTreeMap<AccountKey, BalanceItem>,
    /// What accounts moved in months.
    pub months: BTreeMap<MonthKey, MonthItem>,
    /// Sums of months.
    pub totals: BTreeMap<Month, MonthTotalItem>,
}

/// What is new beside the books as they are.
#[derive(Default)]
pub struct Booked {
    /// Numbers.
    pub numbers: Vec<NumberItem>,
    /// Lines of statements.
    pub rows: Vec<RowItem>,
    /// The point, where at least one entry is in whole.
    pub point: Option<PointItem>,
}

/// What of these entries goes into one transaction: whole ones, or a part of the first.
#[must_use]
pub fn batch<'e>(entries: &'e [EntryItem], part: Option<&Part>) -> Vec<(&'e EntryItem, &'e [EntryLine])> {
    let mut lines = 0;
    let mut out = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let done = part
            .filter(|_| at == 0)
            .map_or(0, |part| usize::try_from(part.done).unwrap_or(0));
        let rest = entry.lines().get(done..).unwrap_or_default();
        if lines + rest.len() > LINES {
            if out.is_empty() {
                out.push((entry, rest.get(..LINES).unwrap_or(rest)));
            }
            break;
        }
        lines += rest.len();
        out.push((entry, rest));
    }
    out
}

/// The accounts and months that a batch touches.
#[must_use]
pub fn touched(batch: &[(&EntryItem, &[EntryLine])]) -> (Vec<AccountKey>, Vec<MonthKey>) {
    let lines = || {
        batch
            .iter()
            .flat_map(|(entry, lines)| lines.iter().map(move |line| (entry, line)))
    };
    let mut accounts: Vec<AccountKey> = lines().map(|(_, l)| (l.account.clone(), l.currency)).collect();
    let mut months: Vec<MonthKey> = lines()
        .map(|(e, l)| (l.account.clone(), l.currency, e.month()))
        .collect();
    accounts.sort();
    accounts.dedup();
    months.sort();
    months.dedup();
    (accounts, months)
}

/// The digest of all entries up to one.
fn chained(chain: &str, number: u64, entry: &str) -> String {
    let digest = digest::digest(
        &digest::SHA256,
        format!("{chain}\n{number}\n{entry}\n").as_bytes(),
    );
    digest
        .as_ref()
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Books a batch.
///
/// # Errors
/// 500 when a sum does not fit 64 bits.
pub fn book(
    state: &mut State,
    batch: &[(&EntryItem, &[EntryLine])],
    now: Timestamp,
) -> Result<Booked, Problem> {
    let mut booked = Booked::default();
    let mut whole = Vec::new();
    let generation = state.head.generation;
    for (entry, lines) in batch {
        let number = state.head.number.saturating_add(1);
        let id = entry.entry().as_str();
        let done = state.head.part.take().map_or(0, |part| part.done);
        if done == 0 {
            booked.numbers.push(NumberItem {
                id: NumberItem::id_of(generation, id),
                number,
            });
        }
        for line in *lines {
            booked.rows.push(state.line(number, entry, line)?);
        }
        let done = done.saturating_add(lines.len() as u64);
        if done < entry.lines().len() as u64 {
            state.head.part = Some(Part {
                source: entry.source().to_owned(),
                effect: entry.effect().to_owned(),
                done,
            });
            break;
        }
        state.whole(number, entry)?;
        whole.push(id.to_owned());
    }
    booked.point = (!whole.is_empty()).then(|| PointItem {
        id: generation.to_string(),
        number: state.head.number,
        at: now,
        chain: state.head.chain.clone(),
        entries: whole,
        totals: state.head.totals.clone(),
    });
    Ok(booked)
}

impl State {
    /// One line: the account's balance, what it moved in the month, and a line of its statement.
    fn line(&mut self, number: u64, entry: &EntryItem, line: &EntryLine) -> Result<RowItem, Problem> {
        let (generation, account, currency) = (self.head.generation, line.account.clone(), line.currency);
        let id = BalanceItem::id_of(generation, &account, currency);
        let balance = self
            .balances
            .entry((account.clone(), currency))
            .or_insert_with(|| BalanceItem {
                id: id.clone(),
                generation,
                account: account.clone(),
                currency,
                debit: 0,
                credit: 0,
                number,
                at: entry.at(),
            });
        let sum = balance.sum().with(line.amount)?;
        (balance.debit, balance.credit, balance.number, balance.at) =
            (sum.debit, sum.credit, number, entry.at());
        let month = entry.month();
        let moved = self
            .months
            .entry((account.clone(), currency, month.clone()))
            .or_insert_with(|| MonthItem {
                id: id.clone(),
                generation,
                month,
                account,
                currency,
                debit: 0,
                credit: 0,
            });
        let in_month: Sum = moved.sum().with(line.amount)?;
        (moved.debit, moved.credit) = (in_month.debit, in_month.credit);
        Ok(row(id, number, entry, line.amount, sum.balance()))
    }

    /// An entry of which every line is in.
    fn whole(&mut self, number: u64, entry: &EntryItem) -> Result<(), Problem> {
        let head = &mut self.head;
        add(&mut head.totals, entry.lines())?;
        head.number = number;
        head.chain = chained(&head.chain, number, entry.entry().as_str());
        if entry.entry().as_str() > head.last.as_str() {
            head.last = entry.entry().to_string();
        }
        let (id, month) = (head.generation.to_string(), entry.month());
        let totals = self
            .totals
            .entry(month.clone())
            .or_insert_with(|| MonthTotalItem {
                id,
                month,
                totals: Vec::new(),
            });
        add(&mut totals.totals, entry.lines())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, SourceKind};
    use proptest::prelude::*;
    use shared::ids::TenantId;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn accounts() -> Vec<Account> {
        (0..40)
            .map(|n| Account::revenue(Some(&format!("prod_{n}"))))
            .collect()
    }

    /// An entry of pairs, each from the first account of all to another.
    fn entry(n: usize, month: u32, pairs: &[(usize, usize, i64)]) -> Option<EntryItem> {
        let currencies: [Currency; 2] = ["EUR", "JPY"].map(|code| code.parse().unwrap());
        let accounts = accounts();
        let at = format!("2026-{month:02}-10T00:00:00Z").parse().unwrap();
        let draft = Draft::of(SourceKind::Payment, &format!("pay_{n}"), "captured").dated(at);
        let draft = pairs.iter().fold(draft, |draft, (to, currency, amount)| {
            draft.transfer(&Account::bank(), &accounts[*to], currencies[*currency], *amount)
        });
        draft.finish(&TenantId::platform(), NOW).unwrap()
    }

    /// Books all of them, as a worker would, one transaction after the other.
    fn all(entries: &[EntryItem]) -> (State, Vec<RowItem>, usize) {
        let (mut state, mut rows, mut transactions, mut rest) = (State::default(), Vec::new(), 0, entries);
        while !rest.is_empty() {
            let batch = batch(rest, state.head.part.as_ref());
            let before = state.head.number;
            let booked = book(&mut state, &batch, NOW).unwrap();
            assert!(booked.rows.len() <= LINES);
            rest = &rest[usize::try_from(state.head.number - before).unwrap()..];
            rows.extend(booked.rows);
            transactions += 1;
        }
        (state, rows, transactions)
    }

    proptest! {
        #[test]
        fn whatever_is_posted_in_whatever_order_the_books_balance_and_say_what_a_model_says(
            made in proptest::collection::vec(
                (1u32..4, proptest::collection::vec((0..40usize, 0..2usize, -1_000_000i64..1_000_000), 0..40)), 0..30),
            turn in 0..30usize,
        ) {
            let mut entries: Vec<EntryItem> = made
                .iter()
                .enumerate()
                .filter_map(|(n, (month, pairs))| entry(n, *month, pairs))
                .collect();
            let model = |keep: &dyn Fn(&EntryItem, &EntryLine) -> bool| -> i64 {
                entries.iter().flat_map(|e| e.lines().iter().map(move |l| (e, l)))
                    .filter(|(e, l)| keep(e, l)).map(|(_, l)| l.amount).sum()
            };
            let (state, rows, _) = all(&entries);
            prop_assert_eq!(state.head.number, entries.len() as u64);
            prop_assert_eq!(&state.head.part, &None);
            for currency in ["EUR", "JPY"] {
                let currency: Currency = currency.parse().unwrap();
                let of = |t: &&super::super::totals::Total| t.currency == currency;
                prop_assert_eq!(state.head.totals.iter().filter(of).map(|t| t.sum().balance()).sum::<i64>(), 0);
                for total in state.totals.values() {
                    prop_assert_eq!(total.totals.iter().filter(of).map(|t| t.sum().balance()).sum::<i64>(), 0);
                }
            }
            for ((account, currency), balance) in &state.balances {
                let sum = model(&|_, l| l.account == *account && l.currency == *currency);
                prop_assert_eq!(balance.sum().balance(), sum);
                let last = rows.iter().rfind(|row| row.id == balance.id);
                prop_assert_eq!(last.map(|row| row.balance), Some(sum));
            }
            for ((account, currency, month), moved) in &state.months {
                let sum = model(&|e, l| l.account == *account && l.currency == *currency && e.month() == *month);
                prop_assert_eq!(moved.sum().balance(), sum);
            }
            let turn = turn.min(entries.len());
            entries.rotate_left(turn);
            let (turned, _, _) = all(&entries);
            prop_assert!(turned.head.totals == state.head.totals, "the order does not matter");
            prop_assert!(turned.balances.keys().eq(state.balances.keys()));
        }
    }

    #[test]
    fn an_entry_of_many_lines_is_booked_in_parts_and_counted_once_it_is_whole() {
        let pairs: Vec<(usize, usize, i64)> = (0..40).map(|n| (n, 0, 1)).collect();
        let (large, small) = (entry(1, 1, &pairs).unwrap(), entry(2, 1, &pairs[..1]).unwrap());
        assert_eq!(large.lines().len(), 41);
        let (state, rows, transactions) = all(&[large.clone(), small]);
        assert_eq!((state.head.number, rows.len(), transactions), (2, 43, 2));
        let mut first = State::default();
        let entries = [large];
        let booked = book(&mut first, &batch(&entries, None), NOW).unwrap();
        assert!(booked.point.is_none() && first.head.number == 0 && first.head.totals.is_empty());
        assert_eq!(first.head.part.unwrap().done, 24);
    }
}
