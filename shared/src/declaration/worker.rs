//! Workers as they are declared: what starts them, where they act, and what they may do.

use super::uses::Uses;
use crate::store::Table;

/// What starts a worker.
#[derive(Clone, Copy, Debug)]
pub enum Trigger {
    /// Records of these tables' streams.
    Stream(&'static [Table]),
    /// Messages of a queue.
    Queue(&'static str),
    /// A schedule expression of EventBridge, for example `rate(1 minute)`.
    Schedule(&'static str),
    /// Nothing: an operator invokes it.
    Manual,
}

/// Which region's run of a worker acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The tenant's home: it writes what the tenant's people and clients may write, too. What it commits elsewhere is refused.
    Home,
    /// Each region's, for its own log: it writes only items that are named after its region or after entries of it.
    EachRegion,
}

/// What a worker is bound by, whatever it does.
#[derive(Clone, Copy, Debug)]
pub struct Duty {
    /// The worker's name.
    pub name: &'static str,
    /// Its service.
    pub service: &'static str,
    /// Which region's run acts.
    pub place: Place,
    /// What its role must allow.
    pub uses: &'static [Uses],
}

impl Duty {
    /// `<service>.<worker>`, the activity in audit entries.
    #[must_use]
    pub fn activity(&self) -> String {
        format!("{}.{}", self.service, self.name)
    }

    /// Everything its role must allow.
    #[must_use]
    pub fn needs(&self) -> Vec<Uses> {
        let mut needs = self.uses.to_vec();
        if self.place == Place::Home {
            needs.push(Uses::Home);
        }
        if needs.iter().any(|n| matches!(n, Uses::Key(_))) {
            needs.push(Uses::Read(Table::Keys));
        }
        needs.sort();
        needs.dedup();
        needs
    }
}

/// What starts a worker, in one word.
#[must_use]
pub fn trigger_name(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Stream(_) => "stream",
        Trigger::Queue(_) => "queue",
        Trigger::Schedule(_) => "schedule",
        Trigger::Manual => "manual",
    }
}
