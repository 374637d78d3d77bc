//! `GET /ledger/v1/reports/{report}`: revenue by product, deferred revenue by product, tax by jurisdiction, each of a month. The sums
//! are those of the month in the trial balance.

use crate::{
    books::{
        items::{HeadItem, MonthItem},
        point::Point,
    },
    chart::AccountType,
    months::Month,
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    lists::Given,
    money::Currency,
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::{Context, Page},
    store::{Key, Table},
};

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "LedgerReport")]
pub enum Report {
    /// What has been sold, by product.
    Revenue,
    /// What has been billed and not been earned, by product.
    DeferredRevenue,
    /// Tax that has been billed, by jurisdiction.
    Tax,
    /// What payment providers have kept, by connection.
    Fees,
}

impl Report {
    const fn of(self) -> AccountType {
        match self {
            Self::Revenue => AccountType::Revenue,
            Self::DeferredRevenue => AccountType::DeferredRevenue,
            Self::Tax => AccountType::TaxPayable,
            Self::Fees => AccountType::Fees,
        }
    }
}

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What is reported.
    #[public]
    report: Report,
    /// The month (UTC).
    #[public]
    month: Given<Month>,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What an account moved in the month.
#[derive(Record, Serialize)]
pub struct ReportLine {
    /// Of what it is: a product, `other`, a jurisdiction, a connection.
    #[public]
    of: String,
    /// The currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// All that was debited in the month, in minor units.
    #[internal]
    debit: i64,
    /// All that was credited in the month.
    #[internal]
    credit: i64,
    /// Debits less credits.
    #[internal]
    balance: i64,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "LedgerReportLines")]
pub struct Answer {
    /// The lines.
    #[nested]
    data: Vec<ReportLine>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
    /// What is in the books.
    #[nested]
    point: Point,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_ledger_report",
        methods::get,
        "/ledger/v1/reports/{report}",
        Access::Right(&rbac::LEDGER_READ),
        Audit::Log,
        "Read what accounts of a kind moved in a month: revenue by product, tax by jurisdiction, fees",
    )
    .uses(&[
        Uses::Read(Table::Ledger),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Ledger, 1),
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
        let list = MonthItem::of(head.generation, &input.month.0, input.report.of());
        let (items, next_cursor) = cx.list::<MonthItem>(1, &list, &page).await?;
        let line = |item: &MonthItem| ReportLine {
            of: item.account.of_what().unwrap_or_default().to_owned(),
            currency: item.currency,
            debit: item.debit,
            credit: item.credit,
            balance: item.sum().balance(),
        };
        Ok(Outcome::read(Answer {
            data: items.iter().map(|item| line(&item.item)).collect(),
            next_cursor,
            point: Point::of(&head),
        })
        .concerning(&input.month.0.to_string()))
    }
}
