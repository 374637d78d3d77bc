//! `POST /billing/v1/invoices/{id}/settle`: says what became of an invoice elsewhere: paid, written off, or open again.

use super::{Invoice, InvoiceId, InvoiceItem, InvoiceStatus, InvoiceSummary};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
    text::Line,
    time::Timestamp,
};

/// What became of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "InvoiceResolution")]
pub enum Resolution {
    /// It was paid elsewhere.
    Paid,
    /// It is written off.
    Uncollectible,
    /// It is open again: what was said of it is taken back.
    Open,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"outcome": "paid", "reason": "Bank transfer of 3 May"}"#)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
    /// What became of it.
    #[public]
    outcome: Resolution,
    /// Why. The log and the books say so; not a place for personal data.
    #[internal]
    reason: Line,
}

/// The endpoint.
#[derive(Debug)]
pub struct Settle;

impl Endpoint for Settle {
    const DECLARATION: Declaration = Declaration::new(
        "settle_invoice",
        methods::post,
        "/billing/v1/invoices/{id}/settle",
        Access::Right(&rbac::INVOICE_SETTLE),
        Audit::Alert,
        "Say that an invoice was paid elsewhere or is written off, or take that back",
    )
    .soap("settleInvoice")
    .refuses(&[codes::PAYMENT_PENDING, codes::WRONG_STATE])
    .uses(&[Uses::Write(Table::Billing), Uses::Key(Purpose::Pii), Uses::Post]);
    type Input = Input;
    type Answer = Invoice;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<InvoiceItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Invoice>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        let next = old.resolved(input.outcome, cx.now())?;
        let (before, after) = (InvoiceSummary::from(&old.item), InvoiceSummary::from(&next));
        let (id, kind) = (next.id.as_str(), input.outcome.event());
        let changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .event(Event::about(kind, id, &after).of(&next))
            .object(id, Some(&before), Some(&after));
        let posting = super::books::resolved(&old, &next, old.revision, &input.reason);
        let changes = ledger::post(cx, changes, posting).await?;
        Ok(Outcome::changed(Invoice::shown(cx, &next).await?, changes))
    }
}

impl Resolution {
    const fn event(self) -> &'static str {
        match self {
            Self::Paid => "invoice.paid",
            Self::Uncollectible => "invoice.uncollectible",
            Self::Open => "invoice.reopened",
        }
    }
}

impl InvoiceItem {
    /// Follows what somebody says became of it.
    ///
    /// # Errors
    /// 409 in a state that does not allow it, or while a payment is under way.
    pub fn resolved(&self, outcome: Resolution, now: Timestamp) -> Result<Self, Problem> {
        use InvoiceStatus::{Open, Paid, Uncollectible};
        let mut next = self.clone();
        let gone = &mut next.settlement;
        match (outcome, self.status) {
            (Resolution::Paid, Open | Uncollectible) => {
                self.not_pending()?;
                let due = self.due() + gone.written_off;
                gone.written_off = 0;
                (gone.paid, gone.elsewhere) = (gone.paid + due, gone.elsewhere + due);
                (next.status, next.paid_at) = (Paid, Some(now));
            }
            (Resolution::Uncollectible, Open) => {
                self.not_pending()?;
                gone.written_off = self.due();
                next.status = Uncollectible;
            }
            (Resolution::Open, Uncollectible) => {
                gone.written_off = 0;
                next.status = Open;
            }
            (Resolution::Open, Paid) if gone.elsewhere > 0 && gone.returned == 0 => {
                gone.paid -= gone.elsewhere;
                gone.elsewhere = 0;
                (next.status, next.paid_at) = (Open, None);
            }
            _ => return Err(self.refused("The invoice cannot be settled so in this state.")),
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::tests::draft;

    #[test]
    fn what_is_said_of_an_invoice_can_be_taken_back() {
        let now = Timestamp::UNIX_EPOCH;
        let open = draft(700).finalized(1, now).unwrap();
        for outcome in [Resolution::Paid, Resolution::Uncollectible] {
            let settled = open.resolved(outcome, now).unwrap();
            assert_eq!(settled.due(), 0);
            assert!(settled.resolved(outcome, now).is_err() || outcome == Resolution::Paid);
            assert_eq!(settled.resolved(Resolution::Open, now).unwrap(), open);
        }
        let written_off = open.resolved(Resolution::Uncollectible, now).unwrap();
        let paid = written_off.resolved(Resolution::Paid, now).unwrap();
        assert_eq!((paid.settlement.paid, paid.settlement.written_off), (700, 0));
        for outcome in [Resolution::Paid, Resolution::Uncollectible, Resolution::Open] {
            assert_eq!(draft(700).resolved(outcome, now).unwrap_err().code, "wrong_state");
        }
        assert!(open.resolved(Resolution::Open, now).is_err());
    }
}
