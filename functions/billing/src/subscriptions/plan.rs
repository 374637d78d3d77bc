//! The periods of a subscription.

use super::{BillingAnchor, SubscriptionItem, segments::wrong};
use crate::prices::Interval;
use rating::{Anchor, Schedule, Wrong, Zone};
use shared::{problem::Problem, time::Timestamp};

/// The anchor as periods are computed with it.
pub(super) fn anchor(anchor: BillingAnchor, day: Option<u8>) -> Anchor {
    match (anchor, day) {
        (BillingAnchor::Day, Some(day)) => Anchor::Day(day),
        (BillingAnchor::Calendar, _) => Anchor::Calendar,
        _ => Anchor::Start,
    }
}

/// The periods from an instant on.
pub(super) fn schedule(
    zone: &Zone,
    from: Timestamp,
    (interval, count): (Interval, u16),
    anchor: Anchor,
) -> Result<Schedule, Wrong> {
    let interval = rating::Interval::new(interval.unit(), count)?;
    Schedule::new(zone.clone(), from, interval, anchor)
}

impl SubscriptionItem {
    /// Its periods.
    ///
    /// # Errors
    /// 500 when what was accepted cannot be computed.
    pub(super) fn schedule(&self, zone: &Zone) -> Result<Schedule, Problem> {
        let every = (self.interval, self.interval_count);
        let anchor = anchor(self.anchor, self.anchor_day);
        schedule(zone, self.paid_from, every, anchor).map_err(wrong)
    }
}
