//! Booking what is posted: read, plan, one transaction, and again after a lost race.

use super::{
    items::{BalanceItem, HeadItem, MonthItem, MonthTotalItem, NumberItem},
    plan::{Booked, State, batch, book, touched},
};
use crate::entries::EntryItem;
use shared::{
    problem::Problem,
    road::Context,
    store::{Changes, Key, Stored},
};
use std::{collections::BTreeMap, time::Duration};

/// Rounds of reading again after lost races.
const ROUNDS: u32 = 10;
/// Entries of which it is seen at once whether they are in the books.
const SEEN: usize = 90;

/// The books as they were read.
#[derive(Default)]
struct Read {
    head: Option<Stored<HeadItem>>,
    balances: BTreeMap<String, Stored<BalanceItem>>,
    months: BTreeMap<(String, String), Stored<MonthItem>>,
    totals: BTreeMap<String, Stored<MonthTotalItem>>,
}

/// The head that is to be written on: a new one where there is none, and where another region has made the books. What that one
/// wrote last may have arrived in part, so that the books are made anew from the journal.
#[must_use]
pub fn current(cx: &Context, head: Option<&Stored<HeadItem>>) -> HeadItem {
    let region = &cx.app().config.region;
    match head {
        Some(head) if head.region == *region => head.item.clone(),
        _ => HeadItem {
            generation: head.map_or(0, |head| head.generation.saturating_add(1)),
            region: region.clone(),
            ..HeadItem::default()
        },
    }
}

/// Books those of these entries that are not in the books yet, in their order. Gives how many.
///
/// # Errors
/// 503 when the store does not answer, or when the race was lost too often: come again.
pub async fn fold(cx: &Context, entries: Vec<EntryItem>) -> Result<usize, Problem> {
    let mut folded = 0;
    for some in entries.chunks(SEEN) {
        let mut lost = 0;
        loop {
            let (head, rest) = unbooked(cx, some).await?;
            if rest.is_empty() {
                break;
            }
            match one(cx, head, rest).await {
                Ok(n) => {
                    folded += n;
                    lost = 0;
                }
                Err(Some(problem)) => return Err(problem),
                Err(None) if lost < ROUNDS => {
                    lost += 1;
                    let most = 20u64 << lost.min(4);
                    let pause = shared::random::below(most).saturating_add(1);
                    cx.app().clock.sleep(Duration::from_millis(pause)).await;
                }
                Err(None) => return Err(Problem::unavailable("the books were contended for too long")),
            }
        }
    }
    Ok(folded)
}

/// The head, and which of these entries are not in the books. What is in them in part comes first.
async fn unbooked(
    cx: &Context,
    entries: &[EntryItem],
) -> Result<(Option<Stored<HeadItem>>, Vec<EntryItem>), Problem> {
    let head = cx.find::<HeadItem>(HeadItem::ID).await?;
    let books = current(cx, head.as_ref());
    let number = |entry: &EntryItem| {
        cx.key::<NumberItem>(&NumberItem::id_of(books.generation, entry.entry().as_str()))
    };
    let keys: Vec<Key> = entries.iter().map(number).collect();
    let mut known = cx.batch(&keys).await?;
    let mut rest = Vec::new();
    if let Some(part) = &books.part {
        let entry = cx.find_sub::<EntryItem>(&part.source, &part.effect).await?;
        let gone = || Problem::internal("an entry that is in the books in part is gone");
        rest.push(entry.ok_or_else(gone)?.item);
    }
    for (entry, key) in entries.iter().zip(&keys) {
        if known.take::<NumberItem>(key)?.is_none() {
            rest.push(entry.clone());
        }
    }
    Ok((head, rest))
}

