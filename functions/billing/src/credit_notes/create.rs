//! `POST /billing/v1/credit-notes`: takes back lines of an issued invoice, whole or in part, with their tax.

use super::{Asked, CreditNote, Destination, Issue};
use crate::{
    invoices::{InvoiceId, InvoiceItem, InvoiceSummary},
    tax::TaxSettingsItem,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
    text::Line,
};

/// A line to credit.
#[derive(Record)]
#[record(input)]
#[record(name = "NewCreditNoteLine")]
pub struct LineInput {
    /// Its place on the invoice, from 0.
    #[internal]
    #[record(range(min = 0, max = 99))]
    line: u32,
    /// How much of its net, in minor units; all that is left when absent.
    #[internal]
    net: Option<i64>,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"invoice": "inv_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "lines": [{"line": 0, "net": 40}], "reason": "Returned"}"#
)]
pub struct Input {
    /// The invoice.
    #[public]
    invoice: InvoiceId,
    /// Which lines; all that is left of all of them when absent.
    #[nested]
    #[record(length(min = 1, max = 100))]
    lines: Option<Vec<LineInput>>,
    /// Where what was paid goes; to the customer's wallet when absent.
    #[public]
    to: Option<Destination>,
    /// Why.
    #[personal]
    reason: Option<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_credit_note",
        methods::post,
        "/billing/v1/credit-notes",
        Access::Right(&rbac::CREDIT_WRITE),
        Audit::Alert,
        "Take back lines of an issued invoice with their tax; never more than is left of them",
    )
    .soap("createCreditNote")
    .refuses(&[codes::PAYMENT_PENDING, codes::TOO_MANY_GRANTS, codes::WRONG_STATE])
    .status(201)
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Key(Purpose::Pii),
        Uses::Post,
    ]);
    type Input = Input;
    type Answer = CreditNote;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        Issue::ahead(at.tenant)
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<CreditNote>, Problem> {
        let (at, set) = (
            cx.key::<InvoiceItem>(input.invoice.as_str()),
            cx.key::<TaxSettingsItem>(TaxSettingsItem::ID),
        );
        let mut batch = cx.batch(&[at.clone(), set.clone()]).await?;
        let settings = batch.take::<TaxSettingsItem>(&set)?;
        let invoice = batch.take::<InvoiceItem>(&at)?;
        let invoice = invoice.ok_or_else(|| Problem::invalid("/invoice", "is not an invoice"))?;
        let line = |line: LineInput| (usize::try_from(line.line).unwrap_or(usize::MAX), line.net);
        let asked = Asked {
            lines: input.lines.map(|lines| lines.into_iter().map(line).collect()),
            to: input.to.unwrap_or(Destination::Wallet),
            reason: input.reason,
            voids: false,
        };
        let reason = asked.reason.clone();
        let issued = Issue::of(cx, &invoice, settings.as_ref().map(|set| &set.item), asked).await?;
        let (before, after) = (
            InvoiceSummary::from(&invoice.item),
            InvoiceSummary::from(&issued.invoice),
        );
        let changes = issued
            .changes
            .object(issued.note.id.as_str(), Some(&before), Some(&after));
        Ok(Outcome::changed(CreditNote::of(&issued.note, reason), changes))
    }
}
