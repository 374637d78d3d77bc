//! Meters: how the events of customers become quantities that are billed. A meter is archived and never changes otherwise; another way
//! of counting is another meter.

pub mod create;
pub mod list;
pub mod read;
pub mod update;

use rating::Aggregation;
use serde::{Deserialize, Serialize};
use shared::{
    metadata::MetadataKey,
    record::Record,
    store::{Item, Listing, Table},
    text::Name,
    time::Timestamp,
};

shared::id_type!(
    /// A meter.
    MeterId, "mtr"
);

shared::text_type!(
    /// What a tenant's own systems call something: 1 to 100 printable characters of ASCII without spaces.
    Word called "PlainWord", r"^[\x21-\x7e]{1,100}$", "api_call", |t| {
        if (1..=100).contains(&t.len()) && t.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            Ok(t.to_owned())
        } else {
            Err("must be 1 to 100 printable characters of ASCII without spaces")
        }
    }
);

/// The list of every meter, in the first index.
pub(crate) const ALL: &str = "meters";

/// How the events of a meter become a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "MeterAggregation")]
pub enum MeterAggregation {
    /// The sum of their values.
    Sum,
    /// How many there are.
    Count,
    /// The greatest value.
    Max,
    /// The value of the latest.
    Last,
    /// How many different values of a property there are.
    Unique,
    /// Each value is a level until the next one: the sum of level × duration ÷ the period's length.
    WeightedSum,
}

impl From<MeterAggregation> for Aggregation {
    fn from(aggregation: MeterAggregation) -> Self {
        match aggregation {
            MeterAggregation::Sum => Self::Sum,
            MeterAggregation::Count => Self::Count,
            MeterAggregation::Max => Self::Max,
            MeterAggregation::Last => Self::Last,
            MeterAggregation::Unique => Self::Unique,
            MeterAggregation::WeightedSum => Self::WeightedSum,
        }
    }
}

impl MeterAggregation {
    /// Whether what events say is added up as it comes, so that no more than a sum need be kept.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        matches!(self, Self::Sum | Self::Count)
    }
}

/// A meter as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct MeterItem {
    /// Its id.
    #[public]
    pub id: MeterId,
    /// What it is called.
    #[internal]
    pub name: Name,
    /// What the tenant's own systems call its events.
    #[internal]
    #[serde(default)]
    pub event_type: Option<Word>,
    /// How events become a quantity.
    #[internal]
    pub aggregation: MeterAggregation,
    /// The property of an event that holds its value.
    #[internal]
    #[serde(default)]
    pub value_property: Option<MetadataKey>,
    /// The properties by which usage is told apart.
    #[internal]
    #[serde(default)]
    pub group_by: Vec<MetadataKey>,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
    /// Since when it takes no more events and no new prices.
    #[public]
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
}

impl Item for MeterItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "meter";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.id.to_string(),
        })
    }
}

/// A meter as answered.
#[derive(Record, Serialize)]
pub struct Meter {
    /// Its id.
    #[public]
    pub id: MeterId,
    /// What it is called.
    #[internal]
    pub name: Name,
    /// What the tenant's own systems call its events.
    #[internal]
    pub event_type: Option<Word>,
    /// How events become a quantity.
    #[internal]
    pub aggregation: MeterAggregation,
    /// The property of an event that holds its value; none where an event's own `value` does, or nothing need.
    #[internal]
    pub value_property: Option<MetadataKey>,
    /// The properties by which usage is told apart.
    #[internal]
    pub group_by: Vec<MetadataKey>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
    /// Since when it takes no more events and no new prices.
    #[public]
    pub archived_at: Option<shared::time::Instant>,
}

impl From<&MeterItem> for Meter {
    fn from(item: &MeterItem) -> Self {
        Self {
            id: item.id.clone(),
            name: item.name.clone(),
            event_type: item.event_type.clone(),
            aggregation: item.aggregation,
            value_property: item.value_property.clone(),
            group_by: item.group_by.clone(),
            created_at: shared::time::Instant::from(item.created_at),
            archived_at: item.archived_at.map(shared::time::Instant::from),
        }
    }
}
