//! `rotate_keys`: takes every open rotation a step further, until its time is over. The only function that may scan.

use crate::rotations::{OPEN, RATE, RotationItem, Stage};
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    random,
    store::{Changes, Stored, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};
use std::time::Duration;

/// Seconds that a run alone works on a rotation, from its last step on.
const LEASE: i64 = 60;
/// Seconds of a run that are left when it hands over.
const HAND_OVER: u64 = 20;
/// The slowest rate, in capacity units a second.
const SLOWEST: u32 = 10;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "rotate_keys",
    service: "keys",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Seal anew what is sealed under old keys, page by page, and destroy old keys in the end",
    uses: &[
        Uses::Write(Table::Keys),
        Uses::Write(Table::Identity),
        Uses::Write(Table::Tenancy),
        Uses::Write(Table::Billing),
        Uses::Write(Table::Vault),
        Uses::Write(Table::Payments),
        Uses::Write(Table::Risk),
        Uses::Write(Table::Notifications),
        Uses::Write(Table::Seals),
        Uses::Write(Table::Alerts),
        Uses::Write(Table::Privacy),
        Uses::Write(Table::Audit),
        Uses::Scan(Table::Keys),
        Uses::Scan(Table::Identity),
        Uses::Scan(Table::Tenancy),
        Uses::Scan(Table::Billing),
        Uses::Scan(Table::Vault),
        Uses::Scan(Table::Payments),
        Uses::Scan(Table::Risk),
        Uses::Scan(Table::Notifications),
        Uses::Scan(Table::Seals),
        Uses::Scan(Table::Alerts),
        Uses::Scan(Table::Privacy),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Card),
        Uses::Key(Purpose::Audit),
        Uses::Key(Purpose::Secret),
        Uses::NewKeys,
        Uses::List(Table::Tenancy, 1),
        Uses::List(Table::Tenancy, 2),
    ],
    batch: 1,
    timeout: 300,
    run: |work, _| {
        Box::pin(async move {
            let end = work.app.clock.monotonic();
            let time = u64::from(work.worker.timeout).saturating_sub(HAND_OVER);
            let end = end.saturating_add(Duration::from_secs(time));
            let steps = for_tenants(
                &work,
                |work, tenant| async move { rotate(work, &tenant, end).await },
            );
            Ok(json!({"steps": steps.await?}))
        })
    },
};

/// Works on a tenant's rotations, oldest first; gives the number of steps.
async fn rotate(work: &Work, tenant: &TenantId, end: Duration) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let open = cx
        .within_list::<RotationItem>(2, OPEN, ("rot_".to_owned(), "rot_~".to_owned()), 100)
        .await?;
    if open.is_empty() {
        return Ok(0);
    }
    // In one region only: the lease is a write of this one, and the other would see it late.
    if !cx.at_home().await? {
        return Ok(0);
    }
    let mut steps = 0;
    for job in &open {
        let newer = open
            .iter()
            .any(|other| other.id > job.id && (other.scope, other.purpose) == (job.scope, job.purpose));
        steps += run(work, tenant, job, newer, end).await?;
    }
    Ok(steps)
}

/// Works on one rotation while its lease holds; gives the number of steps.
async fn run(
    work: &Work,
    tenant: &TenantId,
    listed: &Stored<RotationItem>,
    newer: bool,
    end: Duration,
) -> Result<usize, Problem> {
    let clock = &work.app.clock;
    let cx = work.context(tenant);
    // The list may lag behind.
    let Some(mut job) = cx.find::<RotationItem>(listed.id.as_str()).await? else {
        return Ok(0);
    };
    let now = cx.now().as_second();
    if job.stage == Stage::Done || job.not_before > now || (job.lease.is_some() && job.lease_until > now) {
        return Ok(0);
    }
    let lease = hex(&random::bytes::<8>());
    let mut steps = 0;
    loop {
        let cx = work.context(tenant);
        let now = cx.now().as_second();
        let before = clock.monotonic();
        let waits = job.not_before > now || job.stage == Stage::Done;
        let hands_over = waits || before >= end;
        let mut next = job.item.clone();
        let mut units = 0.0;
        if steps > 0 && !hands_over {
            if job.stage == Stage::Kept && newer {
                // The newer rotation destroys what this one would.
                next = next.entering(Stage::Done);
            } else {
                match job.step(&cx).await {
                    Ok(step) => (next, units) = (step.next, step.units),
                    Err(problem) if problem.status == 503 => {
                        tracing::warn!(rotation = job.id.as_str(), internal = problem.internal, "slower");
                        next.rate = (next.rate / 2).max(SLOWEST);
                        units = f64::from(next.rate);
                    }
                    Err(problem) => return Err(problem),
                }
            }
        }
        // The first write of a run takes the lease, before anything is done.
        next.lease = (!hands_over).then(|| lease.clone());
        next.lease_until = now.saturating_add(LEASE);
        if !save(&cx, &mut job, next).await? {
            return Ok(steps);
        }
        steps += 1;
        if hands_over {
            return Ok(steps);
        }
        tracing::info!(
            rotation = job.id.as_str(),
            stage = ?job.stage,
            percent = job.percent(),
            changed = job.changed,
            "a step of a rotation"
        );
        let took = clock.monotonic().saturating_sub(before);
        let wanted = Duration::from_secs_f64(units / f64::from(job.rate.max(1)));
        if let Some(rest) = wanted.checked_sub(took).filter(|r| !r.is_zero()) {
            if clock.monotonic().saturating_add(rest) < end {
                clock.sleep(rest).await;
            } else {
                // Large items at a low rate: the successor begins once they are paid for.
                let rest = i64::try_from(rest.as_secs())
                    .unwrap_or(i64::MAX)
                    .saturating_add(1);
                job.item.not_before = clock.now().as_second().saturating_add(rest);
            }
        }
        job.item.rate = job.rate.saturating_add(job.rate / 10).min(RATE);
    }
}

/// Saves a step; `false` when somebody else has taken the job.
async fn save(
    cx: &shared::road::Context,
    job: &mut Stored<RotationItem>,
    next: RotationItem,
) -> Result<bool, Problem> {
    let write = cx.replace(job, &next)?;
    let saved = match next.milestone(cx, job).await? {
        Some(changes) => cx.commit(changes.write(write)).await,
        None => cx.apply(Changes::new().write(write)).await,
    };
    match saved {
        Ok(()) => {
            job.item = next;
            job.revision = job.revision.saturating_add(1);
            Ok(true)
        }
        Err(None) => Ok(false),
        Err(Some(problem)) => Err(problem),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
