//! One call: what the road found out about it.

use super::{idempotency::Slot, request::RequestInfo};
use crate::{
    access::{
        auth::{Principal, PrincipalKind, single::Single},
        rbac::{Decision, Effect, Grant, Policy, Role},
    },
    declaration::{
        endpoint::{Access, Declaration},
        uses::Uses,
        worker::Duty,
    },
    kernel::{
        ids::{self, TenantId},
        problem::Problem,
        time::Timestamp,
        trace,
    },
    process::app::App,
    store::{Attributes, Attrs, Key, Table, Write, meter::Meter},
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

/// The items of a page, and the key after which there are more.
pub(crate) type Listed = (Vec<Attrs>, Option<Attrs>);

/// Lists that were read early, by what makes a page what it is.
pub(crate) type Lists = HashMap<String, Listed>;

#[derive(Clone, Copy)]
pub(crate) enum Who {
    Function(&'static Declaration),
    Worker(Duty),
}

/// One call, as far as the road got.
pub struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) who: Who,
    pub(crate) request: RequestInfo,
    pub(crate) principal: Principal,
    pub(crate) decision: Decision,
    pub(crate) now: Timestamp,
    pub(crate) meter: Arc<Meter>,
    /// What was read with the caller.
    pub(crate) prefetched: Mutex<HashMap<Key, Attrs>>,
    pub(crate) slot: Option<Slot>,
    pub(crate) touch: Mutex<Option<Write>>,
    /// The proof that came with a bound token, or an envelope's nonce, until it has been written down as used.
    pub(crate) proof: Mutex<Option<Single>>,
    /// The tenant that the audit entry goes to: the caller's, or the one that a public call entered.
    pub(crate) scope: Mutex<TenantId>,
    /// The masked input, once it has been parsed.
    pub(crate) masked_input: Mutex<Option<Value>>,
    /// How often the handler has run before for this request, after lost races.
    pub(crate) round: AtomicU64,
    /// The monotonic reading after which nothing new is tried for it.
    pub(crate) deadline: Duration,
    /// Whether a key has been used that is kept for opening only.
    pub(crate) used_retired: Arc<AtomicBool>,
    /// What was read and is not what it should be: left out, and said in the entry, which raises an alert.
    pub(crate) unreadable: Mutex<BTreeSet<String>>,
    /// Whether nothing is known of the caller yet.
    pub(crate) early: bool,
    /// What was listed before the caller was known.
    pub(crate) lists: Mutex<Lists>,
    /// What it is about to do with its object, for filters that look at that.
    pub(crate) operation: Mutex<Attributes>,
    /// Whether its right does not cover an object that the caller may read.
    pub(crate) uncovered: AtomicBool,
}

/// How long after its beginning something new is tried for a call. The gateway waits 29 s; the rest is for
/// what is under way then, and for the audit entry.
pub(crate) const PATIENCE: Duration = Duration::from_secs(18);

