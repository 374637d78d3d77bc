//! `PATCH /billing/v1/subscriptions/{id}`: other prices or quantities, now or from the next boundary on.

use super::{
    KeptTerms, Subscription, SubscriptionItem, SubscriptionLineId, SubscriptionStatus,
    catalogue::Catalogue,
    due::{DueItem, looks},
};
use crate::{compute::Units, prices::PriceId, rated::SubscriptionId};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::{FieldError, Record},
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// When a change counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "SubscriptionChangeTime")]
pub enum When {
    /// At once: what is left of the period is taken back at the old terms and charged at the new.
    #[default]
    Now,
    /// From the next boundary on. A later change of this kind takes the place of an earlier one.
    PeriodEnd,
}

/// A change of one item.
#[derive(Record)]
#[record(input)]
#[record(name = "SubscriptionItemChange")]
pub struct ItemChange {
    /// The item.
    #[public]
    id: SubscriptionLineId,
    /// Another price, of the same currency and interval.
    #[public]
    price: Option<PriceId>,
    /// Another quantity; 0 for none of it.
    #[internal]
    quantity: Option<Units>,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"items": [{"id": "si_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "quantity": "8"}]}"#)]
pub struct Input {
    /// The subscription.
    #[public]
    id: SubscriptionId,
    /// What changes: 1 to 20 items.
    #[nested]
    #[record(length(min = 1, max = 20))]
    items: Vec<ItemChange>,
    /// When it counts: now, when absent.
    #[internal]
    when: Option<When>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_subscription",
        methods::patch,
        "/billing/v1/subscriptions/{id}",
        Access::Right(&rbac::SUBSCRIPTION_WRITE),
        Audit::Change,
        "Change the prices or quantities of a subscription, now or from its next period on",
    )
    .refuses(&[codes::CUSTOMER_ERASED, codes::WRONG_STATE])
    .uses(&[Uses::Write(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Subscription;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<SubscriptionItem>(), at.key::<DueItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Subscription>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<SubscriptionItem>(id).await?;
        if old.status == SubscriptionStatus::Canceled {
            return Err(old.refused("It has ended."));
        }
        let prices: Vec<PriceId> = input.items.iter().filter_map(|item| item.price.clone()).collect();
        let catalogue = Catalogue::read(cx, &old.customer, &prices).await?;
        let cipher = cx.customer_cipher(old.customer.as_str()).await?;
        let mut next = old.item.clone();
        let changes = changed(&old, &catalogue, &input.items)?;
        match input.when.unwrap_or_default() {
            When::Now => {
                unmetered(&old, &changes)?;
                let changes = changes.into_iter().map(|(at, terms)| (at, Some(terms))).collect();
                next.change(&old.zone(&cipher)?, cx.now(), changes)?;
            }
            When::PeriodEnd => {
                next.items.iter_mut().for_each(|item| item.pending = None);
                for (at, terms) in changes {
                    if let Some(item) = next.items.get_mut(at) {
                        item.pending = Some(terms);
                    }
                }
            }
        }
        let (before, after) = (Subscription::from(&old.item), Subscription::from(&next));
        let due = cx.find::<DueItem>(id).await?;
        let mut changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .event(Event::about("subscription.updated", id, &after).of(&next))
            .object(id, Some(&before), Some(&after));
        changes.writes.extend(looks(cx, due.as_ref(), &next)?);
        Ok(Outcome::changed(Subscription::open(&next, &cipher)?, changes))
    }
}

/// The places of the items that change, and what they change to.
fn changed(
    old: &SubscriptionItem,
    catalogue: &Catalogue,
    items: &[ItemChange],
) -> Result<Vec<(usize, KeptTerms)>, Problem> {
    let mut errors = Vec::new();
    let mut all: Vec<(usize, KeptTerms)> = Vec::new();
    for (at, change) in items.iter().enumerate() {
        match one(old, catalogue, change) {
            Ok((place, _)) if all.iter().any(|(other, _)| *other == place) => {
                errors.push((at, ("id", "stands twice")))
            }
            Ok(one) => all.push(one),
            Err(why) => errors.push((at, why)),
        }
    }
    if errors.is_empty() {
        return Ok(all);
    }
    let error = |(at, (field, detail)): (usize, (&str, &str))| FieldError {
        pointer: format!("/items/{at}/{field}"),
        detail: detail.into(),
    };
    Err(Problem::validation(errors.into_iter().map(error).collect()))
}

/// Refuses a change within a period of what is billed by usage: what is used until its end is billed at the terms that it began with.
fn unmetered(old: &SubscriptionItem, changes: &[(usize, KeptTerms)]) -> Result<(), Problem> {
    let metered = |terms: &KeptTerms| terms.price.meter.is_some();
    let of = |place: usize| old.items.get(place).is_some_and(|item| metered(&item.terms));
    // Before anything has been billed there is no usage that counts.
    match old.next > 0 && changes.iter().any(|(place, terms)| metered(terms) || of(*place)) {
        true => Err(Problem::invalid(
            "/when",
            "must be `period_end` for a price with a meter",
        )),
        false => Ok(()),
    }
}

fn one(
    old: &SubscriptionItem,
    catalogue: &Catalogue,
    change: &ItemChange,
) -> Result<(usize, KeptTerms), (&'static str, &'static str)> {
    let place = old.items.iter().position(|item| item.id == change.id);
    let item = place.and_then(|place| Some((place, old.items.get(place)?)));
    let (place, item) = item.ok_or(("id", "is not an item of this subscription"))?;
    let known = match item.terms.price.meter {
        // What was used says nothing of how many there will be.
        Some(_) => crate::amounts::Quantity::ONE.into(),
        None => item.terms.quantity.clone(),
    };
    let named = change.price.as_ref().map(|price| catalogue.metered(price));
    let metered = named.unwrap_or_else(|| item.terms.price.meter.is_some());
    if metered && change.quantity.is_some() {
        return Err(("quantity", "is counted by the meter of the price"));
    }
    let quantity = match metered {
        true => crate::amounts::Quantity::ONE.into(),
        false => change.quantity.clone().unwrap_or(known),
    };
    let terms = match &change.price {
        Some(price) => catalogue.terms(price, quantity)?,
        None => {
            let terms = KeptTerms {
                quantity,
                ..item.terms.clone()
            };
            terms.fits()?;
            terms
        }
    };
    terms.stands_beside(&item.terms)?;
    Ok((place, terms))
}
