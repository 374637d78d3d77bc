//! `settle_invoices`: invoices follow payments whose outcome was found out after the call that made them. Payments
//! asks the provider; billing asks payments.

use crate::invoices::{
    InvoiceItem,
    settle::{AWAITED, AwaitedPayment, arrived},
};
use payments::payments::PaymentItem;
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Stored, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// The worker.
pub const WORKER: Worker = Worker {
    name: "settle_invoices",
    service: "billing",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Settle invoices whose payment has got its outcome",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Read(Table::Payments),
        Uses::Write(Table::Billing),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let settled = for_tenants(&work, |work, tenant| async move { follow(work, &tenant).await });
            Ok(json!({"settled": settled.await?}))
        })
    },
};

/// Settles what can be settled of one tenant, oldest first.
async fn follow(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let mut pages = cx.oldest_first::<AwaitedPayment>(1, AWAITED);
    let mut settled = 0;
    while let Some(awaited) = pages.next().await? {
        if !awaited.is_empty() && !cx.at_home().await? {
            return Ok(settled);
        }
        for awaited in &awaited {
            match one(&cx, awaited).await {
                Ok(true) => settled += 1,
                Ok(false) => {}
                Err(problem) => tracing::warn!(
                    code = problem.code,
                    internal = problem.internal,
                    "an invoice still waits for its payment"
                ),
            }
        }
    }
    Ok(settled)
}

/// Settles one invoice. A lost race leaves it to the next run.
async fn one(cx: &Context, awaited: &Stored<AwaitedPayment>) -> Result<bool, Problem> {
    let (invoice, payment) = (
        cx.key::<InvoiceItem>(awaited.invoice.as_str()),
        cx.key::<PaymentItem>(awaited.id.as_str()),
    );
    let mut batch = cx.batch(&[invoice.clone(), payment.clone()]).await?;
    let invoice = batch
        .take::<InvoiceItem>(&invoice)?
        .ok_or_else(Problem::not_found)?;
    let payment = batch
        .take::<PaymentItem>(&payment)?
        .ok_or_else(Problem::not_found)?;
    let Some(changes) = arrived(cx, awaited, &invoice, &payment)? else {
        return Ok(false);
    };
    match cx.commit(changes).await {
        Ok(()) => Ok(true),
        Err(None) => Ok(false),
        Err(Some(problem)) => Err(problem),
    }
}
