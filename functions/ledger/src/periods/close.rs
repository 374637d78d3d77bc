//! `POST /ledger/v1/periods/{month}/close`: no entry goes into the month from then on.

use super::PeriodItem;
use crate::{
    books::{items::HeadItem, point::Point},
    months::{GATES, GateItem, Month},
};
use serde::Serialize;
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    time::{Instant, after},
};

/// Seconds after its end from which on a month can be closed: no call lasts so long that it could still post into it.
const SETTLED: i64 = 3_600;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The month, in UTC.
    #[public]
    month: Month,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "ClosedMonth")]
pub struct Answer {
    /// The month.
    #[public]
    month: Month,
    /// Since when it is closed (RFC 3339 UTC).
    #[public]
    closed_at: Instant,
    /// What was in the books then.
    #[nested]
    point: Point,
}

/// The endpoint.
#[derive(Debug)]
pub struct Close;

impl Endpoint for Close {
    const DECLARATION: Declaration = Declaration::new(
        "close_month",
        methods::post,
        "/ledger/v1/periods/{month}/close",
        Access::Right(&rbac::LEDGER_CLOSE),
        Audit::Alert,
        "Close the books of a month: nothing is posted into it from then on",
    )
    .refuses(&[codes::WRONG_STATE])
    .four_eyes()
    .uses(&[Uses::Write(Table::Ledger)]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![Key::of::<HeadItem>(at.tenant, HeadItem::ID)]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let month = input.month;
        let over = month.next().and_then(|next| next.begins());
        if over.is_none_or(|over| after(over, SETTLED) > cx.now()) {
            let text = "A month can be closed from an hour after its end.";
            return Err(Problem::wrong_state("open", text));
        }
        if cx.find::<PeriodItem>(month.as_str()).await?.is_some() {
            return Err(Problem::wrong_state(
                "closed",
                "The books of this month are closed.",
            ));
        }
        let head = cx.find::<HeadItem>(HeadItem::ID).await?.map(|head| head.item);
        let head = head.unwrap_or_default();
        let period = PeriodItem {
            id: month.clone(),
            closed_at: cx.now(),
            number: head.number,
            chain: head.chain.clone(),
        };
        let mut changes =
            Changes::new()
                .write(cx.create(&period)?)
                .object(month.as_str(), None, Some(&period));
        for number in 0..GATES {
            changes = changes.write(cx.create(&GateItem {
                id: GateItem::id_of(&month, number),
                closed_at: cx.now(),
            })?);
        }
        let answer = Answer {
            month,
            closed_at: Instant::from(cx.now()),
            point: Point::of(&head),
        };
        Ok(Outcome::changed(answer, changes))
    }
}
