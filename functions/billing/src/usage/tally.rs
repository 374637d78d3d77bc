//! What was used between two instants: whole hours as they were counted, and of an hour that one of them lies in the events.

use super::{HOUR, UsageBucket, UsageEventItem, bucket_id, events_of, fields::READINGS, hour_of, said::Said};
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
        cipher: Option<&SubjectCipher>,
    ) -> Result<(i64, Number), Problem> {
        let theirs = |of: Option<&SubscriptionId>| of.is_none_or(|of| of == subscription);
        let mut all = Tally::default();
        for bucket in self.buckets.get(meter).into_iter().flatten() {
            if theirs(bucket.subscription.as_ref()) && whole(bucket.hour, over) {
                all = all.with(aggregation, bucket.tally(cipher)?).map_err(wrong)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{meters::Word, usage::said::UsageValue};
    use proptest::prelude::*;
    use shared::store::Sealed;

    const MINUTE: i64 = 60;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn owner() -> (MeterId, CustomerId, SubscriptionId) {
        (
            MeterId::new(at(0)),
            CustomerId::new(at(0)),
            SubscriptionId::new(at(0)),
        )
    }

    /// What is kept of events: of a minute, of how much, and whether they name the subscription.
    fn kept(
        (meter, customer, subscription): &(MeterId, CustomerId, SubscriptionId),
        events: &[(i64, i64, bool)],
    ) -> Usage {
        let mut buckets: BTreeMap<(i64, bool), UsageBucket> = BTreeMap::new();
        let mut told = Vec::new();
        for (place, (minute, value, named)) in events.iter().enumerate() {
            let (when, of) = (at(minute * MINUTE), named.then(|| subscription.clone()));
            let bucket = buckets
                .entry((hour_of(when), *named))
                .or_insert_with(|| UsageBucket {
                    meter: meter.clone(),
                    customer: customer.clone(),
                    subscription: of.clone(),
                    hour: hour_of(when),
                    place: String::new(),
                    events: 0,
                    high: 0,
                    middle: 0,
                    low: 0,
                    readings: None,
                    group: None,
                });
            bucket.events += 1;
            let [high, middle, low] = Number::whole(*value).parts().unwrap();
            (bucket.high, bucket.middle, bucket.low) =
                (bucket.high + high, bucket.middle + middle, bucket.low + low);
            let said = Said {
                id: Word::parse(&format!("e{place}")).unwrap(),
                source: None,
                value: Some(UsageValue::parse(&value.to_string()).unwrap()),
                properties: None,
            };
            let item = UsageEventItem {
                id: said.key(),
                meter: meter.clone(),
                customer: customer.clone(),
                subscription: of,
                at: when,
                said: Sealed(Vec::new()),
            };
            told.push((item, said));
        }
        Usage {
            buckets: BTreeMap::from([(meter.clone(), buckets.into_values().collect())]),
            events: told,
        }
    }

    proptest! {
        /// Periods that begin within hours come to what counting the events one by one does, and each event is in one of them.
        #[test]
        fn every_event_is_in_the_period_that_contains_it_wherever_that_begins(
            events in proptest::collection::vec((0i64..600, -9i64..99, any::<bool>()), 0..40), cuts in proptest::collection::btree_set(1i64..600, 0..4),
        ) {
            let owner = owner();
            let usage = kept(&owner, &events);
            let ends: Vec<i64> = [0].into_iter().chain(cuts).chain([600]).collect();
            for pair in ends.windows(2) {
                let over = Period { start: at(pair[0] * MINUTE), end: at(pair[1] * MINUTE) };
                let found = usage.of((&owner.0, Aggregation::Sum), None, &owner.2, over, None).unwrap();
                let inside = || events.iter().filter(|(minute, ..)| (pair[0]..pair[1]).contains(minute));
                let sum: i64 = inside().map(|(_, value, _)| value).sum();
                prop_assert_eq!(found, (i64::try_from(inside().count()).unwrap(), Number::whole(sum)));
            }
        }
    }

    #[test]
    fn what_names_another_subscription_does_not_count() {
        let owner = owner();
        let usage = kept(&owner, &[(5, 1, true), (6, 2, false)]);
        let over = Period {
            start: at(0),
            end: at(HOUR),
        };
        let other = SubscriptionId::new(at(1));
        let of = |id| usage.of((&owner.0, Aggregation::Sum), None, id, over, None);
        assert_eq!(of(&owner.2).unwrap(), (2, Number::whole(3)));
        assert_eq!(of(&other).unwrap(), (1, Number::whole(2)));
    }
}
