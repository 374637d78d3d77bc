//! `GET /ledger/v1/journal`: a page of entries, newest first; all by time, or those of one source.

use super::JournalEntry;
use crate::entries::{ALL, EntryItem};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::bounds,
    lists::Given,
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::{Context, Page},
    store::Table,
    time::Instant,
};

shared::text_type!(
    /// The id of what an entry comes from.
    Source called "JournalSourceId", "^[a-z]{2,5}_[0-9A-HJKMNP-TV-Z]{26}$", "inv_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", |t| {
        let (prefix, _) = t.split_once('_').ok_or("is not an id")?;
        let known = (2..=5).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_lowercase());
        if known { shared::ids::check(prefix, t) } else { Err("is not an id") }
    }
);

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Entries posted at this time or later.
    #[public]
    from: Option<Instant>,
    /// Entries posted at this time or earlier.
    #[public]
    to: Option<Instant>,
    /// Only those of this invoice, payment, refund or whatever else; not together with a time.
    #[public]
    source: Option<Given<Source>>,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "JournalEntryList")]
pub struct Answer {
    /// The entries.
    #[nested]
    data: Vec<JournalEntry>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_journal_entries",
        methods::get,
        "/ledger/v1/journal",
        Access::Right(&rbac::LEDGER_READ),
        Audit::Log,
        "List journal entries, newest first",
    )
    .uses(&[
        Uses::Read(Table::Journal),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Journal, 1),
        Uses::Below(Table::Journal),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let between = between(input.from.as_ref(), input.to.as_ref())?;
        if input.source.is_some() && between.is_some() {
            return Err(Problem::invalid("/source", "does not go with a time"));
        }
        let page = Page {
            between,
            ..page(input.limit, input.cursor)
        };
        let (items, next_cursor) = match &input.source {
            Some(source) => cx.list_below::<EntryItem>(source.0.as_str(), &page).await?,
            None => cx.list::<EntryItem>(1, ALL, &page).await?,
        };
        let data = items.iter().map(|item| JournalEntry::from(&item.item)).collect();
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}

/// The ids of what was posted between two times.
fn between(from: Option<&Instant>, to: Option<&Instant>) -> Result<Option<(String, String)>, Problem> {
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let millisecond = |t: &Instant| t.timestamp().as_millisecond();
    let (first, last) = (from.map_or(0, millisecond), to.map_or(i64::MAX, millisecond));
    if last < first {
        return Err(Problem::invalid("/to", "is before `from`"));
    }
    Ok(Some((bounds("jre", first).0, bounds("jre", last).1)))
}
