//! What customers use: events, each counted once, and what they come to in every hour. An event and the hours that it counts in are
//! written in one transaction, so that whatever was accepted is counted as soon as it is answered.

mod fields;
mod group;
mod kept;
pub mod owners;
pub mod read;
pub mod record;
pub mod said;
pub mod tally;

pub use kept::{GROUPS, bucket_id, events_of};

use crate::{meters::MeterId, rated::SubscriptionId};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals},
    ids::{CustomerId, TenantId},
    record::Record,
    store::Sealed,
    time::Timestamp,
};

/// Seconds of an hour.
pub const HOUR: i64 = 3_600;

/// Most days that an event may be old.
pub const OLDEST_DAYS: i64 = 35;

/// Shards of an hour: an item takes a thousand units a second, and those who write it at once wait for each other.
pub const SHARDS: u8 = 8;

/// The hour that an instant is in, counted from 1970.
#[must_use]
pub fn hour_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(HOUR)
}

/// An event as kept, for ever: whoever sends it again is told so.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct UsageEventItem {
    /// A digest of its source and id.
    #[internal]
    pub id: String,
    /// The meter.
    #[public]
    pub meter: MeterId,
    /// Who used it.
    #[public]
    pub customer: CustomerId,
    /// For which subscription, where it names one.
    #[public]
    #[serde(default)]
    pub subscription: Option<SubscriptionId>,
    /// When it happened.
    #[public]
    pub at: Timestamp,
    /// What it says, sealed.
    #[personal]
    pub said: Sealed,
}

impl SealedItem for UsageEventItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals.field(fields::SAID, &mut self.said);
        seals
    }
}

/// What a shard of an hour comes to. Events that add up are counted into it; those that do not are kept with it, batch by batch.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct UsageBucket {
    /// The meter.
    #[public]
    pub meter: MeterId,
    /// Who used it.
    #[public]
    pub customer: CustomerId,
    /// For which subscription, where the events named one.
    #[public]
    #[serde(default)]
    pub subscription: Option<SubscriptionId>,
    /// The hour, counted from 1970.
    #[public]
    pub hour: i64,
    /// Its place: the hour, the subscription, the group, and the shard or the batch.
    #[internal]
    pub place: String,
    /// How many events.
    #[internal]
    pub events: i64,
    /// The sum of their values, in three parts that are added up each by itself.
    #[internal]
    #[serde(default)]
    pub high: i64,
    /// The second part.
    #[internal]
    #[serde(default)]
    pub middle: i64,
    /// The third part.
    #[internal]
    #[serde(default)]
    pub low: i64,
    /// What events said that do not add up, as far as it decides; sealed.
    #[personal]
    #[serde(default)]
    pub readings: Option<Sealed>,
    /// By which values of the meter's properties it is told apart; sealed, and none where all are counted together.
    #[personal]
    #[serde(default)]
    pub group: Option<Sealed>,
}

impl SealedItem for UsageBucket {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals
            .maybe(fields::READINGS, self.readings.as_mut())
            .maybe(fields::GROUP, self.group.as_mut());
        seals
    }
}
