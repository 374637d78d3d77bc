//! `POST /billing/v1/invoices/{id}/pay`: charges the customer's card, through payments.

use super::{Invoice, InvoiceId, InvoiceItem, settle::settle};
use crate::customers::CustomerItem;
use payments::{
    charge::{Charge, Charging, Decision},
    provider::{LiveCard, Reply},
};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
    ids::PaymentMethodId,
    money::Amount,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Stored, Table},
    text::Reference,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The invoice.
    #[public]
    id: InvoiceId,
    /// With what: a payment method of its customer; their default when absent, and their first one where they
    /// have no default.
    #[public]
    payment_method: Option<PaymentMethodId>,
}

/// What is kept of it until its outcome is known. Nobody else changes an invoice while a payment of it is under
/// way, so it need not be read again.
#[derive(Serialize, Deserialize)]
pub struct Intent {
    charging: Charging,
    invoice: InvoiceItem,
    revision: u64,
}

/// The endpoint.
#[derive(Debug)]
pub struct Pay;

impl EffectEndpoint for Pay {
    const DECLARATION: Declaration = Declaration::new(
        "pay_invoice",
        methods::post,
        "/billing/v1/invoices/{id}/pay",
        Access::Right(&rbac::PAYMENT_WRITE),
        Audit::Change,
        "Charge the customer's payment method for an open invoice",
    )
    .soap("payInvoice")
    .refuses(&[
        codes::NO_PAYMENT_METHOD,
        codes::PAYMENT_PENDING,
        codes::WRONG_STATE,
    ])
    .uses(&[
        Uses::Post,
        Uses::Write(Table::Billing),
        Uses::Write(Table::Payments),
        Uses::Write(Table::Risk),
        Uses::Read(Table::Vault),
        Uses::Key(Purpose::Card),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Index),
        Uses::List(Table::Vault, 1),
    ]);
    type Input = Input;
    type Answer = Invoice;
    type Intent = Intent;
    type Live = LiveCard;
    type Effect = Reply;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<InvoiceItem>()]
    }

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Intent, LiveCard, Invoice>, Problem> {
        let old = cx.get::<InvoiceItem>(input.id.as_str()).await?;
        old.payable()?;
        let charge = Charge {
            customer: old.customer.clone(),
            payment_method: method(cx, &old, input.payment_method).await?,
            amount: Amount::new(old.due())
                .map_err(|_| Problem::internal("an open invoice has an amount that cannot be paid"))?,
            currency: old.currency,
            capture: true,
            reference: old.number().and_then(|number| Reference::parse(&number).ok()),
            metadata: None,
            opens: old.keys(cx.tenant()),
            cvv: None,
        };
        match charge.decide(cx, old.id.as_str()).await? {
            Decision::Ask {
                charging,
                card,
                changes,
            } => {
                let reserved = old.reserved(charging.payment())?;
                let (before, after) = (
                    super::InvoiceSummary::from(&old.item),
                    super::InvoiceSummary::from(&reserved),
                );
                let changes = changes.write(cx.replace(&old, &reserved)?).object(
                    old.id.as_str(),
                    Some(&before),
                    Some(&after),
                );
                let intent = Intent {
                    charging,
                    invoice: reserved,
                    revision: old.revision.saturating_add(1),
                };
                Ok(Intended::Go {
                    intent,
                    live: card,
                    changes,
                })
            }
            Decision::Stop { payment, changes } => {
                let reserved = old.reserved(&payment)?;
                let (next, changes) = settle(cx, &old, &reserved, &payment, changes)?;
                let answer = Invoice::shown(cx, &next).await?;
                Ok(Intended::Stop(Outcome::changed(answer, changes)))
            }
        }
    }

    async fn perform(cx: &Context, intent: &Intent, live: LiveCard) -> Reply {
        intent.charging.ask(cx, live).await
    }

    async fn recover(cx: &Context, intent: &Intent) -> Option<Reply> {
        intent.charging.asked(cx).await
    }

    async fn conclude(cx: &Context, intent: &Intent, reply: &Reply) -> Result<Outcome<Invoice>, Problem> {
        let old = if cx.round() == 0 {
            Stored {
                item: intent.invoice.clone(),
                revision: intent.revision,
            }
        } else {
            cx.get::<InvoiceItem>(intent.invoice.id.as_str()).await?
        };
        let (payment, changes) = intent.charging.settle(cx, reply).await?;
        let (next, changes) = settle(cx, &old, &old.item, &payment.payment, changes)?;
        Ok(Outcome::changed(Invoice::shown(cx, &next).await?, changes))
    }
}

/// What the invoice is paid with.
async fn method(
    cx: &Context,
    invoice: &InvoiceItem,
    given: Option<PaymentMethodId>,
) -> Result<PaymentMethodId, Problem> {
    if let Some(given) = given {
        return Ok(given);
    }
    let customer = cx.find::<CustomerItem>(invoice.customer.as_str()).await?;
    let default = customer.and_then(|customer| customer.item.default_payment_method);
    let method = match default {
        Some(method) => Some(method),
        None => vault::cards::first_of(cx, &invoice.customer).await?,
    };
    method.ok_or_else(|| {
        let text = "The customer has no payment method. Name one, or store one first.";
        Problem::new(422, "no_payment_method", text)
    })
}
