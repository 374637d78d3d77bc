//! What was used between two instants: whole hours as they were counted, and of an hour that one of them lies in the events.

use super::{HOUR, READINGS, UsageBucket, UsageEventItem, bucket_id, events_of, hour_of, said::Said};
use crate::{
    meters::{MeterAggregation, MeterId},
    rated::SubscriptionId,
};
use rating::{Aggregation, Number, Period, Reading, Tally, Wrong};
use shared::{
    crypto::SubjectCipher,
    ids::CustomerId,
    problem::Problem,
    road::Context,
    store::Stored,
    time::{SignedDuration, Timestamp, rfc3339},
};
use std::collections::BTreeMap;

fn wrong(why: Wrong) -> Problem {
    Problem::internal(why.reason())
}

/// The hours of a meter that a stretch touches: the first, and the first after it.
fn hours(from: Timestamp, to: Timestamp) -> (i64, i64) {
    let last = (to - SignedDuration::from_nanos(1)).max(from);
    (hour_of(from), hour_of(last) + 1)
}

fn start_of(hour: i64) -> Option<Timestamp> {
    Timestamp::from_second(hour.checked_mul(HOUR)?).ok()
}

/// Whether an hour lies in a stretch as a whole.
fn whole(hour: i64, over: Period) -> bool {
    let ends = (start_of(hour), start_of(hour + 1));
    matches!(ends, (Some(start), Some(end)) if over.start <= start && end <= over.end)
}

/// Reads the hours of a customer by a meter, in order.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn buckets(
    cx: &Context,
    meter: &MeterId,
    customer: &CustomerId,
    grouped: bool,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Stored<UsageBucket>>, Problem> {
    let (first, end) = hours(from, to);
    let between = (format!("{first:07}"), format!("{:07}~", end - 1));
    let id = bucket_id(meter.as_str(), customer.as_str(), grouped);
    cx.whole::<UsageBucket>(None, &id, between).await
}

impl UsageBucket {
    /// What it counts.
    ///
    /// # Errors
    /// 500 when it does not open, or there is nothing to open it with.
    pub fn tally(&self, cipher: Option<&SubjectCipher>) -> Result<Tally, Problem> {
        use shared::store::Item;
        let readings: Vec<Reading> = match (&self.readings, cipher) {
            (None, _) => Vec::new(),
            (Some(_), None) => return Err(Problem::internal("usage that cannot be opened")),
            (Some(sealed), Some(cipher)) => {
                let text = cipher.open::<Self>(self.id(), &self.sort(), READINGS, sealed)?;
                let parsed = serde_json::from_slice(&text);
                parsed.map_err(|_| Problem::internal("kept usage does not parse"))?
            }
        };
        Ok(Tally {
            events: self.events,
            sum: Number::of_parts([self.high, self.middle, self.low]).map_err(wrong)?,
            readings,
        })
    }
}

/// Both together.
///
/// # Errors
/// 500 when they do not fit.
pub fn with(aggregation: MeterAggregation, one: Tally, other: Tally) -> Result<Tally, Problem> {
    one.with(aggregation.into(), other).map_err(wrong)
}

/// The quantity of a stretch, of which this is all.
///
/// # Errors
/// 500 when it does not fit.
pub fn quantity(aggregation: Aggregation, tally: &Tally, over: Period) -> Result<Number, Problem> {
    let (from, to) = (over.start.as_millisecond(), over.end.as_millisecond());
    tally.quantity(aggregation, from, to).map_err(wrong)
}

/// What is known of a customer's usage: what a bill is made with, whether it is previewed or billed.
#[derive(Default)]
pub struct Usage {
    buckets: BTreeMap<MeterId, Vec<UsageBucket>>,
    events: Vec<(UsageEventItem, Said)>,
}

impl Usage {
    /// Reads what these meters have counted in these stretches: one call for each meter, and one for each hour that is cut.
    ///
    /// # Errors
    /// 503 when the store does not answer; 500 when an event does not open.
    pub async fn read(
        cx: &Context,
        customer: &CustomerId,
        meters: &[MeterId],
        over: &[Period],
        cipher: &SubjectCipher,
    ) -> Result<Self, Problem> {
        let mut usage = Self::default();
        let ends = (
            over.iter().map(|period| period.start).min(),
            over.iter().map(|period| period.end).max(),
        );
        let (Some(from), Some(to)) = ends else {
            return Ok(usage);
        };
        for meter in meters {
            let found = buckets(cx, meter, customer, false, (from, to)).await?;
            let found = found.into_iter().map(|bucket| bucket.item).collect();
            usage.buckets.insert(meter.clone(), found);
        }
        let ends = over.iter().flat_map(|period| [period.start, period.end]);
        let mut cut: Vec<i64> = ends
            .filter(|end| start_of(hour_of(*end)) != Some(*end))
            .map(hour_of)
            .collect();
        cut.sort_unstable();
        cut.dedup();
        for hour in cut {
            // An hour without events has none to be read.
            if !usage.buckets.values().flatten().any(|bucket| bucket.hour == hour) {
                continue;
            }
            let (Some(start), Some(end)) = (start_of(hour), start_of(hour + 1)) else {
                continue;
            };
            let between = (rfc3339(start), rfc3339(end));
            let list = events_of(customer.as_str());
            for event in cx.whole::<UsageEventItem>(Some(2), &list, between).await? {
                let said = Said::opened(&event, cipher)?;
                usage.events.push((event.item, said));
            }
        }
        Ok(usage)
    }

    /// What a subscription has used in a stretch: how many events, and the quantity.
    ///
    /// # Errors
    /// 500 when it cannot be computed.
    pub fn of(
        &self,
        (meter, aggregation): (&MeterId, Aggregation),
        property: Option<&str>,
        subscription: &SubscriptionId,
        over: Period,
        cipher: &SubjectCipher,
    ) -> Result<(i64, Number), Problem> {
        let theirs = |of: Option<&SubscriptionId>| of.is_none_or(|of| of == subscription);
        let mut all = Tally::default();
        for bucket in self.buckets.get(meter).into_iter().flatten() {
            if theirs(bucket.subscription.as_ref()) && whole(bucket.hour, over) {
                all = all
                    .with(aggregation, bucket.tally(Some(cipher))?)
                    .map_err(wrong)?;
            }
        }
        let mut readings = Vec::new();
        for (event, said) in &self.events {
            let hour = hour_of(event.at);
            if event.meter == *meter
                && theirs(event.subscription.as_ref())
                && over.contains(event.at)
                && !whole(hour, over)
            {
                readings.push(Reading {
                    at: event.at.as_millisecond(),
                    key: event.id.clone(),
                    value: said.held(aggregation, property)?,
                });
            }
        }
        let cut = Tally::of(aggregation, readings).map_err(wrong)?;
        all = all.with(aggregation, cut).map_err(wrong)?;
        Ok((all.events, quantity(aggregation, &all, over)?))
    }
}
