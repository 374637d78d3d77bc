//! `POST /billing/v1/subscriptions`.

use super::{
    BillingAnchor, Invoicing, KeptLineItem, KeptTerms, MOST_ITEMS, ProrationBasis, Subscription,
    SubscriptionItem, SubscriptionLineId, SubscriptionStatus, ZONE,
    catalogue::Catalogue,
    due::looks,
    plan::{anchor, schedule},
};
use crate::{compute::Units, parties::Zone, prices::PriceId, rated::SubscriptionId};
use rating::trial_end;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    metadata::Metadata,
    problem::{Problem, codes},
    rbac,
    record::{FieldError, Record},
    road::Context,
    store::{Changes, Event, Table},
    time::{Instant, SignedDuration, Timestamp},
};

/// How far a start may lie from now.
const FAR: SignedDuration = SignedDuration::from_hours(24 * 366);

/// An item as asked for.
#[derive(Record)]
#[record(input)]
#[record(name = "NewSubscriptionItem")]
pub struct ItemInput {
    /// What it is billed at: a recurring price.
    #[public]
    price: PriceId,
    /// How many units, not fewer than none; 1 when absent.
    #[internal]
    quantity: Option<Units>,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"customer": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "items": [{"price": "price_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "quantity": "5"}]}"#
)]
pub struct Input {
    /// Who owes.
    #[public]
    customer: CustomerId,
    /// What for: 1 to 20 items, whose prices have one currency and one interval.
    #[nested]
    #[record(length(min = 1, max = 20))]
    items: Vec<ItemInput>,
    /// When it begins: now when absent, at most a year from now either way. Periods that have passed are billed one by one.
    #[public]
    starts_at: Option<Instant>,
    /// Local calendar days that are not billed; none when absent.
    #[internal]
    #[record(range(min = 0, max = 730))]
    trial_days: Option<u16>,
    /// The time zone (IANA) that its periods are counted in, for as long as it lasts; the customer's, or UTC, when absent.
    #[personal]
    time_zone: Option<Zone>,
    /// Where its periods begin: where it is paid from, when absent.
    #[internal]
    anchor: Option<BillingAnchor>,
    /// The day of the month (1 to 31, clamped to its last) or of the week (1 is Monday), where the anchor is a day.
    #[internal]
    #[record(range(min = 1, max = 31))]
    anchor_day: Option<u8>,
    /// What parts of periods are counted in: local days when absent.
    #[internal]
    proration: Option<ProrationBasis>,
    /// Whether its invoices are issued, as they are when absent, or left as drafts.
    #[internal]
    invoicing: Option<Invoicing>,
    /// What the tenant keeps with it: at most 20 keys.
    #[personal]
    metadata: Option<Metadata>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_subscription",
        methods::post,
        "/billing/v1/subscriptions",
        Access::Right(&rbac::SUBSCRIPTION_WRITE),
        Audit::Change,
        "Bill a customer again and again",
    )
    .refuses(&[codes::CUSTOMER_ERASED, codes::PROCESSING_RESTRICTED])
    .status(201)
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Key(Purpose::Index),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Subscription;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Subscription>, Problem> {
        let prices: Vec<PriceId> = input.items.iter().map(|item| item.price.clone()).collect();
        let catalogue = Catalogue::read(cx, &input.customer, &prices).await?;
        let Some(customer) = &catalogue.customer else {
            return Err(Problem::invalid("/customer", "is not a customer"));
        };
        if customer.restricted_at.is_some() {
            let text = "Processing of this customer's data is restricted (GDPR art. 18).";
            return Err(Problem::conflict("processing_restricted", text));
        }
        let cipher = cx.customer_cipher(input.customer.as_str()).await?;
        let terms = taken(&catalogue, &input.items)?;
        let first = terms
            .first()
            .map(|terms| (terms.price.currency, terms.price.recurs()));
        let Some((currency, Some(every))) = first else {
            return Err(Problem::invalid("/items", "must be a list of 1 to 20 items"));
        };
        let zone = match input.time_zone {
            Some(zone) => Some(zone),
            None => customer.details(&cipher)?.time_zone,
        };
        let zone = zone.as_ref().map_or("UTC", Zone::as_str);
        let known = rating::Zone::named(zone).map_err(|why| Problem::invalid("/time_zone", why.reason()))?;
        let starts_at = input.starts_at.map_or(cx.now(), Instant::timestamp);
        if starts_at.duration_since(cx.now()).abs() > FAR {
            return Err(Problem::invalid("/starts_at", "must be within a year of now"));
        }
        let (kind, day) = (input.anchor.unwrap_or_default(), input.anchor_day);
        if (kind == BillingAnchor::Day) != day.is_some() {
            return Err(Problem::invalid(
                "/anchor_day",
                "is for the anchor `day`, which needs it",
            ));
        }
        let paid_from = trial_end(&known, starts_at, input.trial_days.unwrap_or_default());
        let paid_from = paid_from.map_err(|why| Problem::invalid("/trial_days", why.reason()))?;
        let planned = schedule(&known, paid_from, every, anchor(kind, day));
        planned.map_err(|why| Problem::invalid("/anchor_day", why.reason()))?;
        let id = SubscriptionId::new(cx.now());
        let (whose, metadata) = (input.customer.as_str(), input.metadata.as_ref());
        let item = SubscriptionItem {
            zone: cipher.seal::<SubscriptionItem>(id.as_str(), "-", ZONE, zone.as_bytes())?,
            metadata: Metadata::about::<SubscriptionItem>(metadata, cx, whose, id.as_str()).await?,
            items: lines(terms, cx.now()),
            id,
            customer: input.customer,
            currency,
            status: SubscriptionStatus::Trialing,
            interval: every.0,
            interval_count: every.1,
            anchor: kind,
            anchor_day: day,
            proration: input.proration.unwrap_or_default(),
            invoicing: input.invoicing.unwrap_or_default(),
            starts_at,
            paid_from,
            next: 0,
            period_start: None,
            period_end: None,
            due_at: Some(paid_from),
            usage_billed_to: None,
            waiting: Vec::new(),
            ends_with_period: false,
            canceled_at: None,
            billing_problem: None,
            created_at: cx.now(),
        };
        let (id, told) = (item.id.as_str(), Subscription::from(&item));
        let mut changes = Changes::new()
            .write(cx.create(&item)?)
            .event(Event::about("subscription.created", id, &told).of(&item))
            .object(id, None, Some(&told));
        changes.writes.extend(looks(cx, None, &item)?);
        Ok(Outcome::changed(Subscription::open(&item, &cipher)?, changes))
    }
}

