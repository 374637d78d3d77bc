//! Subscriptions as answered, and as lists, events and audit entries show them.

use super::{
    BillingAnchor, Invoicing, KeptLineItem, ProrationBasis, SubscriptionItem, SubscriptionLineId,
    SubscriptionStatus,
};
use crate::{
    compute::Units,
    parties::Zone,
    prices::{Interval, PriceId},
    products::ProductId,
    rated::SubscriptionId,
};
use serde::Serialize;
use shared::{
    crypto::SubjectCipher, ids::CustomerId, metadata::Metadata, money::Currency, problem::Problem,
    record::Record, time::Instant,
};

/// An item of a subscription as answered.
#[derive(Record, Serialize)]
#[record(name = "SubscriptionItem")]
pub struct SubscriptionLine {
    /// Its id.
    #[public]
    pub id: SubscriptionLineId,
    /// What it is billed at.
    #[public]
    pub price: PriceId,
    /// The product of the price.
    #[public]
    pub product: ProductId,
    /// How many units.
    #[internal]
    pub quantity: Units,
    /// What it will be billed at from the next boundary on, where that changes.
    #[public]
    pub pending_price: Option<PriceId>,
    /// How many units it will be from then on.
    #[internal]
    pub pending_quantity: Option<Units>,
}

impl From<&KeptLineItem> for SubscriptionLine {
    fn from(kept: &KeptLineItem) -> Self {
        let pending = kept.pending.as_ref();
        Self {
            id: kept.id.clone(),
            price: kept.terms.price.id.clone(),
            product: kept.terms.price.product.clone(),
            quantity: kept.terms.quantity.clone(),
            pending_price: pending.map(|terms| terms.price.id.clone()),
            pending_quantity: pending.map(|terms| terms.quantity.clone()),
        }
    }
}

/// A subscription as answered.
#[derive(Record, Serialize)]
pub struct Subscription {
    /// Its id.
    #[public]
    pub id: SubscriptionId,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: SubscriptionStatus,
    /// Its time zone (IANA), which its periods are counted in; none once the customer has been erased.
    #[personal]
    pub time_zone: Option<Zone>,
    /// How long its periods are.
    #[internal]
    pub interval: Interval,
    /// How many of them make one.
    #[internal]
    pub interval_count: u16,
    /// Where its periods begin.
    #[internal]
    pub anchor: BillingAnchor,
    /// On which day of the month or of the week, where one was chosen.
    #[internal]
    pub anchor_day: Option<u8>,
    /// What parts of periods are counted in.
    #[internal]
    pub proration: ProrationBasis,
    /// Whether its invoices are issued or left as drafts.
    #[internal]
    pub invoicing: Invoicing,
    /// What it is for.
    #[nested]
    pub items: Vec<SubscriptionLine>,
    /// What changes have charged and taken back for its next invoice, in minor units before tax. What no invoice could bear stays here.
    #[internal]
    pub amount_waiting: i64,
    /// When it began, with its trial (RFC 3339 UTC).
    #[public]
    pub starts_at: Instant,
    /// The first instant that is paid for.
    #[public]
    pub paid_from: Instant,
    /// When the period that was billed last began.
    #[public]
    pub period_start: Option<Instant>,
    /// When it ends: the first instant that is not in it.
    #[public]
    pub period_end: Option<Instant>,
    /// When it is billed next; none once it has ended.
    #[public]
    pub due_at: Option<Instant>,
    /// Whether it ends with its period.
    #[internal]
    pub ends_with_period: bool,
    /// When it was canceled, or its period ended after that.
    #[public]
    pub canceled_at: Option<Instant>,
    /// Why its invoice could not be made, as the code of a problem; it is tried again every hour.
    #[internal]
    pub billing_problem: Option<String>,
    /// What the tenant keeps with it; none once the customer has been erased.
    #[personal]
    pub metadata: Option<Metadata>,
    /// When it was created.
    #[public]
    pub created_at: Instant,
}

/// As events and entries tell it: masked, so that nothing need be opened.
impl From<&SubscriptionItem> for Subscription {
    fn from(item: &SubscriptionItem) -> Self {
        Self {
            id: item.id.clone(),
            customer: item.customer.clone(),
            currency: item.currency,
            status: item.status,
            time_zone: None,
            interval: item.interval,
            interval_count: item.interval_count,
            anchor: item.anchor,
            anchor_day: item.anchor_day,
            proration: item.proration,
            invoicing: item.invoicing,
            items: item.items.iter().map(SubscriptionLine::from).collect(),
            amount_waiting: item.waiting.iter().map(|waiting| waiting.line.amount).sum(),
            starts_at: Instant::from(item.starts_at),
            paid_from: Instant::from(item.paid_from),
            period_start: item.period_start.map(Instant::from),
            period_end: item.period_end.map(Instant::from),
            due_at: item.due_at.map(Instant::from),
            ends_with_period: item.ends_with_period,
            canceled_at: item.canceled_at.map(Instant::from),
            billing_problem: item.billing_problem.clone(),
            metadata: Metadata::unopened(item.metadata.as_ref()),
            created_at: Instant::from(item.created_at),
        }
    }
}

impl Subscription {
    /// Opens a subscription.
    ///
    /// # Errors
    /// 500 when a field does not open.
    pub fn open(item: &SubscriptionItem, cipher: &SubjectCipher) -> Result<Self, Problem> {
        let zone = Zone::parse(&item.zone_name(cipher)?);
        Ok(Self {
            time_zone: Some(zone.map_err(|_| Problem::internal("a stored subscription does not parse"))?),
            metadata: Metadata::open::<SubscriptionItem>(cipher, item.id.as_str(), item.metadata.as_ref())?,
            ..Self::from(item)
        })
    }
}
