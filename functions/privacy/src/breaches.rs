//! Breaches of personal data: 72 hours from when one is known until the authority is told (GDPR art. 33).

pub mod create;
pub mod list;
pub mod notify;

use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Listing, Table},
    text::{Line, Reference},
    time::{Instant, Timestamp, after},
};

shared::id_type!(
    /// A breach.
    BreachId, "brc"
);

/// Every breach, in the first index.
pub(crate) const ALL: &str = "breaches";
/// Those that nobody has been told of, in the second index.
pub(crate) const OPEN: &str = "breaches-open";
/// Hours until the authority must have been told.
const CLOCK: i64 = 72;
/// Hours after which an alert is raised.
const ALERTS: [i64; 3] = [24, 48, 60];

/// A breach as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct BreachItem {
    /// Its id.
    #[public]
    pub id: BreachId,
    /// What happened, without anything personal.
    #[internal]
    pub summary: Line,
    /// About how many people.
    #[internal]
    pub affected: Option<i64>,
    /// When it became known; the clock runs from then.
    #[public]
    pub known_at: Timestamp,
    /// How many alerts have been raised.
    #[public]
    pub alerted: u32,
    /// When the authority was told.
    #[public]
    pub notified_at: Option<Timestamp>,
    /// The authority's number.
    #[internal]
    pub authority_reference: Option<Reference>,
    /// Why it came late (art. 33(1)).
    #[internal]
    pub delay_reason: Option<Line>,
    /// When it was recorded.
    #[public]
    pub created_at: Timestamp,
}

impl Item for BreachItem {
    const TABLE: Table = Table::Privacy;
    const KIND: &'static str = "breach";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        self.notified_at.is_none().then(|| Listing {
            list: OPEN.into(),
            sort: self.id.to_string(),
        })
    }
}

impl BreachItem {
    /// Until when the authority must be told.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        after(self.known_at, CLOCK * 3600)
    }
    /// How many alerts must have been raised at `now`.
    #[must_use]
    pub fn stage(&self, now: Timestamp) -> u32 {
        let passed = ALERTS.iter().filter(|h| now >= after(self.known_at, **h * 3600));
        u32::try_from(passed.count()).unwrap_or(u32::MAX)
    }
}

/// A breach as answered.
#[derive(Record, Serialize)]
pub struct Breach {
    /// Its id.
    #[public]
    pub id: BreachId,
    /// What happened.
    #[internal]
    pub summary: Line,
    /// About how many people.
    #[internal]
    pub affected: Option<i64>,
    /// When it became known (RFC 3339 UTC).
    #[public]
    pub known_at: Instant,
    /// Until when the authority must be told: 72 hours later.
    #[public]
    pub due_at: Instant,
    /// How many alerts have been raised: after 24, 48 and 60 hours.
    #[public]
    pub alerted: u32,
    /// When the authority was told.
    #[public]
    pub notified_at: Option<Instant>,
    /// The authority's number.
    #[internal]
    pub authority_reference: Option<Reference>,
    /// Why it came late.
    #[internal]
    pub delay_reason: Option<Line>,
}

impl From<&BreachItem> for Breach {
    fn from(item: &BreachItem) -> Self {
        Self {
            id: item.id.clone(),
            summary: item.summary.clone(),
            affected: item.affected,
            known_at: Instant::from(item.known_at),
            due_at: Instant::from(item.due_at()),
            alerted: item.alerted,
            notified_at: item.notified_at.map(Instant::from),
            authority_reference: item.authority_reference.clone(),
            delay_reason: item.delay_reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::rfc3339;

    #[test]
    fn alerts_come_at_24_48_and_60_hours() {
        let known_at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let breach = BreachItem {
            id: BreachId::new(known_at),
            summary: Line::parse("Lost laptop").unwrap(),
            affected: None,
            known_at,
            alerted: 0,
            notified_at: None,
            authority_reference: None,
            delay_reason: None,
            created_at: known_at,
        };
        for (seconds, stage) in [
            (0, 0),
            (24 * 3600 - 1, 0),
            (24 * 3600, 1),
            (48 * 3600, 2),
            (60 * 3600, 3),
        ] {
            assert_eq!(breach.stage(after(known_at, seconds)), stage, "{seconds}");
        }
        assert_eq!(rfc3339(breach.due_at()), "2026-01-04T00:00:00.000Z");
    }
}
