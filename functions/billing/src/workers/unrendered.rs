//! `sweep_documents`: has rendered what no message told of.

use crate::legal::{IssuedDocument, UNRENDERED};
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    issued::{Issued, QUEUE},
    problem::Problem,
    store::Table,
    worker::{PATIENCE, Place, Trigger, Work, Worker, for_tenants},
};

/// The worker.
pub const WORKER: Worker = Worker {
    name: "sweep_documents",
    service: "billing",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Send issued documents that are not rendered to the queue again",
    uses: &[
        Uses::Key(Purpose::Secret),
        Uses::Send(QUEUE),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let sent = for_tenants(&work, |work, tenant| async move { sweep(work, &tenant).await });
            Ok(json!({"sent": sent.await?}))
        })
    },
};

/// Sends on what one tenant has issued a while ago and is not rendered.
async fn sweep(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let before = cx.now().as_second().saturating_sub(PATIENCE);
    let mut pages = cx.oldest_first::<IssuedDocument>(1, UNRENDERED);
    let mut sent = 0;
    while let Some(page) = pages.next().await? {
        if !page.is_empty() && !cx.at_home().await? {
            return Ok(sent);
        }
        cx.may(Uses::Send(QUEUE))?;
        for document in page.iter().filter(|d| d.issued_at.as_second() < before) {
            let issued = Issued {
                tenant: tenant.clone(),
                of: document.of.clone(),
            };
            let body = serde_json::to_string(&issued).map_err(|e| Problem::internal(e.to_string()))?;
            let told = cx.app().send(QUEUE, body, 0).await;
            told.map_err(Problem::unavailable)?;
            sent += 1;
        }
    }
    Ok(sent)
}
