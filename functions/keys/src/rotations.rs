//! Rotations: jobs that replace keys and seal anew what is sealed under them, resumable at every step.
//!
//! ```text
//! new_keys ──► fields ──► recount ──► retire ──► kept ──7 days──► recheck ──► destroy ──► done
//!                ▲           │ found                                  │ found
//!                └───────────┴────────────────────────────────────────┘
//! ```
//!
//! Every arrow is one conditional write of the job. A worker that ends anywhere leaves a cursor for each segment behind,
//! and whoever takes its lease goes on there; what has been done twice is skipped by its version.

pub mod create;
pub mod job;
pub mod read;

use serde::{Deserialize, Serialize};
use shared::{
    crypto::Purpose,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Item, Listing, Table},
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// A rotation.
    RotationId, "rot"
);

/// The list of rotations that are not done.
pub(crate) const OPEN: &str = "rotations-open";
/// Capacity units a second that a rotation begins with.
pub(crate) const RATE: u32 = 400;

/// Which keys are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RotationScope")]
pub enum Scope {
    /// The tenant's key; the keys of subjects are wrapped anew.
    Tenant,
    /// The keys of subjects; their data is encrypted anew.
    Subjects,
}

/// Where a rotation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RotationStage")]
pub enum Stage {
    /// New versions are made.
    NewKeys,
    /// What is under old versions is sealed or wrapped anew.
    Fields,
    /// Everything is counted once more.
    Recount,
    /// The old versions are marked: from then on their use raises an alert.
    Retire,
    /// Old versions are kept for opening only, for seven days.
    Kept,
    /// Everything is counted a last time.
    Recheck,
    /// The old versions are destroyed.
    Destroy,
    /// They are gone.
    Done,
}

/// How far one segment of a table has been gone through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The table's name.
    pub table: String,
    /// The segment.
    pub segment: i32,
    /// Partition and sort key after which it goes on.
    pub after: Option<(String, String)>,
}

shared::plain_shape!(
    Cursor,
    "How far one segment of a table has been gone through.",
    table: String,
    segment: i32,
    after: Option<[String; 2]>,
);

/// A rotation as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RotationItem {
    /// Its id.
    #[public]
    pub id: RotationId,
    /// Which keys.
    #[public]
    pub scope: Scope,
    /// For which purpose.
    #[public]
    pub purpose: Purpose,
    /// Where it stands.
    #[public]
    pub stage: Stage,
    /// The tenant key's version before it.
    #[public]
    pub from: u32,
    /// The tenant key's version after it; the same where only subjects get new keys.
    #[public]
    pub to: u32,
    /// The segments that this stage has not ended yet.
    #[internal]
    pub cursors: Vec<Cursor>,
    /// How many it began with.
    #[internal]
    pub segments: u32,
    /// Items of the tenant that were looked at.
    #[internal]
    pub seen: u64,
    /// Items that were changed.
    #[internal]
    pub changed: u64,
    /// Writes that lost a race and were made again.
    #[internal]
    pub lost: u64,
    /// What the present or last count has found under old versions.
    #[internal]
    pub left: u64,
    /// Sealed bytes that no type accounts for.
    #[internal]
    pub unknown: u64,
    /// Times that everything was gone through.
    #[internal]
    pub passes: u32,
    /// Capacity units a second.
    #[internal]
    pub rate: u32,
    /// The run that works on it.
    #[internal]
    pub lease: Option<String>,
    /// Unix seconds until which it alone does.
    #[internal]
    pub lease_until: i64,
    /// Unix seconds before which the stage does not begin.
    #[internal]
    pub not_before: i64,
    /// Who asked for it.
    #[public]
    pub created_by: String,
    /// When.
    #[public]
    pub created_at: Timestamp,
    /// When nothing was left under old versions.
    #[public]
    pub retired_at: Option<Timestamp>,
    /// When they were destroyed.
    #[public]
    pub destroyed_at: Option<Timestamp>,
}

impl Item for RotationItem {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "rotation";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn second_listing(&self) -> Option<Listing> {
        (self.stage != Stage::Done).then(|| Listing {
            list: OPEN.into(),
            sort: self.id.to_string(),
        })
    }
}

