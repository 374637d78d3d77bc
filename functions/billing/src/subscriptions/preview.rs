//! `POST /billing/v1/subscriptions/{id}/preview`: what its next invoice will say, by the code that makes it.

use super::SubscriptionItem;
use crate::{
    invoices::{InvoiceLine, InvoiceTax, prepare::Found, texts::Texts},
    rated::SubscriptionId,
    tax::TaxSettingsItem,
};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    money::Currency,
    problem::{Problem, codes},
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
    /// The subscription.
    #[public]
    id: SubscriptionId,
}

/// What the next invoice will say. Amounts are minor units of its currency.
#[derive(Record, Serialize)]
pub struct SubscriptionPreview {
    /// When it is made (RFC 3339 UTC).
    #[public]
    pub due_at: Instant,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// What for; no lines where nothing will be owed.
    #[nested]
    pub lines: Vec<InvoiceLine>,
    /// Its tax, once for each treatment.
    #[nested]
    pub taxes: Vec<InvoiceTax>,
    /// The sum of its lines.
    #[internal]
    pub subtotal: i64,
    /// What it is over, with tax.
    #[internal]
    pub total: i64,
    /// What will be owed once the customer's credit has paid what it can.
    #[internal]
    pub amount_due: i64,
}

/// The endpoint.
#[derive(Debug)]
pub struct Preview;

impl Endpoint for Preview {
    const DECLARATION: Declaration = Declaration::new(
        "preview_subscription",
        methods::post,
        "/billing/v1/subscriptions/{id}/preview",
        Access::Right(&rbac::SUBSCRIPTION_READ),
        Audit::Log,
        "See what the next invoice of a subscription will say",
    )
    .reads_only()
    .refuses(&[
        codes::BUYER_COUNTRY_MISSING,
        codes::CUSTOMER_ERASED,
        codes::TAX_RATE_MISSING,
        codes::WRONG_STATE,
    ])
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::Below(Table::Billing),
        Uses::List(Table::Billing, 2),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = SubscriptionPreview;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        let settings = Key::of::<TaxSettingsItem>(at.tenant, TaxSettingsItem::ID);
        vec![at.key::<SubscriptionItem>(), settings]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<SubscriptionPreview>, Problem> {
        let item = cx.get::<SubscriptionItem>(input.id.as_str()).await?;
        let ended = || item.refused("Nothing more will be billed of it.");
        let due_at = item.due_at.ok_or_else(ended)?;
        let found = Found::read(cx, &item.customer, false).await?;
        let cipher = cx.customer_cipher(item.customer.as_str()).await?;
        let used = item.used(cx, &cipher).await?;
        let bill = item.bill(&item.zone(&cipher)?, due_at, &used, &cipher)?;
        let bill = bill.ok_or_else(ended)?;
        let Some(draft) = bill.draft(&cipher, cx.now())? else {
            let nothing = SubscriptionPreview {
                due_at: Instant::from(due_at),
                currency: item.currency,
                lines: Vec::new(),
                taxes: Vec::new(),
                subtotal: 0,
                total: 0,
                amount_due: 0,
            };
            return Ok(Outcome::read(nothing).concerning(input.id.as_str()));
        };
        let prepared = found.prepare(cx, &draft).await?;
        let (invoice, texts) = (&prepared.invoice, &prepared.texts);
        let lines = invoice.lines.iter().enumerate();
        let lines = lines.map(|(at, line)| InvoiceLine::of(line, Texts::line(Some(texts), at, line)));
        let answer = SubscriptionPreview {
            due_at: Instant::from(due_at),
            currency: invoice.currency,
            lines: lines.collect(),
            taxes: invoice.taxes.clone(),
            subtotal: invoice.lines.iter().map(|line| line.amount).sum(),
            total: invoice.total,
            amount_due: invoice.due(),
        };
        Ok(Outcome::read(answer).concerning(input.id.as_str()))
    }
}
