//! `GET /billing/v1/usage`: what a customer has used by a meter, by hour or by day, as soon as its events are answered.

use super::{
    HOUR, UsageBucket,
    fields::GROUP,
    tally::{buckets, quantity, with},
};
use crate::{
    meters::{MeterAggregation, MeterId, MeterItem},
    rated::{Exact, SubscriptionId},
};
use rating::{Period, Tally};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    customer::CustomerRef,
    endpoint::{Access, Audit, Declaration, Early, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    metadata::Metadata,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Item, Key, Stored, Table},
    time::{Instant, Timestamp},
};
use std::collections::BTreeMap;

/// Most windows of one answer.
const MOST: i64 = 744;

/// How long the windows are that usage is told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "UsageWindowLength")]
pub enum Length {
    /// An hour.
    Hour,
    /// A day, UTC.
    #[default]
    Day,
}

impl Length {
    const fn seconds(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => 24 * HOUR,
        }
    }
}

/// By what usage is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "UsageBreakdown")]
pub enum Breakdown {
    /// By nothing: all of it together.
    #[default]
    Total,
    /// By the properties that the meter names.
    Group,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// By which meter.
    #[public]
    meter: MeterId,
    /// Whose.
    #[public]
    customer: CustomerId,
    /// What counts for this subscription of theirs: what its events name and what they name no subscription in. All when absent.
    #[public]
    subscription: Option<SubscriptionId>,
    /// From when, on a whole hour or, by day, on a whole day (UTC).
    #[public]
    from: Instant,
    /// Until when: the first instant that is not in it, likewise whole.
    #[public]
    to: Instant,
    /// How long the windows are; days when absent. At most 744 of them.
    #[public]
    window: Option<Length>,
    /// By what usage is told apart; by nothing when absent.
    #[public]
    breakdown: Option<Breakdown>,
}

/// What was used in a window. A window without events is left out.
#[derive(Record, Serialize)]
pub struct UsageWindow {
    /// From when (RFC 3339 UTC).
    #[public]
    pub from: Instant,
    /// Until when: the first instant that is not in it.
    #[public]
    pub to: Instant,
    /// The properties that tell the group apart, where usage is told apart.
    #[personal]
    pub group: Option<Metadata>,
    /// How many events.
    #[internal]
    pub events: i64,
    /// What they come to; none once what decides can no longer be opened, as the customer has been erased.
    #[internal]
    pub quantity: Option<Exact>,
}

/// What was used.
#[derive(Record, Serialize)]
pub struct Usage {
    /// By which meter.
    #[public]
    pub meter: MeterId,
    /// Whose.
    #[public]
    pub customer: CustomerId,
    /// Of which subscription, where one was asked for.
    #[public]
    pub subscription: Option<SubscriptionId>,
    /// How events become a quantity.
    #[internal]
    pub aggregation: MeterAggregation,
    /// From when (RFC 3339 UTC).
    #[public]
    pub from: Instant,
    /// Until when: the first instant that is not in it.
    #[public]
    pub to: Instant,
    /// How many events.
    #[internal]
    pub events: i64,
    /// What they come to over all of it; none once what decides can no longer be opened.
    #[internal]
    pub quantity: Option<Exact>,
    /// The windows in which there was something, oldest first.
    #[nested]
    pub data: Vec<UsageWindow>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

/// Reads the hours that are asked for.
async fn asked(cx: &Context, input: &Input) -> Result<Vec<Stored<UsageBucket>>, Problem> {
    let over = over(input)?;
    let grouped = input.breakdown == Some(Breakdown::Group);
    buckets(cx, &input.meter, &input.customer, grouped, (over.start, over.end)).await
}

/// From when until when.
fn over(input: &Input) -> Result<Period, Problem> {
    let (start, end) = (input.from.timestamp(), input.to.timestamp());
    let length = input.window.unwrap_or_default().seconds();
    let whole = |at: Timestamp| at.subsec_nanosecond() == 0 && at.as_second().rem_euclid(length) == 0;
    if !whole(start) {
        return Err(Problem::invalid(
            "/from",
            "must be on a whole hour, or by day on a whole day (UTC)",
        ));
    }
    if !whole(end) {
        return Err(Problem::invalid(
            "/to",
            "must be on a whole hour, or by day on a whole day (UTC)",
        ));
    }
    let windows = (end.as_second() - start.as_second()) / length;
    if !(1..=MOST).contains(&windows) {
        return Err(Problem::invalid(
            "/to",
            "must be 1 to 744 windows after the beginning",
        ));
    }
    Ok(Period { start, end })
}

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_usage",
        methods::get,
        "/billing/v1/usage",
        Access::Right(&rbac::USAGE_READ),
        Audit::Log,
        "Read what a customer has used by a meter, by hour or by day",
    )
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::Below(Table::Billing),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Usage;
    const EARLY: Option<Early<Input>> = Some(|cx, input| {
        Box::pin(async move {
            asked(cx, &input).await?;
            Ok(keys(cx, &input).to_vec())
        })
    });

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Usage>, Problem> {
        let over = over(&input)?;
        let found = asked(cx, &input).await?;
        let keys = keys(cx, &input);
        let mut batch = cx.batch(&keys).await?;
        let [meter, customer, key] = &keys;
        let meter = batch.take::<MeterItem>(meter)?;
        let meter = meter.ok_or_else(|| Problem::invalid("/meter", "is not a meter"))?;
        let customer = batch.take::<CustomerRef>(customer)?;
        customer.ok_or_else(|| Problem::invalid("/customer", "is not a customer"))?;
        let cipher = match batch.take::<SubjectKeyItem>(key)? {
            Some(key) => Some(cx.subject(&key).await?),
            None => None,
        };
        let of = |bucket: &&Stored<UsageBucket>| match (&input.subscription, &bucket.subscription) {
            (Some(asked), Some(of)) => asked == of,
            _ => true,
        };
        let found: Vec<_> = found.iter().filter(of).collect();
        let told = Told {
            aggregation: meter.aggregation,
            length: input.window.unwrap_or_default().seconds(),
            cipher: cipher.as_ref(),
        };
        let data = told.windows(&found)?;
        let mut all = Some(Tally::default());
        let mut events = 0i64;
        for bucket in &found {
            events += bucket.events;
            all = told.and(all, bucket)?;
        }
        let answer = Usage {
            meter: input.meter,
            customer: input.customer,
            subscription: input.subscription,
            aggregation: meter.aggregation,
            from: input.from,
            to: input.to,
            events,
            quantity: told.quantity(all.as_ref(), over)?,
            data,
        };
        Ok(Outcome::read(answer))
    }
}