/// Keeps two rotations of the same keys apart, until the first has retired the old ones.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RotationSlot {
    /// Scope and purpose.
    #[public]
    pub id: String,
    /// The rotation that holds it.
    #[public]
    pub rotation: RotationId,
}

impl RotationSlot {
    /// The id of the slot of these keys.
    #[must_use]
    pub fn id_of(scope: Scope, purpose: Purpose) -> String {
        let scope = match scope {
            Scope::Tenant => "tenant",
            Scope::Subjects => "subjects",
        };
        format!("{scope}-{}", purpose.name())
    }
}

impl Item for RotationSlot {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "rotation-slot";
    fn id(&self) -> &str {
        &self.id
    }
}

/// A new rotation, and the writes that begin it.
///
/// # Errors
/// 409 when one of the same keys is running: that is what its write answers.
pub fn begin(
    cx: &Context,
    scope: Scope,
    purpose: Purpose,
    current: u32,
) -> Result<(RotationItem, Changes), Problem> {
    let item = RotationItem {
        id: RotationId::new(cx.now()),
        scope,
        purpose,
        stage: Stage::NewKeys,
        from: current,
        to: current.saturating_add(u32::from(scope == Scope::Tenant)),
        cursors: Vec::new(),
        segments: 0,
        seen: 0,
        changed: 0,
        lost: 0,
        left: 0,
        unknown: 0,
        passes: 0,
        rate: RATE,
        lease: None,
        lease_until: 0,
        not_before: 0,
        created_by: cx.principal().id(),
        created_at: cx.now(),
        retired_at: None,
        destroyed_at: None,
    }
    .entering(Stage::NewKeys);
    let slot = RotationSlot {
        id: RotationSlot::id_of(scope, purpose),
        rotation: item.id.clone(),
    };
    let text = "A rotation of these keys is running. Wait until it has ended.";
    let running = Problem::conflict("rotation_running", text);
    let changes = Changes::new()
        .write(cx.create(&slot)?.otherwise(running))
        .write(cx.create(&item)?)
        .object(item.id.as_str(), None, Some(&item));
    Ok((item, changes))
}

/// A rotation as answered.
#[derive(Record, Serialize)]
pub struct Rotation {
    /// Its id.
    #[public]
    pub id: RotationId,
    /// Which keys.
    #[public]
    pub scope: Scope,
    /// For which purpose.
    #[public]
    pub purpose: Purpose,
    /// Where it stands.
    #[public]
    pub stage: Stage,
    /// The tenant key's version before it.
    #[public]
    pub from_version: u32,
    /// The tenant key's version after it.
    #[public]
    pub to_version: u32,
    /// How much of this stage is done, in percent.
    #[public]
    pub percent: u32,
    /// Items that were looked at, over all stages.
    #[public]
    pub seen: u64,
    /// Items that were changed.
    #[public]
    pub changed: u64,
    /// What the present or last count has found under old versions.
    #[public]
    pub left: u64,
    /// Sealed bytes that no type accounts for; while there are some, the rotation does not end.
    #[public]
    pub unknown: u64,
    /// Times that everything was gone through.
    #[public]
    pub passes: u32,
    /// When it was asked for (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// When nothing was left under old versions.
    #[public]
    pub retired_at: Option<Instant>,
    /// When they were destroyed.
    #[public]
    pub destroyed_at: Option<Instant>,
}

impl From<&RotationItem> for Rotation {
    fn from(item: &RotationItem) -> Self {
        Self {
            id: item.id.clone(),
            scope: item.scope,
            purpose: item.purpose,
            stage: item.stage,
            from_version: item.from,
            to_version: item.to,
            percent: item.percent(),
            seen: item.seen,
            changed: item.changed,
            left: item.left,
            unknown: item.unknown,
            passes: item.passes,
            created_at: Instant::from(item.created_at),
            retired_at: item.retired_at.map(Instant::from),
            destroyed_at: item.destroyed_at.map(Instant::from),
        }
    }
}
