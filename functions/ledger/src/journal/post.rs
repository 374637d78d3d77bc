//! `POST /ledger/v1/journal`: an entry that somebody writes, with its reason, once a second person agrees.

use super::JournalEntry;
use crate::{
    chart::{Account, AccountType},
    entries::SourceKind,
    posting::{Draft, post},
};
use shared::{
    customer::CustomerRef,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    money::Currency,
    problem::{Problem, codes},
    rbac,
    record::{FieldError, Record},
    road::Context,
    store::{Changes, Key, Table},
    text::Line,
    time::Instant,
};

/// Most lines of one entry.
const MOST: usize = 20;

/// A line.
#[derive(Record)]
#[record(input)]
#[record(name = "NewJournalLine")]
pub struct LineInput {
    /// The account.
    #[public]
    account: Account,
    /// In which currency (ISO 4217).
    #[internal]
    currency: Currency,
    /// Minor units: a debit is positive, a credit negative.
    #[internal]
    amount: i64,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"reason": "Interest of November", "lines": [{"account": "bank", "currency": "EUR", "amount": 125}, {"account": "revenue.other", "currency": "EUR", "amount": -125}]}"#
)]
pub struct Input {
    /// Why. Not a place for personal data.
    #[internal]
    reason: Line,
    /// 2 to 20 lines that sum to zero in each currency.
    #[nested]
    lines: Vec<LineInput>,
    /// When it is dated; now when absent. Not in the future, and not in a month whose books are closed.
    #[public]
    at: Option<Instant>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Post;

impl Endpoint for Post {
    const DECLARATION: Declaration = Declaration::new(
        "post_journal_entry",
        methods::post,
        "/ledger/v1/journal",
        Access::Right(&rbac::LEDGER_POST),
        Audit::Alert,
        "Write a journal entry, with its reason",
    )
    .refuses(&[codes::MONTH_CLOSED])
    .status(201)
    .four_eyes()
    .uses(&[Uses::Post, Uses::Read(Table::Billing)]);
    type Input = Input;
    type Answer = JournalEntry;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<JournalEntry>, Problem> {
        if !(2..=MOST).contains(&input.lines.len()) {
            return Err(Problem::invalid("/lines", "must be a list of 2 to 20 lines"));
        }
        let source = shared::ids::fresh("man", cx.now());
        let mut draft = Draft::of(SourceKind::Manual, &source, "posted").because(&input.reason);
        if let Some(at) = &input.at {
            if at.timestamp() > cx.now() {
                return Err(Problem::invalid("/at", "is in the future"));
            }
            draft = draft.dated(at.timestamp());
        }
        let draft = input.lines.iter().fold(draft, |draft, line| {
            draft.debit(&line.account, line.currency, line.amount)
        });
        if let Some((currency, missing)) = draft.missing().into_iter().next() {
            let text = format!("must sum to zero in each currency: {currency} misses it by {missing}");
            return Err(Problem::invalid("/lines", text));
        }
        known(cx, &input.lines).await?;
        let entry = draft.clone().finish(cx.tenant(), cx.now())?;
        let entry = entry.ok_or_else(|| Problem::invalid("/lines", "move nothing"))?;
        let (id, answer) = (entry.entry().to_string(), JournalEntry::from(&entry));
        let changes = Changes::new().object(&id, None, Some(&answer));
        let changes = post(cx, changes, draft).await?;
        Ok(Outcome::changed(answer, changes))
    }
}

/// Refuses accounts of customers that there are not.
async fn known(cx: &Context, lines: &[LineInput]) -> Result<(), Problem> {
    let customers = |line: &LineInput| -> Option<Key> {
        let of_customer =
            [AccountType::Receivable, AccountType::CustomerCredit].contains(&line.account.kind());
        let of = line.account.of_what().filter(|_| of_customer)?;
        Some(cx.key::<CustomerRef>(of))
    };
    let keys: Vec<Option<Key>> = lines.iter().map(customers).collect();
    let mut wanted: Vec<Key> = keys.iter().flatten().cloned().collect();
    wanted.sort();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(());
    }
    let found = cx.batch(&wanted).await?;
    let mut errors = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        if let Some(key) = key
            && found.look::<CustomerRef>(key)?.is_none()
        {
            errors.push(FieldError {
                pointer: format!("/lines/{at}/account"),
                detail: "is of no customer that there is".into(),
            });
        }
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Problem::validation(errors)),
    }
}
