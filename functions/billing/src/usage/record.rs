//! `POST /billing/v1/usage-events`: up to 40 events, each counted once for ever. What was counted before is dropped, what falls into one
//! hour is counted together, and events and hours are written in one transaction.

use super::{
    OLDEST_DAYS, UsageEventItem,
    group::Places,
    owners::SubscriptionRef,
    said::{Said, UsageValue, key_of},
};
use crate::{
    meters::{MeterId, MeterItem, Word},
    rated::SubscriptionId,
};
use serde::Serialize;
use shared::{
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    customer::CustomerRef,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    metadata::Metadata,
    problem::{Problem, codes},
    rbac,
    record::FieldError,
    road::{Batch, Context},
    store::{Changes, Key, Table},
    time::{Instant, SignedDuration, Timestamp},
};
use std::collections::BTreeMap;

/// Most items of one transaction, the road's own left room.
const MOST_ITEMS: usize = 90;
/// Most items that one read brings.
const MOST_READ: usize = 100;
/// How far ahead of ours a clock may be.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// An event.
#[derive(shared::record::Record)]
#[record(input)]
#[record(name = "NewUsageEvent")]
pub struct EventInput {
    /// What tells it from others of its source, for ever.
    #[personal]
    id: Word,
    /// Who sends it, where more than one does.
    #[personal]
    source: Option<Word>,
    /// The meter that counts it.
    #[public]
    meter: MeterId,
    /// Who used it; required without a subscription.
    #[public]
    customer: Option<CustomerId>,
    /// For which subscription of theirs; when absent it counts for each that has a price of the meter.
    #[public]
    subscription: Option<SubscriptionId>,
    /// When it happened: at most 35 days ago.
    #[public]
    timestamp: Instant,
    /// What it counts as, where the meter takes no property of it.
    #[personal]
    value: Option<UsageValue>,
    /// What else it says: at most 20 keys.
    #[personal]
    properties: Option<Metadata>,
}

/// What comes in.
#[derive(shared::record::Record)]
#[record(input)]
#[record(
    example = r#"{"events": [{"id": "7f3e", "meter": "mtr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "customer": "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "timestamp": "2027-01-15T09:30:00Z", "value": "1.5"}]}"#
)]
pub struct Input {
    /// 1 to 40 events.
    #[nested]
    #[record(length(min = 1, max = 40))]
    events: Vec<EventInput>,
}

/// What was counted.
#[derive(shared::record::Record, Serialize)]
#[record(name = "UsageRecorded")]
pub struct Answer {
    /// How many events are counted from now on.
    #[public]
    accepted: u32,
    /// How many had been counted before, and changed nothing.
    #[public]
    repeated: u32,
}

/// The endpoint.
#[derive(Debug)]
pub struct Record;

impl Endpoint for Record {
    const DECLARATION: Declaration = Declaration::new(
        "create_usage_events",
        methods::post,
        "/billing/v1/usage-events",
        Access::Right(&rbac::USAGE_WRITE),
        Audit::Log,
        "Record what customers use: up to 40 events, each counted once",
    )
    .refuses(&[
        codes::CUSTOMER_ERASED,
        codes::PROCESSING_RESTRICTED,
        codes::USAGE_EVENT_CHANGED,
    ])
    .uses(&[
        Uses::Write(Table::Billing),
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let asked = taken(cx, input.events)?;
        let known = Known::read(cx, &asked).await?;
        let mut places = Places::default();
        let mut changes = Changes::new();
        let (mut accepted, mut repeated, mut errors) = (0u32, 0u32, Vec::new());
        let mut seen: BTreeMap<&str, &Asked> = BTreeMap::new();
        for asked in &asked {
            let (meter, customer) = match known.of(asked) {
                Ok(known) => known,
                Err((field, detail)) => {
                    errors.push(asked.wrong(field, detail));
                    continue;
                }
            };
            let before = seen.insert(asked.key.as_str(), asked);
            if known.counted(asked, customer)? || before.is_some_and(|before| before.says(asked)) {
                repeated += 1;
                continue;
            }
            if before.is_some() {
                return Err(asked.changed());
            }
            if meter.archived_at.is_some() {
                errors.push(asked.wrong("meter", "is archived"));
                continue;
            }
            let reading = match asked.said.reading(meter, asked.at, &asked.key) {
                Ok(reading) => reading,
                Err((field, detail)) => {
                    errors.push(asked.wrong(field, detail));
                    continue;
                }
            };
            let owner = (customer, asked.subscription.as_ref());
            places.add(meter, owner, asked.said.properties.as_ref(), reading)?;
            changes = changes.write(cx.create(&UsageEventItem {
                id: asked.key.clone(),
                meter: meter.id.clone(),
                customer: customer.clone(),
                subscription: asked.subscription.clone(),
                at: asked.at,
                said: asked.said.sealed(known.cipher(customer)?, &asked.key)?,
            })?);
            accepted += 1;
        }
        if !errors.is_empty() {
            return Err(Problem::validation(errors));
        }
        let items = changes.writes.len() + places.len();
        if items > MOST_ITEMS {
            let text = format!(
                "would need {items} items in one transaction, which takes {MOST_ITEMS}: send fewer at once"
            );
            return Err(Problem::invalid("/events", text));
        }
        let batch = shared::ids::fresh("b", cx.now());
        let hours = places.writes(cx, &batch, &known.meters, &known.ciphers)?;
        changes.writes.extend(hours);
        Ok(Outcome::changed(Answer { accepted, repeated }, changes))
    }
}

/// An event as asked for.
struct Asked {
    place: usize,
    key: String,
    meter: MeterId,
    customer: Option<CustomerId>,
    subscription: Option<SubscriptionId>,
    at: Timestamp,
    said: Said,
}

impl Asked {
    fn wrong(&self, field: &str, detail: &str) -> FieldError {
        FieldError {
            pointer: format!("/events/{}/{field}", self.place),
            detail: detail.into(),
        }
    }

