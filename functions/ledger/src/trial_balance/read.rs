//! `GET /ledger/v1/trial-balance`: the sums of every kind of account, and that they are zero together: now, as of a moment, or as of
//! the end of a month.

use crate::{
    books::{
        items::{HeadItem, MonthTotalItem, PointItem},
        point::{Point, tail},
        totals::{Total, add_sum},
    },
    chart::AccountType,
    months::Month,
};
use serde::Serialize;
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    lists::Given,
    money::Currency,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
    time::Instant,
};
use std::collections::BTreeMap;

/// Most months of one trial balance.
const MONTHS: i32 = 1_200;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// As the books stood at this time; now when absent.
    #[public]
    as_of: Option<Instant>,
    /// What was posted up to the end of this month (UTC), as far as it is in the books; not together with a time.
    #[public]
    month: Option<Given<Month>>,
}

/// The accounts of one kind in one currency.
#[derive(Record, Serialize)]
pub struct TrialBalanceLine {
    /// The kind.
    #[public]
    r#type: AccountType,
    /// The currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// All that was debited, in minor units.
    #[internal]
    debit: i64,
    /// All that was credited.
    #[internal]
    credit: i64,
    /// Debits less credits.
    #[internal]
    balance: i64,
}

/// That debits and credits meet in a currency.
#[derive(Record, Serialize)]
pub struct TrialBalanceProof {
    /// The currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// All debits, in minor units.
    #[internal]
    debit: i64,
    /// All credits.
    #[internal]
    credit: i64,
    /// Debits less credits: zero.
    #[internal]
    difference: i64,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "TrialBalance")]
pub struct Answer {
    /// The sums of each kind of account.
    #[nested]
    accounts: Vec<TrialBalanceLine>,
    /// That they are zero together.
    #[nested]
    proof: Vec<TrialBalanceProof>,
    /// What is in the books.
    #[nested]
    point: Point,
    /// Entries that have been posted since and are counted in, too.
    #[public]
    since: u64,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_trial_balance",
        methods::get,
        "/ledger/v1/trial-balance",
        Access::Right(&rbac::LEDGER_READ),
        Audit::Log,
        "Read the trial balance: the sums of every kind of account in each currency, which are zero together",
    )
    .uses(&[
        Uses::Read(Table::Ledger),
        Uses::Read(Table::Journal),
        Uses::List(Table::Journal, 1),
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
        let mut point = Point::of(&head);
        let generation = head.generation.to_string();
        let mut since = 0;
        let totals = match (&input.as_of, &input.month) {
            (Some(_), Some(_)) => return Err(Problem::invalid("/month", "does not go with a time")),
            (Some(at), None) => {
                let last = PointItem::sort_of(at.timestamp(), u64::MAX);
                let between = ("0".to_owned(), last);
                let found = cx.below::<PointItem>(&generation, between, true, 1).await?;
                match found.into_iter().next() {
                    Some(found) => {
                        point = Point::at(&found, &head);
                        found.item.totals
                    }
                    None => {
                        point = Point::of(&HeadItem::default());
                        Vec::new()
                    }
                }
            }
            (None, Some(month)) => {
                let between = ("0".to_owned(), month.0.to_string());
                let months = cx
                    .below::<MonthTotalItem>(&generation, between, false, MONTHS)
                    .await?;
                let mut totals = Vec::new();
                for total in months.iter().flat_map(|month| &month.totals) {
                    add_sum(&mut totals, total.r#type, total.currency, total.sum())?;
                }
                totals
            }
            (None, None) => {
                let mut totals = head.totals.clone();
                let whole;
                (since, whole) = tail(cx, &head, &mut totals).await?;
                point.complete &= whole;
                totals
            }
        };
        Ok(Outcome::read(Answer {
            proof: proof(&totals)?,
            accounts: totals.iter().map(line).collect(),
            point,
            since,
        }))
    }
}

fn line(total: &Total) -> TrialBalanceLine {
    TrialBalanceLine {
        r#type: total.r#type,
        currency: total.currency,
        debit: total.debit,
        credit: total.credit,
        balance: total.sum().balance(),
    }
}

fn proof(totals: &[Total]) -> Result<Vec<TrialBalanceProof>, Problem> {
    let mut sums: BTreeMap<Currency, (i128, i128)> = BTreeMap::new();
    for total in totals {
        let (debit, credit) = sums.entry(total.currency).or_default();
        (*debit, *credit) = (
            *debit + i128::from(total.debit),
            *credit + i128::from(total.credit),
        );
    }
    let fits = |sum: i128| i64::try_from(sum).map_err(|_| Problem::internal("a sum does not fit 64 bits"));
    sums.into_iter()
        .map(|(currency, (debit, credit))| {
            Ok(TrialBalanceProof {
                currency,
                debit: fits(debit)?,
                credit: fits(credit)?,
                difference: fits(debit - credit)?,
            })
        })
        .collect()
}
