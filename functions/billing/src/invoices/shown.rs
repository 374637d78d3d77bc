//! Invoices as answered, and as lists, events and audit entries show them.

use super::{
    InvoiceDiscount, InvoiceId, InvoiceItem, InvoiceLine, InvoiceStatus, InvoiceTax, PaymentAttempt,
    texts::Texts,
};
use crate::{rated::SubscriptionId, tax::Day};
use serde::Serialize;
use shared::{
    ids::CustomerId,
    metadata::Metadata,
    money::Currency,
    problem::Problem,
    record::Record,
    road::Context,
    text::{Line, Reference},
    time::Instant,
};

/// An invoice without its lines: in lists, in events, and before and after in audit entries.
#[derive(Record, Serialize)]
pub struct InvoiceSummary {
    /// Its id.
    #[public]
    pub id: InvoiceId,
    /// Its number: gapless within its series; a draft has none.
    #[internal]
    pub number: Option<String>,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: InvoiceStatus,
    /// What it is over, in minor units: before tax while it is a draft, with tax once it is issued.
    #[internal]
    pub total: i64,
    /// What is still owed, in minor units.
    #[internal]
    pub amount_due: i64,
    /// The tenant's own reference; none once its key is gone.
    #[personal]
    pub reference: Option<Reference>,
    /// The latest attempt to pay it.
    #[nested]
    pub payment: Option<PaymentAttempt>,
    /// What the tenant keeps with it; none once the customer has been erased.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was drafted (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// When it got its number.
    #[public]
    pub finalized_at: Option<Instant>,
    /// The day when it is due.
    #[internal]
    pub due_on: Option<Day>,
    /// When it was paid.
    #[public]
    pub paid_at: Option<Instant>,
}

/// As events and entries tell it: masked, so that nothing need be opened.
impl From<&InvoiceItem> for InvoiceSummary {
    fn from(item: &InvoiceItem) -> Self {
        Self {
            id: item.id.clone(),
            number: item.number(),
            customer: item.customer.clone(),
            currency: item.currency,
            status: item.status,
            total: item.total,
            amount_due: item.due(),
            reference: item.reference.clone(),
            payment: item.payment.clone(),
            metadata: Metadata::unopened(item.metadata.as_ref()),
            created_at: Instant::from(item.created_at),
            finalized_at: item.finalized_at.map(Instant::from),
            due_on: item.due_on.clone(),
            paid_at: item.paid_at.map(Instant::from),
        }
    }
}

/// An invoice as answered. Amounts are minor units of its currency.
#[derive(Record, Serialize)]
pub struct Invoice {
    /// Its id.
    #[public]
    pub id: InvoiceId,
    /// Its number: gapless within its series; a draft has none.
    #[internal]
    pub number: Option<String>,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: InvoiceStatus,
    /// What for.
    #[nested]
    pub lines: Vec<InvoiceLine>,
    /// What is taken off.
    #[nested]
    pub discounts: Vec<InvoiceDiscount>,
    /// Its tax, once for each treatment; none while it is a draft.
    #[nested]
    pub taxes: Vec<InvoiceTax>,
    /// Whether the amounts of its lines include the tax.
    #[internal]
    pub inclusive: bool,
    /// The sum of its lines before discounts.
    #[internal]
    pub subtotal: i64,
    /// The sum of its taxes.
    #[internal]
    pub tax: i64,
    /// What it is over: before tax while it is a draft, with tax once it is issued.
    #[internal]
    pub total: i64,
    /// Of the total, what was taken from the customer's credit.
    #[internal]
    pub amount_from_wallet: i64,
    /// Of the total, what was paid.
    #[internal]
    pub amount_paid: i64,
    /// Of the total, what credit notes have taken back.
    #[internal]
    pub amount_credited: i64,
    /// Of the total, what was written off.
    #[internal]
    pub amount_written_off: i64,
    /// What is still owed.
    #[internal]
    pub amount_due: i64,
    /// A line for the customer.
    #[personal]
    pub memo: Option<Line>,
    /// The tenant's own reference.
    #[personal]
    pub reference: Option<Reference>,
    /// The customer's purchase order.
    #[personal]
    pub purchase_order: Option<Line>,
    /// The latest attempt to pay it.
    #[nested]
    pub payment: Option<PaymentAttempt>,
    /// The subscription that it bills.
    #[public]
    pub subscription: Option<SubscriptionId>,
    /// What the tenant keeps with it; none once the customer has been erased.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was drafted (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// When it got its number.
    #[public]
    pub finalized_at: Option<Instant>,
    /// Days that the customer has to pay, where the invoice says so.
    #[internal]
    pub due_days: Option<u16>,
    /// The day of issue (UTC).
    #[internal]
    pub issued_on: Option<Day>,
    /// The day when it is due.
    #[internal]
    pub due_on: Option<Day>,
    /// When it was paid.
    #[public]
    pub paid_at: Option<Instant>,
}