/// One transaction. `Err(None)` is a lost race.
async fn one(
    cx: &Context,
    head: Option<Stored<HeadItem>>,
    entries: Vec<EntryItem>,
) -> Result<usize, Option<Problem>> {
    let books = current(cx, head.as_ref());
    let batch = batch(&entries, books.part.as_ref());
    let (accounts, months) = touched(&batch);
    let generation = books.generation;
    let mut read = Read {
        head,
        ..Read::default()
    };
    let mut state = State {
        head: books,
        ..State::default()
    };
    let account_ids: Vec<(String, _)> = accounts
        .iter()
        .map(|key| (BalanceItem::id_of(generation, &key.0, key.1), key))
        .collect();
    let month_ids: Vec<(String, _)> = months
        .iter()
        .map(|key| (BalanceItem::id_of(generation, &key.0, key.1), key))
        .collect();
    let generation = generation.to_string();
    let balance_key = |id: &str| cx.key::<BalanceItem>(id);
    let month_key = |id: &str, month: &str| Key::sub::<MonthItem>(cx.tenant(), id, month);
    let total_key = |month: &str| Key::sub::<MonthTotalItem>(cx.tenant(), &generation, month);
    let mut totals: Vec<&str> = months.iter().map(|(_, _, month)| month.as_str()).collect();
    totals.sort_unstable();
    totals.dedup();
    let keys: Vec<Key> = account_ids
        .iter()
        .map(|(id, _)| balance_key(id))
        .chain(month_ids.iter().map(|(id, key)| month_key(id, key.2.as_str())))
        .chain(totals.iter().map(|month| total_key(month)))
        .collect();
    let mut found = cx.batch(&keys).await?;
    for (id, key) in &account_ids {
        if let Some(item) = found.take::<BalanceItem>(&balance_key(id))? {
            state.balances.insert((*key).clone(), item.item.clone());
            read.balances.insert(id.clone(), item);
        }
    }
    for (id, key) in &month_ids {
        if let Some(item) = found.take::<MonthItem>(&month_key(id, key.2.as_str()))? {
            state.months.insert((*key).clone(), item.item.clone());
            read.months.insert((id.clone(), key.2.to_string()), item);
        }
    }
    for month in totals {
        if let Some(item) = found.take::<MonthTotalItem>(&total_key(month))? {
            state.totals.insert(item.month.clone(), item.item.clone());
            read.totals.insert(month.to_owned(), item);
        }
    }
    let before = state.head.number;
    let booked = book(&mut state, &batch, cx.app().clock.now())?;
    let changes = changes(cx, &read, &state, booked)?;
    cx.apply(changes).await?;
    Ok(usize::try_from(state.head.number - before).unwrap_or(0))
}

fn changes(cx: &Context, read: &Read, state: &State, booked: Booked) -> Result<Changes, Problem> {
    let mut changes = Changes::new().write(match &read.head {
        Some(old) => cx.replace(old, &state.head)?,
        None => cx.create(&state.head)?,
    });
    for number in &booked.numbers {
        changes = changes.write(cx.create(number)?);
    }
    for row in &booked.rows {
        changes = changes.write(cx.create(row)?);
    }
    for balance in state.balances.values() {
        changes = changes.write(match read.balances.get(&balance.id) {
            Some(old) => cx.replace(old, balance)?,
            None => cx.create(balance)?,
        });
    }
    for moved in state.months.values() {
        changes = changes.write(
            match read.months.get(&(moved.id.clone(), moved.month.to_string())) {
                Some(old) => cx.replace(old, moved)?,
                None => cx.create(moved)?,
            },
        );
    }
    for total in state.totals.values() {
        match read.totals.get(total.month.as_str()) {
            Some(old) if old.item == *total => {}
            Some(old) => changes = changes.write(cx.replace(old, total)?),
            None => changes = changes.write(cx.create(total)?),
        }
    }
    if let Some(point) = &booked.point {
        changes = changes.write(cx.create(point)?);
    }
    Ok(changes)
}

/// Notes up to where everything is in the books. A lost race leaves it to the next run.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn swept(cx: &Context, below: String) -> Result<(), Problem> {
    let head = cx.find::<HeadItem>(HeadItem::ID).await?;
    let books = current(cx, head.as_ref());
    if books.swept >= below && books.whole {
        return Ok(());
    }
    let next = HeadItem {
        swept: below.max(books.swept.clone()),
        whole: true,
        ..books
    };
    let write = match &head {
        Some(old) => cx.replace(old, &next)?,
        None => cx.create(&next)?,
    };
    match cx.apply(Changes::new().write(write)).await {
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}
