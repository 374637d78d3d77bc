//! Take-over and move: the steps by which a tenant's home goes to another region, each a conditional write that one of many wins.
//!
//! ```text
//! fail over   active in A ─► moving in B (from A) ─ gates, wait, repair ─► active in B
//! move        active in A ─► moving in A (to B)   ─ gates, wait, drain  ─► active in B
//! ```
//!
//! While a tenant moves nobody commits for it. What was left in the middle is gone on with by the same command again: the item
//! says how far it was.

use crate::{
    kernel::{
        ids::{EntryId, TenantId},
        time::{Timestamp, rfc3339},
    },
    ports::{
        audit::Entry,
        home::{GATES, GateItem, HomeItem, HomeState},
    },
    process::app::App,
    store::{Key, StoreError, Table, decode, encode},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::sync::Arc;

/// Gates that are shut at the same time.
const SIDE_BY_SIDE: usize = 16;

/// What the home item asks for next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This state is to be put where the epoch is what was seen.
    Put(HomeItem, Option<u64>),
    /// The move is on its way.
    Open(HomeItem),
    /// It is done.
    Done(HomeItem),
}

/// From where to where, and how.
#[derive(Clone)]
pub struct Takeover {
    /// The region that takes over.
    pub to: Arc<App>,
    /// The region that is taken over from, if its tables can be reached.
    pub old: Option<Arc<App>>,
    /// The name of that region.
    pub from: String,
    /// Who does it, and which run of theirs: no two runs write the same.
    pub by: String,
    /// Whether the old home goes on until everything has arrived.
    pub planned: bool,
}

fn told(e: StoreError) -> String {
    match e {
        StoreError::Unavailable(why) => why,
        StoreError::Condition(_) => "somebody else was first".into(),
    }
}

/// Decides the next step from what the item says.
///
/// # Errors
/// Why the home cannot go where it is to go.
pub fn step(
    (id, home): (&TenantId, Option<HomeItem>),
    (from, to): (&str, &str),
    planned: bool,
    (now, by): (Timestamp, &str),
) -> Result<Step, String> {
    let Some(home) = home else {
        return if planned {
            Ok(Step::Put(HomeItem::first(id, to, now, by), None))
        } else {
            Err(format!(
                "{id} has no home yet; `ledgerkeep tenant move` gives it one"
            ))
        };
    };
    let seen = Some(home.epoch);
    let (region, other) = (home.region.as_str(), home.other.as_deref());
    match home.state {
        HomeState::Active if region == to => Ok(Step::Done(home)),
        // Begun by an earlier run, or a move away that is called off: either way what is under way is waited for.
        HomeState::Moving if region == to => Ok(Step::Open(home)),
        HomeState::Active if planned && region == from => {
            let next = home.next(from, HomeState::Moving, Some(to), now, by);
            Ok(Step::Put(next, seen))
        }
        HomeState::Moving if planned && region == from && other == Some(to) => Ok(Step::Open(home)),
        _ if !planned && region == from => {
            let next = home.next(to, HomeState::Moving, Some(from), now, by);
            Ok(Step::Put(next, seen))
        }
        state => Err(format!(
            "the home of {id} is {region} ({state:?}, {}), not {from}",
            other.unwrap_or("-")
        )),
    }
}

impl Takeover {
    fn target(&self) -> &str {
        &self.to.config.region
    }