/// Most unreadable items that one entry names.
const UNREADABLE: usize = 20;

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Call {
    /// The context of a worker in one tenant.
    #[must_use]
    pub fn for_worker(app: Arc<App>, worker: Duty, tenant: &TenantId, meter: Arc<Meter>) -> Arc<Self> {
        let now = app.clock.now();
        let deadline = app.clock.monotonic().saturating_add(PATIENCE);
        let kind = PrincipalKind::Worker { name: worker.name };
        Arc::new(Self {
            request: RequestInfo {
                id: ids::fresh("req", now),
                trace: Some(trace::begin()),
                ..RequestInfo::default()
            },
            principal: Principal {
                tenant: tenant.clone(),
                kind,
                roles: Arc::default(),
            },
            scope: Mutex::new(tenant.clone()),
            app,
            who: Who::Worker(worker),
            decision: Decision::default(),
            now,
            meter,
            prefetched: Mutex::default(),
            slot: None,
            touch: Mutex::default(),
            proof: Mutex::default(),
            masked_input: Mutex::default(),
            round: AtomicU64::new(0),
            deadline,
            used_retired: Arc::default(),
            unreadable: Mutex::default(),
            early: false,
            lists: Mutex::default(),
            operation: Mutex::default(),
            uncovered: AtomicBool::default(),
        })
    }

    /// The call in which a worker finishes what a function has begun: the function's declaration, and the
    /// worker as the caller. Whether the one who asked may do it has been decided when the intent was
    /// committed, so no filter applies any more.
    pub(crate) fn for_resume(
        app: Arc<App>,
        declaration: &'static Declaration,
        worker: &'static str,
        tenant: &TenantId,
        meter: Arc<Meter>,
    ) -> Self {
        let now = app.clock.now();
        let deadline = app.clock.monotonic().saturating_add(PATIENCE);
        let decision = match declaration.access {
            Access::Right(right) => {
                let all = Grant {
                    right: right.name.to_owned(),
                    effect: Effect::Allow,
                    filter: None,
                };
                Decision::of(right, &Policy::of(vec![Role::new(worker, 1, worker, vec![all])]))
            }
            _ => Decision::default(),
        };
        Self {
            request: RequestInfo {
                id: ids::fresh("req", now),
                trace: Some(trace::begin()),
                ..RequestInfo::default()
            },
            principal: Principal {
                tenant: tenant.clone(),
                kind: PrincipalKind::Worker { name: worker },
                roles: Arc::default(),
            },
            scope: Mutex::new(tenant.clone()),
            app,
            who: Who::Function(declaration),
            decision,
            now,
            meter,
            prefetched: Mutex::default(),
            slot: None,
            touch: Mutex::default(),
            proof: Mutex::default(),
            masked_input: Mutex::default(),
            round: AtomicU64::new(0),
            deadline,
            used_retired: Arc::default(),
            unreadable: Mutex::default(),
            early: false,
            lists: Mutex::default(),
            operation: Mutex::default(),
            uncovered: AtomicBool::default(),
        }
    }

    pub(crate) fn declaration(&self) -> Option<&'static Declaration> {
        match self.who {
            Who::Function(declaration) => Some(declaration),
            Who::Worker(_) => None,
        }
    }

    pub(crate) fn activity(&self) -> String {
        match self.who {
            Who::Function(d) => d.activity(),
            Who::Worker(w) => w.activity(),
        }
    }

    /// Notes an item that cannot be read: its kind and id, as far as it says them.
    pub(crate) fn left_out(&self, kind: &str, id: &str, why: &Problem) {
        tracing::error!(
            kind,
            id,
            why = why.internal,
            "an item cannot be read and is left out"
        );
        let mut unreadable = locked(&self.unreadable);
        if unreadable.len() < UNREADABLE {
            unreadable.insert(format!("{kind}#{id}").chars().take(120).collect());
        }
    }

    fn needs(&self) -> Vec<Uses> {
        match self.who {
            Who::Function(d) => d.needs(),
            Who::Worker(w) => w.needs(),
        }
    }

    /// The role of the function, as the store enforces it locally: what is not declared is refused.
    pub(crate) fn may(&self, uses: Uses) -> Result<(), Problem> {
        let needs = self.needs();
        let covered = needs.contains(&uses)
            || matches!(uses, Uses::Read(t) if needs.contains(&Uses::Write(t)) && t != Table::Audit)
            // Whether an effect has been posted is seen after a lost race.
            || (uses == Uses::Read(Table::Journal) && needs.contains(&Uses::Post));
        if covered {
            Ok(())
        } else {
            Err(Problem::internal(format!(
                "{} does not declare {uses:?}",
                self.activity()
            )))
        }
    }

    /// Whether lists of this index of a table, or what is below its partitions, have been declared.
    pub(super) fn may_list(&self, table: Table, index: Option<u8>) -> Result<(), Problem> {
        self.may(index.map_or(Uses::Below(table), |index| Uses::List(table, index)))
    }
}