fn lines(terms: Vec<KeptTerms>, now: Timestamp) -> Vec<KeptLineItem> {
    let line = |terms| KeptLineItem {
        id: SubscriptionLineId::new(now),
        terms,
        pending: None,
        segments: Vec::new(),
    };
    terms.into_iter().map(line).collect()
}

/// What the items are billed at.
fn taken(catalogue: &Catalogue, items: &[ItemInput]) -> Result<Vec<KeptTerms>, Problem> {
    let mut errors = Vec::new();
    let mut all: Vec<KeptTerms> = Vec::new();
    for (at, item) in items.iter().enumerate().take(MOST_ITEMS) {
        let mut wrong = |(field, detail): (&str, &str)| {
            errors.push(FieldError {
                pointer: format!("/items/{at}/{field}"),
                detail: detail.into(),
            });
        };
        let quantity = item.quantity.clone();
        let quantity = quantity.unwrap_or_else(|| crate::amounts::Quantity::ONE.into());
        match catalogue.terms(&item.price, quantity) {
            Err(why) => wrong(why),
            Ok(terms) if terms.price.meter.is_some() && item.quantity.is_some() => {
                wrong(("quantity", "is counted by the meter of the price"));
            }
            Ok(terms) => {
                if let Some(first) = all.first()
                    && let Err(why) = terms.stands_beside(first)
                {
                    wrong(why);
                }
                all.push(terms);
            }
        }
    }
    if errors.is_empty() {
        Ok(all)
    } else {
        Err(Problem::validation(errors))
    }
}

impl KeptTerms {
    /// Whether both can be billed together.
    ///
    /// # Errors
    /// What is wrong with which field of the item.
    pub fn stands_beside(&self, other: &Self) -> Result<(), (&'static str, &'static str)> {
        if self.price.currency != other.price.currency {
            return Err(("price", "is in another currency"));
        }
        if self.price.recurs() != other.price.recurs() {
            return Err(("price", "recurs at another interval"));
        }
        Ok(())
    }
}
