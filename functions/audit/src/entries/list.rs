//! `GET /audit/v1/entries`: a page of entries, newest first.

use super::{Instant, Summary, made_between};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    audit::EntryItem,
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::{Context, Page},
    store::Table,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
    /// Entries made at this time or later.
    #[public]
    from: Option<Instant>,
    /// Entries made at this time or earlier.
    #[public]
    to: Option<Instant>,
}

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The entries.
    #[nested]
    data: Vec<Summary>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_entries",
        methods::get,
        "/audit/v1/entries",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Sensitive,
        "List audit entries, newest first",
    )
    .uses(&[Uses::Read(Table::Audit), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let between = made_between(input.from.as_ref(), input.to.as_ref())?;
        let page = Page {
            between,
            ..page(input.limit, input.cursor)
        };
        let (items, next_cursor) = cx.list::<EntryItem>(1, "entries", &page).await?;
        let data = items
            .into_iter()
            .map(|e| Summary::of(e.item))
            .collect::<Result<_, _>>()?;
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}