/// Where the meter, the customer and their key stand.
fn keys(cx: &Context, input: &Input) -> [Key; 3] {
    let customer = input.customer.as_str();
    [
        cx.key::<MeterItem>(input.meter.as_str()),
        cx.key::<CustomerRef>(customer),
        SubjectKeyItem::key(cx.tenant(), customer, Purpose::Pii),
    ]
}

/// How usage is told.
struct Told<'a> {
    aggregation: MeterAggregation,
    length: i64,
    cipher: Option<&'a SubjectCipher>,
}

impl Told<'_> {
    /// With what another hour counts; none where that cannot be opened.
    fn and(&self, known: Option<Tally>, bucket: &UsageBucket) -> Result<Option<Tally>, Problem> {
        let (Some(known), true) = (known, bucket.readings.is_none() || self.cipher.is_some()) else {
            return Ok(None);
        };
        with(self.aggregation, known, bucket.tally(self.cipher)?).map(Some)
    }

    fn quantity(&self, tally: Option<&Tally>, over: Period) -> Result<Option<Exact>, Problem> {
        let quantity = tally.map(|tally| quantity(self.aggregation.into(), tally, over));
        Ok(quantity.transpose()?.map(Exact::from))
    }

    fn windows(&self, found: &[&Stored<UsageBucket>]) -> Result<Vec<UsageWindow>, Problem> {
        let hours = self.length / HOUR;
        let mut windows: BTreeMap<(i64, Option<String>), (i64, Option<Tally>)> = BTreeMap::new();
        // A level holds beyond its window.
        let levels = self.aggregation == MeterAggregation::WeightedSum;
        let mut level = Some(Tally::default());
        for bucket in found {
            let group = match (&bucket.group, self.cipher) {
                (None, _) => None,
                (Some(_), None) => Some("{}".to_owned()),
                (Some(sealed), Some(cipher)) => {
                    let (id, sort) = (bucket.item.id(), bucket.item.sort());
                    Some(cipher.open_text::<UsageBucket>(id, &sort, GROUP, sealed)?)
                }
            };
            let at = (bucket.hour.div_euclid(hours), group);
            let (events, tally) = windows.entry(at).or_insert((0, Some(Tally::default())));
            *events += bucket.events;
            match levels {
                true => {
                    level = self.and(level.take(), bucket)?;
                    tally.clone_from(&level);
                }
                false => *tally = self.and(tally.take(), bucket)?,
            }
        }
        let told = |((window, group), (events, tally)): ((i64, Option<String>), (i64, Option<Tally>))| {
            let at = |window: i64| Timestamp::from_second(window * self.length);
            let ends = at(window).and_then(|from| Ok((from, at(window + 1)?)));
            let (start, end) = ends.map_err(|_| Problem::internal("an hour outside the calendar"))?;
            let over = Period { start, end };
            let group = group.map(|text| serde_json::from_str::<Metadata>(&text));
            let group = group.transpose();
            Ok(UsageWindow {
                from: Instant::from(start),
                to: Instant::from(end),
                group: group.map_err(|_| Problem::internal("a kept group does not parse"))?,
                events,
                quantity: self.quantity(tally.as_ref(), over)?,
            })
        };
        windows.into_iter().map(told).collect()
    }
}