    /// The home as the table says now.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn seen(&self, tenant: &TenantId) -> Result<Option<HomeItem>, String> {
        let key = Key::of::<HomeItem>(tenant, tenant.as_str());
        let found = self.to.database.get(&self.to.meter, &key).await.map_err(told)?;
        let item = found.map(decode::<HomeItem>).transpose()?;
        Ok(item.map(|stored| stored.item))
    }

    /// What is next for a tenant.
    ///
    /// # Errors
    /// As [`step`].
    pub async fn next(&self, tenant: &TenantId) -> Result<Step, String> {
        let home = self.seen(tenant).await?;
        let (now, regions) = (self.to.clock.now(), (self.from.as_str(), self.target()));
        step((tenant, home), regions, self.planned, (now, &self.by))
    }

    /// Stops the old home by a higher epoch, or finds that it has been stopped.
    ///
    /// # Errors
    /// When somebody else was first, or the table does not answer.
    pub async fn begin(&self, tenant: &TenantId) -> Result<Step, String> {
        match self.next(tenant).await? {
            Step::Put(next, seen) => {
                let put = self.to.database.put_home(&self.to.meter, &next, seen).await;
                put.map_err(told)?;
                Ok(if next.accepts(self.target()) {
                    Step::Done(next)
                } else {
                    Step::Open(next)
                })
            }
            other => Ok(other),
        }
    }

    /// Shuts the gates of older epochs in a region: what stalled on its way there does not land any more.
    ///
    /// # Errors
    /// When its tables do not answer.
    pub async fn shut(&self, app: &App, home: &HomeItem) -> Result<(), String> {
        let shut = stream::iter(0..GATES).map(|number| async move {
            let gate = GateItem::new(number, home.epoch);
            app.database.shut(&app.meter, &home.id, &gate).await
        });
        let results: Vec<_> = shut.buffer_unordered(SIDE_BY_SIDE).collect().await;
        results.into_iter().collect::<Result<(), _>>().map_err(told)
    }

    /// Notes it in the tenant's log and hands the tenant over.
    ///
    /// # Errors
    /// When somebody else was first, or a table does not answer.
    pub async fn conclude(&self, home: &HomeItem, report: Value) -> Result<HomeItem, String> {
        let app = &self.to;
        let now = app.clock.now();
        let next = home.next(self.target(), HomeState::Active, None, now, &self.by);
        self.note(&home.id, next.epoch, report).await?;
        let put = app.database.put_home(&app.meter, &next, Some(home.epoch)).await;
        put.map_err(told)?;
        Ok(next)
    }

    /// Appends an entry to the tenant's log in the region that takes over.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn note(&self, tenant: &TenantId, epoch: u64, report: Value) -> Result<(), String> {
        let (app, now) = (&self.to, self.to.clock.now());
        let activity = if self.planned {
            "home.move"
        } else {
            "home.failover"
        };
        let outcome = "succeeded";
        let mut entry = Entry {
            id: EntryId::new(now).to_string(),
            activity: activity.to_owned(),
            actor: self.by.clone(),
            outcome,
            object: Some(tenant.to_string()),
            ..Entry::default()
        };
        for (name, value) in [
            ("id", json!(entry.id)),
            ("tenant", json!(tenant)),
            ("region", json!(self.target())),
            ("at", json!(rfc3339(now))),
            ("activity", json!(activity)),
            ("code", json!("X")),
            ("actor", json!(self.by)),
            ("object", json!(tenant)),
            ("outcome", json!(outcome)),
            ("from", json!(self.from)),
            ("to", json!(self.target())),
            ("epoch", json!(epoch)),
        ] {
            entry.members.insert(name.into(), value);
        }
        entry.details.insert("report".into(), report);
        let (item, chunks) = entry.into_items();
        let mut items = vec![encode(tenant, &item, 1)?];
        for chunk in &chunks {
            items.push(encode(tenant, chunk, 1)?);
        }
        for item in items {
            let put = app.database.put_new(&app.meter, Table::Audit, item).await;
            put.map_err(|e| format!("no audit entry: {}", told(e)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "eu-west-1";
    const B: &str = "eu-central-1";

    fn next(home: Option<HomeItem>, regions: (&str, &str), planned: bool) -> Result<Step, String> {
        step(
            (&TenantId::platform(), home),
            regions,
            planned,
            (Timestamp::UNIX_EPOCH, "test"),
        )
    }

    fn put(step: Result<Step, String>) -> HomeItem {
        match step {
            Ok(Step::Put(next, _)) => next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_failover_stops_both_regions_until_it_is_concluded() {
        let at = Timestamp::UNIX_EPOCH;
        let home = HomeItem::first(&TenantId::platform(), A, at, "test");
        let taking = put(next(Some(home.clone()), (A, B), false));
        assert_eq!(
            (taking.region.as_str(), taking.other.as_deref(), taking.epoch),
            (B, Some(A), 2)
        );
        assert!(!taking.accepts(A) && !taking.accepts(B));
        assert_eq!(
            next(Some(taking.clone()), (A, B), false),
            Ok(Step::Open(taking.clone())),
            "resumed"
        );
        let done = taking.next(B, HomeState::Active, None, at, "test");
        assert_eq!(
            next(Some(done.clone()), (A, B), false),
            Ok(Step::Done(done.clone())),
            "once"
        );
        assert!(
            next(Some(done), (A, "eu-north-1"), false).is_err(),
            "it is not in A any more"
        );
        assert!(next(None, (A, B), false).is_err());
        // A planned move that got stuck because its region was lost.
        let stuck = put(next(Some(home), (A, B), true));
        assert_eq!(put(next(Some(stuck), (A, B), false)).region, B);
    }

    #[test]
    fn a_move_stops_the_home_where_it_is_and_may_be_called_off() {
        let home = HomeItem::first(&TenantId::platform(), A, Timestamp::UNIX_EPOCH, "test");
        let moving = put(next(Some(home), (A, B), true));
        assert_eq!(
            (moving.region.as_str(), moving.other.as_deref(), moving.epoch),
            (A, Some(B), 2)
        );
        assert!(!moving.accepts(A) && !moving.accepts(B));
        assert_eq!(
            next(Some(moving.clone()), (A, B), true),
            Ok(Step::Open(moving.clone())),
            "resumed"
        );
        assert_eq!(
            next(Some(moving.clone()), (A, A), true),
            Ok(Step::Open(moving.clone())),
            "called off"
        );
        assert!(
            next(Some(moving), (A, "eu-north-1"), true).is_err(),
            "one move at a time"
        );
        assert!(put(next(None, (A, B), true)).accepts(B), "who has none gets one");
    }
}
