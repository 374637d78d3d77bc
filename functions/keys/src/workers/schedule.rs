//! `schedule_rotations`: begins rotations of keys that are old: 90 days for tenants' keys, 365 for those of subjects.

use crate::{
    rotations::{Scope, begin},
    tenant_keys::{subjects_due, tenant_due},
};
use serde_json::json;
use shared::{
    crypto::{Purpose, TenantKeyItem},
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    store::{Key, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// The worker.
pub const WORKER: Worker = Worker {
    name: "schedule_rotations",
    service: "keys",
    trigger: Trigger::Schedule("rate(1 day)"),
    place: Place::Home,
    summary: "Begin rotations of keys that are old",
    uses: &[
        Uses::Write(Table::Tenancy),
        Uses::Write(Table::Audit),
        Uses::Read(Table::Keys),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 300,
    run: |work, _| {
        Box::pin(async move {
            let begun = for_tenants(&work, |work, tenant| async move { schedule(work, &tenant).await });
            Ok(json!({"begun": begun.await?}))
        })
    },
};

async fn schedule(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    if !cx.at_home().await? {
        return Ok(0);
    }
    let keys: Vec<Key> = Purpose::ALL
        .iter()
        .filter(|p| **p != Purpose::Index)
        .map(|p| cx.key::<TenantKeyItem>(p.name()))
        .collect();
    let mut batch = cx.batch(&keys).await?;
    let now = cx.now().as_second();
    let mut begun = 0;
    for key in &keys {
        let Some(item) = batch.take::<TenantKeyItem>(key)? else {
            continue;
        };
        for (scope, due) in [
            (Scope::Tenant, tenant_due(&item)),
            (Scope::Subjects, subjects_due(&item)),
        ] {
            if due > now {
                continue;
            }
            let (_, changes) = begin(&cx, scope, item.purpose, item.current)?;
            match cx.commit(changes).await {
                Ok(()) => begun += 1,
                // One of the same keys is running.
                Err(Some(problem)) if problem.code == "rotation_running" => {}
                Err(problem) => return Err(problem.unwrap_or_else(|| Problem::unavailable("lost a race"))),
            }
        }
    }
    Ok(begun)
}
