//! What of a batch falls into one place: a shard of an hour, of a customer or of a group.

use super::{
    HOUR, SHARDS, UsageBucket, bucket_id,
    fields::{GROUP, READINGS},
};
use crate::{
    meters::{MeterId, MeterItem},
    rated::SubscriptionId,
};
use aws_lc_rs::digest;
use rating::{Reading, Tally, Wrong};
use shared::{
    crypto::SubjectCipher,
    ids::CustomerId,
    metadata::Metadata,
    problem::Problem,
    road::Context,
    store::{Update, Write},
};
use std::collections::BTreeMap;

/// Which hour of what.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) meter: MeterId,
    pub(super) customer: CustomerId,
    pub(super) subscription: Option<SubscriptionId>,
    pub(super) hour: i64,
    /// The values that tell a group apart, as JSON; none where all are counted together.
    group: Option<String>,
}

/// What of a batch falls where.
#[derive(Default)]
pub(super) struct Places(BTreeMap<Place, Vec<Reading>>);

fn short(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    hex::encode(digest.as_ref().get(..16).unwrap_or_default())
}

impl Places {
    /// Adds what an event counts as: once for all, and once for its group where the meter tells groups apart.
    ///
    /// # Errors
    /// 500 when the group does not encode.
    pub(super) fn add(
        &mut self,
        meter: &MeterItem,
        (customer, subscription): (&CustomerId, Option<&SubscriptionId>),
        properties: Option<&Metadata>,
        reading: Reading,
    ) -> Result<(), Problem> {
        let all = Place {
            meter: meter.id.clone(),
            customer: customer.clone(),
            subscription: subscription.cloned(),
            hour: reading.at.div_euclid(HOUR * 1_000),
            group: None,
        };
        if !meter.group_by.is_empty() {
            let keys = meter.group_by.iter().map(|key| key.as_str());
            let group = properties.map(|all| all.only(keys)).unwrap_or_default();
            let text = serde_json::to_string(&group).map_err(|e| Problem::internal(e.to_string()))?;
            let group = Place {
                group: Some(text),
                ..all.clone()
            };
            self.0.entry(group).or_default().push(reading.clone());
        }
        self.0.entry(all).or_default().push(reading);
        Ok(())
    }

    /// How many items they are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The writes: counters that go up, or what does not add up in an item of its own.
    ///
    /// # Errors
    /// 422 when a sum is too large; 500 when something does not encode.
    pub(super) fn writes(
        &self,
        cx: &Context,
        batch: &str,
        meters: &BTreeMap<MeterId, MeterItem>,
        ciphers: &BTreeMap<CustomerId, SubjectCipher>,
    ) -> Result<Vec<Write>, Problem> {
        let write = |(place, readings): (&Place, &Vec<Reading>)| {
            let meter = meters.get(&place.meter);
            let meter = meter.ok_or_else(|| Problem::internal("a place without its meter"))?;
            let cipher = ciphers.get(&place.customer);
            let cipher = cipher.ok_or_else(|| Problem::internal("a place without a cipher"))?;
            place.write(cx, batch, meter, cipher, readings)
        };
        self.0.iter().map(write).collect()
    }
}

impl Place {
    fn write(
        &self,
        cx: &Context,
        batch: &str,
        meter: &MeterItem,
        cipher: &SubjectCipher,
        readings: &[Reading],
    ) -> Result<Write, Problem> {
        let too_large = |why: Wrong| Problem::invalid("/events", why.reason());
        let tally = Tally::of(meter.aggregation.into(), readings.to_vec()).map_err(too_large)?;
        let id = bucket_id(self.meter.as_str(), self.customer.as_str(), self.group.is_some());
        let owner = self
            .subscription
            .as_ref()
            .map_or("-", |subscription| subscription.as_str());
        let group = self.group.as_deref().map(short).unwrap_or_default();
        let before = format!("{:07}#{owner}#{group}", self.hour);
        if !meter.aggregation.adds_up() {
            let sort = format!("{before}#{batch}");
            let text = serde_json::to_vec(&tally.readings).map_err(|e| Problem::internal(e.to_string()))?;
            return cx.create(&UsageBucket {
                readings: Some(cipher.seal::<UsageBucket>(&id, &sort, READINGS, &text)?),
                meter: self.meter.clone(),
                customer: self.customer.clone(),
                subscription: self.subscription.clone(),
                hour: self.hour,
                place: format!("{id}|{sort}"),
                events: tally.events,
                high: 0,
                middle: 0,
                low: 0,
                group: None,
            });
        }
        // Which shard is as good as random: batches have ids of their own.
        let shard = short(batch).bytes().next().unwrap_or_default() % SHARDS;
        let sort = format!("{before}#{shard}");
        let [high, middle, low] = tally.sum.parts().map_err(too_large)?;
        let mut update = Update::new()
            .text("meter", self.meter.as_str())
            .text("customer", self.customer.as_str())
            .number("hour", self.hour)
            .text("place", &format!("{id}|{sort}"))
            .add("events", tally.events)
            .add("high", high)
            .add("middle", middle)
            .add("low", low);
        if let Some(subscription) = &self.subscription {
            update = update.text("subscription", subscription.as_str());
        }
        if let Some(group) = &self.group {
            let sealed = cipher.seal::<UsageBucket>(&id, &sort, GROUP, group.as_bytes())?;
            update = update.bytes(GROUP, &sealed.0);
        }
        Ok(cx.update::<UsageBucket>(&id, &sort, update))
    }
}
