//! `watch_breaches`: alerts at 24, 48 and 60 of the 72 hours, each of them once.

use crate::breaches::{BreachItem, OPEN};
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    store::{Changes, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// The worker.
pub const WORKER: Worker = Worker {
    name: "watch_breaches",
    service: "privacy",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Alert while a breach has not been notified: after 24, 48 and 60 hours",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Privacy),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Privacy, 2),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let alerted = for_tenants(&work, |work, tenant| async move { watch(work, &tenant).await });
            Ok(json!({"alerted": alerted.await?}))
        })
    },
};

async fn watch(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let listing = work.context(tenant);
    let mut pages = listing.oldest_first::<BreachItem>(2, OPEN);
    let mut alerted = 0;
    while let Some(open) = pages.next().await? {
        for breach in open {
            let cx = work.context(tenant);
            let stage = breach.stage(cx.now());
            if stage <= breach.alerted {
                continue;
            }
            if !cx.at_home().await? {
                return Ok(alerted);
            }
            let told = BreachItem {
                alerted: stage,
                ..breach.item.clone()
            };
            // Its revision is the condition: of two runs one alerts.
            let changes = Changes::new()
                .write(cx.replace(&breach, &told)?)
                .object(told.id.as_str(), Some(&breach.item), Some(&told))
                .alert();
            match cx.commit(changes).await {
                Ok(()) => alerted += 1,
                Err(None) => {}
                Err(Some(problem)) => return Err(problem),
            }
        }
    }
    Ok(alerted)
}
