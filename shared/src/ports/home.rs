//! Home regions: which region alone may commit for a tenant, for how long a process may believe so, and what keeps a commit that
//! stalled from landing after another region has taken over.
//!
//! The truth is one item of the table `home`, which is strongly consistent over all regions and knows no transactions: it is read
//! whole and written alone, under a condition. Every change of it raises the tenant's epoch.
//!
//! A process believes what it has read for [`LEASE`], counted on both of its clocks from before the read was sent, and sends a
//! commit only inside that time; the client gives what it has sent up after [`SENDING`], and looks again before it repeats it. Whoever takes a tenant over waits [`TAKEOVER`]
//! after the new epoch has been written:
//!
//! ```text
//! LEASE 4 s  +  SENDING 3 s  +  1 s for what is still on its way  =  TAKEOVER 8 s
//! ```
//!
//! A process that is frozen between its last look at the clock and the sending is beyond that sum. Its commit carries the epoch
//! that it believes in to a gate ([`GateItem`]) in its own region's tables, in the same transaction: once take-over has reached
//! the gate, nothing older lands.

mod copies;
mod gate;
mod lease;
mod refusal;
mod table;

pub use gate::{GATES, GateItem};
pub use lease::{Guard, Homes, Lease, Unknown};
pub use refusal::{ADDRESS, NOT_HOME, refused};

pub use crate::store::SENDING;
use crate::{
    kernel::{ids::TenantId, record::Record, time::Timestamp},
    store::{Item, Table},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a process believes what it has read of the home table.
pub const LEASE: Duration = Duration::from_secs(4);
/// How long take-over waits after the new epoch, so that nobody commits under the old one any more.
pub const TAKEOVER: Duration = Duration::from_secs(8);

/// Where the home table is, if it is not where the other tables are.
pub const ENDPOINT: &str = "LEDGERKEEP_HOME_ENDPOINT_URL";
/// The variable that lists `region=base url`, separated by commas.
pub const ADDRESSES: &str = "REGIONAL_URLS";

/// What the home region of a tenant does.
///
/// ```text
/// active --move--> moving      same region, nothing is committed any more
/// moving --hand over--> active in the region that it moves to
/// moving --call off--> active  in the region that it is in
/// active --fail over--> active in another region
/// moving --fail over--> active in another region
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum HomeState {
    /// It accepts writes.
    Active,
    /// It accepts none, until what it wrote has reached the region that the tenant moves to.
    Moving,
}

/// The home of a tenant, as the home table keeps it.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct HomeItem {
    /// The tenant.
    #[public]
    pub id: TenantId,
    /// The region that alone commits for it.
    #[public]
    pub region: String,
    /// Raised by every change of this item.
    #[public]
    pub epoch: u64,
    /// What the region does.
    #[public]
    pub state: HomeState,
    /// The region that it moves to, or that a take-over which is not concluded has taken it from.
    #[public]
    #[serde(default)]
    pub other: Option<String>,
    /// When this epoch began.
    #[public]
    pub changed_at: Timestamp,
    /// Who made it begin.
    #[internal]
    pub changed_by: String,
}

impl HomeItem {
    /// The home of a tenant that has never moved.
    #[must_use]
    pub fn first(id: &TenantId, region: &str, now: Timestamp, by: &str) -> Self {
        Self {
            id: id.clone(),
            region: region.to_owned(),
            epoch: 1,
            state: HomeState::Active,
            other: None,
            changed_at: now,
            changed_by: by.to_owned(),
        }
    }

    /// The epoch after this one.
    #[must_use]
    pub fn next(
        &self,
        region: &str,
        state: HomeState,
        other: Option<&str>,
        now: Timestamp,
        by: &str,
    ) -> Self {
        Self {
            id: self.id.clone(),
            region: region.to_owned(),
            epoch: self.epoch.saturating_add(1),
            state,
            other: other.map(str::to_owned),
            changed_at: now,
            changed_by: by.to_owned(),
        }
    }

    /// Whether a region may commit.
    #[must_use]
    pub fn accepts(&self, region: &str) -> bool {
        self.state == HomeState::Active && self.region == region
    }
}

impl Item for HomeItem {
    const TABLE: Table = Table::Home;
    const KIND: &'static str = "home";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What makes a take-over safe: whoever believed in the old epoch has stopped sending before the new home begins.
    const _: () = assert!(LEASE.as_secs() + SENDING.as_secs() < TAKEOVER.as_secs());

    #[test]
    fn every_change_raises_the_epoch_and_only_the_active_home_accepts() {
        let at = Timestamp::UNIX_EPOCH;
        let first = HomeItem::first(&TenantId::platform(), "eu-west-1", at, "test");
        assert!(first.accepts("eu-west-1") && !first.accepts("eu-central-1"));
        let moving = first.next("eu-west-1", HomeState::Moving, Some("eu-central-1"), at, "test");
        assert!(!moving.accepts("eu-west-1") && !moving.accepts("eu-central-1"));
        let there = moving.next("eu-central-1", HomeState::Active, None, at, "test");
        assert!(there.accepts("eu-central-1") && !there.accepts("eu-west-1"));
        assert_eq!([first.epoch, moving.epoch, there.epoch], [1, 2, 3]);
    }
}
