//! `GET /ledger/v1/accounts`: the chart of accounts with their balances.

use super::AccountBalance;
use crate::{
    books::{
        items::{BalanceItem, HeadItem},
        point::Point,
    },
    chart::AccountType,
};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::{Context, Page},
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Only accounts of this kind.
    #[public]
    r#type: Option<AccountType>,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "AccountBalanceList")]
pub struct Answer {
    /// The accounts, each in each of its currencies.
    #[nested]
    data: Vec<AccountBalance>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
    /// What is in the balances.
    #[nested]
    point: Point,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_accounts",
        methods::get,
        "/ledger/v1/accounts",
        Access::Right(&rbac::LEDGER_READ),
        Audit::Log,
        "List the chart of accounts with their balances",
    )
    .uses(&[
        Uses::Read(Table::Ledger),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Ledger, 1),
        Uses::List(Table::Ledger, 2),
    ]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<HeadItem>(at.tenant, HeadItem::ID)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let head = cx.find::<HeadItem>(HeadItem::ID).await?.map(|head| head.item);
        let head = head.unwrap_or_default();
        let page = Page {
            descending: false,
            ..page(input.limit, input.cursor)
        };
        let (index, list) = match input.r#type {
            Some(kind) => (2, BalanceItem::of_type(head.generation, kind)),
            None => (1, BalanceItem::all(head.generation)),
        };
        let (items, next_cursor) = cx.list::<BalanceItem>(index, &list, &page).await?;
        Ok(Outcome::read(Answer {
            data: items
                .iter()
                .map(|item| AccountBalance::from(&item.item))
                .collect(),
            next_cursor,
            point: Point::of(&head),
        }))
    }
}
