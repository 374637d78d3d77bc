//! `GET /ledger/v1/journal/{id}`: one entry.

use super::JournalEntry;
use crate::entries::{ALL, EntryItem, JournalEntryId};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The entry.
    #[public]
    id: JournalEntryId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_journal_entry",
        methods::get,
        "/ledger/v1/journal/{id}",
        Access::Right(&rbac::LEDGER_READ),
        Audit::Log,
        "Read a journal entry",
    )
    .uses(&[Uses::Read(Table::Journal), Uses::List(Table::Journal, 1)]);
    type Input = Input;
    type Answer = JournalEntry;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<JournalEntry>, Problem> {
        let id = input.id.to_string();
        let found = cx
            .within_list::<EntryItem>(1, ALL, (id.clone(), id.clone()), 1)
            .await?;
        let entry = found.first().ok_or_else(Problem::not_found)?;
        Ok(Outcome::read(JournalEntry::from(&entry.item)).concerning(&id))
    }
}
