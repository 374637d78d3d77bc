//! `GET /ledger/v1/accounts/{account}/statement`: what entries did to an account, newest first, each with the balance from then on.

use crate::{
    books::{
        items::{BalanceItem, HeadItem, RowItem},
        point::Point,
    },
    chart::Account,
    entries::{JournalEntryId, SourceKind},
};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    lists::Given,
    money::Currency,
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The account.
    #[public]
    account: Account,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Given<Currency>,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What an entry did to the account.
#[derive(Record, Serialize)]
pub struct StatementLine {
    /// The entry.
    #[public]
    id: JournalEntryId,
    /// Its number in the books.
    #[public]
    number: u64,
    /// When it was posted (RFC 3339 UTC).
    #[public]
    at: Instant,
    /// What it comes from.
    #[public]
    source_type: SourceKind,
    /// The id of that.
    #[public]
    source: String,
    /// Minor units: a debit is positive, a credit negative.
    #[internal]
    amount: i64,
    /// The account's balance from then on.
    #[internal]
    balance: i64,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "AccountStatement")]
pub struct Answer {
    /// The lines, newest first.
    #[nested]
    data: Vec<StatementLine>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
    /// What is in the statement.
    #[nested]
    point: Point,
}

/// The endpoint.
#[derive(Debug)]
pub struct Statement;

impl Endpoint for Statement {
    const DECLARATION: Declaration = Declaration::new(
        "read_account_statement",
        methods::get,
        "/ledger/v1/accounts/{account}/statement",
        Access::Right(&rbac::LEDGER_READ),
        Audit::Log,
        "Read an account's entries with its running balance, newest first",
    )
    .uses(&[
        Uses::Read(Table::Ledger),
        Uses::Key(Purpose::Secret),
        Uses::Below(Table::Ledger),
    ]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<HeadItem>(at.tenant, HeadItem::ID)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let head = cx.find::<HeadItem>(HeadItem::ID).await?.map(|head| head.item);
        let head = head.unwrap_or_default();
        let id = BalanceItem::id_of(head.generation, &input.account, input.currency.0);
        let page = page(input.limit, input.cursor);
        let (rows, next_cursor) = cx.list_below::<RowItem>(&id, &page).await?;
        let line = |row: &RowItem| {
            Ok(StatementLine {
                id: JournalEntryId::parse(&row.entry).map_err(Problem::internal)?,
                number: row.number,
                at: Instant::from(row.at),
                source_type: row.source_kind,
                source: row.source.clone(),
                amount: row.amount,
                balance: row.balance,
            })
        };
        let data = rows
            .iter()
            .map(|row| line(&row.item))
            .collect::<Result<_, Problem>>()?;
        let answer = Answer {
            data,
            next_cursor,
            point: Point::of(&head),
        };
        Ok(Outcome::read(answer).concerning(input.account.as_str()))
    }
}