impl Invoice {
    /// An invoice as answered. The keys that open it are read, in one call, unless this call has read them.
    ///
    /// # Errors
    /// 503 when the store or KMS does not answer.
    pub async fn shown(cx: &Context, item: &InvoiceItem) -> Result<Self, Problem> {
        let keys = item.keys(cx.tenant());
        if keys.len() > 1 {
            cx.batch(&keys).await?;
        }
        let texts = Texts::of(cx, item).await?;
        Self::with(cx, item, texts.as_ref()).await
    }

    /// The same with what stands on it, where that is known.
    ///
    /// # Errors
    /// As [`Self::shown`].
    pub async fn with(cx: &Context, item: &InvoiceItem, texts: Option<&Texts>) -> Result<Self, Problem> {
        let (customer, id, sealed) = (item.customer.as_str(), item.id.as_str(), item.metadata.as_ref());
        Ok(Self {
            metadata: Metadata::opened::<InvoiceItem>(cx, customer, id, sealed).await?,
            ..Self::of(item, texts)
        })
    }

    /// With metadata unopened, where it is not answered.
    #[must_use]
    pub fn of(item: &InvoiceItem, texts: Option<&Texts>) -> Self {
        let lines = item.lines.iter().enumerate();
        let lines = lines.map(|(at, line)| InvoiceLine::of(line, Texts::line(texts, at, line)));
        let discounts = item.discounts.iter().enumerate();
        let discount = |at: usize| texts.and_then(|texts| texts.discounts.get(at));
        let gone = &item.settlement;
        Self {
            id: item.id.clone(),
            number: item.number(),
            customer: item.customer.clone(),
            currency: item.currency,
            status: item.status,
            lines: lines.collect(),
            discounts: discounts
                .map(|(at, d)| InvoiceDiscount::of(d, discount(at)))
                .collect(),
            taxes: item.taxes.clone(),
            inclusive: item.inclusive,
            subtotal: item.lines.iter().map(|line| line.amount).sum(),
            tax: item.taxes.iter().map(|tax| tax.tax).sum(),
            total: item.total,
            amount_from_wallet: gone.wallet,
            amount_paid: item.paid(),
            amount_credited: gone.credited + gone.returned,
            amount_written_off: gone.written_off,
            amount_due: item.due(),
            memo: texts.and_then(|texts| texts.memo.clone()),
            reference: texts.and_then(|texts| texts.reference.clone()),
            purchase_order: texts.and_then(|texts| texts.purchase_order.clone()),
            payment: item.payment.clone(),
            subscription: item.subscription.clone(),
            metadata: Metadata::unopened(item.metadata.as_ref()),
            created_at: Instant::from(item.created_at),
            finalized_at: item.finalized_at.map(Instant::from),
            due_days: item.due_days,
            issued_on: item.issued_on.clone(),
            due_on: item.due_on.clone(),
            paid_at: item.paid_at.map(Instant::from),
        }
    }
}