    /// Whether the other says the same.
    fn says(&self, other: &Self) -> bool {
        let whose = |asked: &Self| (asked.customer.clone(), asked.subscription.clone());
        (&self.meter, self.at, &self.said) == (&other.meter, other.at, &other.said)
            && whose(self) == whose(other)
    }

    fn changed(&self) -> Problem {
        let text = "An event of this source and id was counted that says something else.";
        Problem::conflict("usage_event_changed", text).with("event", self.place.into())
    }
}

/// What was asked for, with what no store need be asked about.
fn taken(cx: &Context, events: Vec<EventInput>) -> Result<Vec<Asked>, Problem> {
    let oldest = cx.now() - SignedDuration::from_hours(24 * OLDEST_DAYS);
    let mut errors = Vec::new();
    let mut all = Vec::new();
    for (place, event) in events.into_iter().enumerate() {
        let asked = Asked {
            place,
            key: key_of(event.source.as_ref(), &event.id),
            meter: event.meter,
            customer: event.customer,
            subscription: event.subscription,
            at: event.timestamp.timestamp(),
            said: Said {
                id: event.id,
                source: event.source,
                value: event.value,
                properties: event.properties,
            },
        };
        if asked.customer.is_some() == asked.subscription.is_some() {
            errors.push(asked.wrong("customer", "or a subscription is required, and not both"));
        }
        if asked.at < oldest || asked.at > cx.now() + AHEAD {
            errors.push(asked.wrong("timestamp", "must be within the last 35 days"));
        }
        all.push(asked);
    }
    match errors.is_empty() {
        true => Ok(all),
        false => Err(Problem::validation(errors)),
    }
}

/// What is known of what events name.
struct Known {
    meters: BTreeMap<MeterId, MeterItem>,
    customers: BTreeMap<CustomerId, CustomerRef>,
    subscriptions: BTreeMap<SubscriptionId, SubscriptionRef>,
    ciphers: BTreeMap<CustomerId, SubjectCipher>,
    counted: BTreeMap<String, UsageEventItem>,
}

fn unique<'a, T: Ord + 'a>(all: impl Iterator<Item = &'a T>) -> Vec<&'a T> {
    let mut all: Vec<&T> = all.collect();
    all.sort();
    all.dedup();
    all
}

impl Known {
    /// Reads events, meters and owners in one call, and in a second one the customers of the subscriptions that are named.
    async fn read(cx: &Context, asked: &[Asked]) -> Result<Self, Problem> {
        let mut known = Self {
            meters: BTreeMap::new(),
            customers: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            ciphers: BTreeMap::new(),
            counted: BTreeMap::new(),
        };
        let meters = unique(asked.iter().map(|asked| &asked.meter));
        let named = unique(asked.iter().filter_map(|asked| asked.customer.as_ref()));
        let subscriptions = unique(asked.iter().filter_map(|asked| asked.subscription.as_ref()));
        let events = unique(asked.iter().map(|asked| &asked.key));
        let mut keys: Vec<Key> = events.iter().map(|key| cx.key::<UsageEventItem>(key)).collect();
        keys.extend(meters.iter().map(|id| cx.key::<MeterItem>(id.as_str())));
        keys.extend(
            subscriptions
                .iter()
                .map(|id| cx.key::<SubscriptionRef>(id.as_str())),
        );
        for customer in &named {
            keys.extend(keys_of(cx, customer));
        }
        if keys.len() > MOST_READ {
            let text = "name too many meters and customers at once: send fewer events at once";
            return Err(Problem::invalid("/events", text));
        }
        let mut batch = cx.batch(&keys).await?;
        for key in events {
            let item = batch.take::<UsageEventItem>(&cx.key::<UsageEventItem>(key))?;
            known.counted.extend(item.map(|item| (key.clone(), item.item)));
        }
        for id in meters {
            let item = batch.take::<MeterItem>(&cx.key::<MeterItem>(id.as_str()))?;
            known.meters.extend(item.map(|item| (id.clone(), item.item)));
        }
        for id in subscriptions {
            let item = batch.take::<SubscriptionRef>(&cx.key::<SubscriptionRef>(id.as_str()))?;
            known
                .subscriptions
                .extend(item.map(|item| (id.clone(), item.item)));
        }
        for customer in named {
            known.customer(cx, &mut batch, customer).await?;
        }
        let owners: Vec<CustomerId> = known
            .subscriptions
            .values()
            .map(|sub| sub.customer.clone())
            .collect();
        let more: Vec<&CustomerId> = unique(owners.iter())
            .into_iter()
            .filter(|owner| !known.customers.contains_key(*owner))
            .collect();
        if !more.is_empty() {
            let keys: Vec<Key> = more.iter().flat_map(|owner| keys_of(cx, owner)).collect();
            let mut batch = cx.batch(&keys).await?;
            for owner in more {
                known.customer(cx, &mut batch, owner).await?;
            }
        }
        Ok(known)
    }

    async fn customer(
        &mut self,
        cx: &Context,
        batch: &mut Batch<'_>,
        id: &CustomerId,
    ) -> Result<(), Problem> {
        let [customer, key] = keys_of(cx, id);
        let Some(customer) = batch.take::<CustomerRef>(&customer)? else {
            return Ok(());
        };
        customer.may_be_processed()?;
        let key = batch.take::<SubjectKeyItem>(&key)?;
        let erased = || Problem::conflict("customer_erased", "This customer has been erased.");
        let cipher = cx.subject(&*key.ok_or_else(erased)?).await?;
        self.ciphers.insert(id.clone(), cipher);
        self.customers.insert(id.clone(), customer.item);
        Ok(())
    }

    /// The meter and the customer of an event.
    fn of(&self, asked: &Asked) -> Result<(&MeterItem, &CustomerId), (&'static str, &'static str)> {
        let meter = self.meters.get(&asked.meter).ok_or(("meter", "is not a meter"))?;
        let named = match (&asked.customer, &asked.subscription) {
            (Some(customer), _) => (customer, ("customer", "is not a customer")),
            (None, Some(subscription)) => {
                let wrong = ("subscription", "is not a subscription");
                (
                    &self.subscriptions.get(subscription).ok_or(wrong)?.customer,
                    wrong,
                )
            }
            (None, None) => return Err(("customer", "is required")),
        };
        let (customer, wrong) = named;
        let known = self.customers.get(customer).ok_or(wrong)?;
        Ok((meter, &known.id))
    }

    fn cipher(&self, customer: &CustomerId) -> Result<&SubjectCipher, Problem> {
        let cipher = self.ciphers.get(customer);
        cipher.ok_or_else(|| Problem::internal("a customer without a cipher"))
    }

    /// Whether this very event has been counted.
    fn counted(&self, asked: &Asked, customer: &CustomerId) -> Result<bool, Problem> {
        let Some(item) = self.counted.get(&asked.key) else {
            return Ok(false);
        };
        let same = (&item.meter, &item.customer, &item.subscription, item.at)
            == (&asked.meter, customer, &asked.subscription, asked.at);
        match same && Said::opened(item, self.cipher(customer)?)? == asked.said {
            true => Ok(true),
            false => Err(asked.changed()),
        }
    }
}

fn keys_of(cx: &Context, customer: &CustomerId) -> [Key; 2] {
    let id = customer.as_str();
    [
        cx.key::<CustomerRef>(id),
        SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii),
    ]
}
