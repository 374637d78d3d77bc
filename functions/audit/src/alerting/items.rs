//! What rules remember between entries.

use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Table},
};

/// Seconds that it is remembered which entries have been evaluated: longer than any stream repeats its records.
const REMEMBERED: i64 = 7 * 24 * 3600;

/// An entry has been evaluated. Created once, in the transaction that counts it: no entry counts twice.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct HeardItem {
    /// The entry.
    #[public]
    pub id: String,
    /// Unix seconds of the evaluation.
    #[public]
    pub heard_at: i64,
}

impl Item for HeardItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "alert-heard";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Watch what is done with a tenant's data",
        shared::processing::Subjects::Users,
        shared::processing::Basis::LegitimateInterest,
        "Days",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.heard_at.saturating_add(REMEMBERED))
    }
}

/// What a rule has counted for one subject. Replaced on its revision only.
#[derive(Record, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct TrackerItem {
    /// `<region>#<rule>#<hash of the subject>`.
    #[public]
    pub id: String,
    /// The latest entries, in the order of their ids and so of their time.
    #[public]
    pub entries: Vec<String>,
    /// Milliseconds from and up to which entries belong to an alert that has been raised.
    #[public]
    pub told_from: i64,
    /// See `told_from`.
    #[public]
    pub told_until: i64,
    /// The hour that is counted, in hours since 1970.
    #[public]
    pub hour: i64,
    /// Entries of that hour.
    #[public]
    pub this: u64,
    /// Entries of the hour before.
    #[public]
    pub before: u64,
    /// The last hour that an alert was raised for.
    #[public]
    pub told_hour: i64,
    /// Unix seconds after which it may be forgotten.
    #[public]
    pub until: i64,
}

impl Item for TrackerItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "alert-tracker";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Watch what is done with a tenant's data",
        shared::processing::Subjects::Users,
        shared::processing::Basis::LegitimateInterest,
        "Until the tenant ends",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.until)
    }
}

/// How far a sweep has come in one list.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ComparedItem {
    /// Which list.
    #[public]
    pub id: String,
    /// Everything up to this has been compared in this round.
    #[public]
    pub upto: String,
}

impl Item for ComparedItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "audit-compared";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Watch what is done with a tenant's data",
        shared::processing::Subjects::Users,
        shared::processing::Basis::LegitimateInterest,
        "Days",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
}
